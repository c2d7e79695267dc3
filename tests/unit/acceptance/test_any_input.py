"""Whatever arrives is accepted or is rejected in plain words."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from lambdas.campaigns.transitions import TABLE_TARGETS
from lambdas.exports.contract import ExportTarget
from lambdas.shared import limits
from tests.unit.acceptance.requests import (
    FIELDS,
    JSON,
    RICH_EXPORT_JOB,
    RICH_SHAPES,
    TEXT,
    accept,
    accepted_or_not,
    assert_plain,
    edited_object,
)
from tests.unit.builders import (
    CLUSTER,
    SNAPSHOT,
    any_campaign_job,
)
from tests.unit.examples import examples


@given(JSON | st.dictionaries(TEXT, JSON, max_size=6))
@examples(100)
def test_whatever_arrives_is_a_request_or_is_rejected(raw):
    request, faults = accepted_or_not(raw)
    if request is None:
        assert 1 <= len(faults) <= limits.MAX_FAULTS_REPORTED + 1
        assert all(fault.field and fault.rule for fault in faults)
        for fault in faults:
            assert_plain(fault.rule)


def _near_job(job: dict[str, object]) -> st.SearchStrategy[dict[str, object]]:
    return st.tuples(st.sampled_from([*job, "correlation_id", "id", "role"]), JSON).map(
        lambda change: job | {change[0]: change[1]}
    )


@given(_near_job(any_campaign_job(api_version="v1")) | _near_job(RICH_EXPORT_JOB))
@examples(100)
def test_whatever_stands_in_one_field_is_accepted_or_is_rejected(raw):
    request, faults = accepted_or_not(raw)
    assert faults or request.model_dump_json().encode()
    for fault in faults:
        assert_plain(fault.rule)


DEADLINES = st.integers(limits.MIN_DEADLINE_SECONDS, limits.MAX_DEADLINE_SECONDS)
TABLE = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){0,2}", fullmatch=True)
V2_ID = st.from_regex(r"[-:/a-zA-Z0-9]{1,20}", fullmatch=True)
CAMPAIGN_JOBS = st.fixed_dictionaries(
    {
        "kind": st.just("campaigns"),
        "campaign_ids": st.lists(V2_ID, min_size=1, max_size=8),
        "target": st.sampled_from([target.value for target in TABLE_TARGETS]),
    },
    optional={"api_version": st.sampled_from(["v1", "v2"]), "deadline_seconds": DEADLINES},
)
EXPORT_JOBS = st.fixed_dictionaries(
    {
        "kind": st.just("export"),
        "source_arn": st.sampled_from([SNAPSHOT, CLUSTER]),
        "target": st.sampled_from([target.value for target in ExportTarget]),
    },
    optional={
        "deadline_seconds": DEADLINES,
        "export_only": st.lists(TABLE, max_size=4),
        "on_abort": st.sampled_from(["leave", "cancel"]),
        "on_deadline": st.sampled_from(["leave", "cancel"]),
        "max_attempts": st.integers(1, limits.MAX_EXPORT_ATTEMPTS),
        "s3_prefix": st.sampled_from(["", "daily", "a/b"]),
        "export_id": st.sampled_from(["a", "nightly 1"]),
    },
)
STAGES = st.fixed_dictionaries(
    {"jobs": st.lists(CAMPAIGN_JOBS | EXPORT_JOBS, min_size=1, max_size=4)},
    optional={"run": st.sampled_from(["on_success", "always"])},
)
REQUESTS = st.fixed_dictionaries(
    {"stages": st.lists(STAGES, min_size=1, max_size=4)},
    optional={
        "correlation_id": st.text("abc-9", min_size=1, max_size=128),
        "description": st.text("abc-9", min_size=1, max_size=256),
    },
)


@given(REQUESTS)
@examples(30)
def test_a_valid_request_says_the_same_when_it_is_written_and_read_again(raw):
    request = accept(raw)
    assert accept(json.loads(request.model_dump_json(exclude_none=True))) == request
    assert [len(stage.jobs) for stage in request.stages] == [
        len(stage["jobs"]) for stage in raw["stages"]
    ]


ANY_TEXT = TEXT | st.text(st.characters(codec=None), max_size=5)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(st.data())
@examples(300)
def test_whatever_stands_anywhere_in_a_request_is_accepted_or_is_rejected(data):
    """Lone surrogates included, which JSON may spell and UTF-8 may not."""
    shape, path, name = data.draw(st.sampled_from(FIELDS))
    added = data.draw(ANY_TEXT | st.just(name))
    raw = edited_object(
        RICH_SHAPES[shape], path, lambda found: found | {added: data.draw(ANY_JSON)}
    )
    _request, faults = accepted_or_not(raw)
    for fault in faults:
        assert_plain(fault.rule)
        assert json.dumps([fault.field, fault.rule], ensure_ascii=False).encode()
