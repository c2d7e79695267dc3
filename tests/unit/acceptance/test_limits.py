"""A request is bounded, and so is the list of its faults."""

from __future__ import annotations

import pytest

from lambdas.requests.acceptance import (
    RequestRejected,
)
from lambdas.shared import limits
from tests.unit.acceptance.requests import (
    MANY_IDS,
    accept,
    assert_plain,
    faults_of,
)
from tests.unit.builders import (
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)


def test_counts_the_faults_of_all_jobs_that_it_does_not_list():
    jobs = [any_export_job(export_only=["a b"] * 60), any_export_job(export_only=["a b"] * 7)]
    with pytest.raises(RequestRejected) as rejected:
        accept({"jobs": jobs, "correlation_id": 5, **{f"kind{number}": 1 for number in range(90)}})
    faults = rejected.value.faults
    assert len(faults) == limits.MAX_FAULTS_REPORTED + 1
    assert (faults[-1].field, faults[-1].rule) == ("request", "has 108 more faults")


def test_lists_no_more_misspelled_shapes_than_other_faults():
    assert len(faults_of({f"kind{number}": 1 for number in range(99)})) == 50


@pytest.mark.parametrize("raw", [{"stages": [5]}, {"jobs": ["c-1"]}, any_campaign_job(target=5)])
def test_speaks_json_to_the_caller_not_python(raw):
    for rule in faults_of(raw).values():
        assert_plain(rule)


def test_takes_as_many_of_everything_as_the_limits_say():
    exports = [
        any_export_job(source_arn=f"{SNAPSHOT}-{number}")
        for number in range(limits.MAX_EXPORTS_PER_REQUEST)
    ]
    jobs = limits.MAX_JOBS_PER_REQUEST - len(exports)
    campaigns = [any_campaign_job(campaign_ids=MANY_IDS[n::jobs]) for n in range(jobs)]
    stages = [{"jobs": [job]} for job in campaigns[: limits.MAX_STAGES_PER_REQUEST - 1]]
    rest = {"jobs": campaigns[limits.MAX_STAGES_PER_REQUEST - 1 :] + exports}
    accept({"stages": [*stages, rest]})


def _campaign_jobs(jobs: int, ids: int) -> list[dict[str, object]]:
    return [any_campaign_job(campaign_ids=MANY_IDS[:ids])] * jobs


def _exports(count: int) -> list[dict[str, object]]:
    return [any_export_job(source_arn=f"{SNAPSHOT}-{number}") for number in range(count)]


@pytest.mark.parametrize(
    ("stages", "rule"),
    [
        ([_campaign_jobs(1, 126), _campaign_jobs(1, 125)], "names 251 campaigns; at most 250"),
        ([_campaign_jobs(26, 1), _campaign_jobs(25, 1)], "holds 51 jobs; at most 50"),
        ([_exports(8), _exports(8)], "names 16 exports; at most 15"),
    ],
)
def test_refuses_more_over_all_stages_than_the_limits_say(stages, rule):
    assert faults_of({"stages": [{"jobs": jobs} for jobs in stages]}) == {"request": rule}


def test_refuses_a_request_that_is_too_long():
    tables = [f"shop.{'t' * 50}{number}" for number in range(1_000)]
    rule = faults_of(any_export_job(export_only=tables))["request"]
    assert rule.endswith(f"bytes of JSON; at most {limits.MAX_REQUEST_BYTES}")
