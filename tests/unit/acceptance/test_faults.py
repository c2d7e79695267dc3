"""A rejected request names each of its faults by the field as the caller wrote it."""

from __future__ import annotations

import json

import pytest

from lambdas.requests.acceptance import (
    RequestRejected,
)
from lambdas.shared import limits
from tests.unit.acceptance.requests import (
    MANY_IDS,
    accept,
    event,
    faults_of,
)
from tests.unit.builders import (
    CLUSTER,
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)


@pytest.mark.parametrize("raw", [None, [], "text", 1, 1.5, True, [any_campaign_job()]])
def test_refuses_what_is_no_object(raw):
    ((field, rule),) = faults_of(raw).items()
    assert field == "request"
    assert rule.startswith("must be a JSON object; got ")
    assert faults_of(event(raw)) == {field: rule}


def test_an_event_without_detail_is_no_request():
    bare = event(None)
    del bare["detail"]
    assert set(faults_of(bare)) == {"request"}


def test_an_event_of_another_type_is_no_request():
    assert "stages" in faults_of(event(any_campaign_job(), **{"detail-type": "Something Else"}))


_NOT_ENDING = ("RUNNING", "DELETED", "FINISHED")
_NOT_RESTORABLE = ("STOPPED", "DELETED", "FINISHED")

FAULTS = [
    ({}, "stages"),
    ({"stages": []}, "stages"),
    ({"stages": {}}, "stages"),
    ({"stages": None}, "stages"),
    ({"stages": [5]}, "stages[0]"),
    ({"stages": [{}]}, "stages[0].jobs"),
    ({"stages": [{"jobs": [any_campaign_job()]}] * 21}, "stages"),
    ({"jobs": []}, "jobs"),
    ({"jobs": "c-1"}, "jobs"),
    ({"jobs": ["c-1"]}, "jobs[0]"),
    ({"jobs": [any_campaign_job(), {}]}, "jobs[1].kind"),
    ({"jobs": [{"kind": "dance"}]}, "jobs[0].kind"),
    ({"jobs": [{"kind": None}]}, "jobs[0].kind"),
    ({"jobs": [any_campaign_job()], "run": "maybe"}, "run"),
    ({"jobs": [any_campaign_job()], "extra": 1}, "extra"),
    ({"stages": [{"jobs": [any_campaign_job()], "run": 1}]}, "stages[0].run"),
    ({"stages": [{"jobs": [any_campaign_job()]}], "jobs": []}, "jobs"),
    ({"kind": "dance"}, "kind"),
    ({"target": "PAUSED"}, "kind"),
    (any_campaign_job(target="DANCING"), "target"),
    (any_campaign_job(target="paused"), "target"),
    (any_campaign_job(target="COMPLETE"), "target"),
    (any_campaign_job(target=None), "target"),
    ({"kind": "campaigns", "campaign_ids": ["c-1"]}, "target"),
    ({"kind": "campaigns", "target": "PAUSED"}, "request"),
    (any_campaign_job(target="RESTORED"), "of"),
    *((any_campaign_job(target=t, if_ended="accept"), "if_ended") for t in _NOT_ENDING),
    *((any_campaign_job(target=t, on_abort="restore"), "on_abort") for t in _NOT_RESTORABLE),
    (any_campaign_job(if_ended="acept"), "if_ended"),
    (any_campaign_job(on_abort="cancel"), "on_abort"),
    (any_campaign_job(campaign_ids=[]), "campaign_ids"),
    (any_campaign_job(campaign_ids="c-1"), "campaign_ids"),
    (any_campaign_job(campaign_ids={"c-1": 1}), "campaign_ids"),
    (any_campaign_job(campaign_ids=["c-1", 5]), "campaign_ids[1]"),
    (any_campaign_job(campaign_ids=["c-1", None]), "campaign_ids[1]"),
    (any_campaign_job(campaign_ids=[*MANY_IDS, "one-more"]), "campaign_ids"),
    (any_campaign_job(campaign_ids=["c-1"] * 100_000), "campaign_ids"),
    (any_campaign_job(api_version="v3"), "api_version"),
    (any_campaign_job(deadline_seconds=59), "deadline_seconds"),
    (any_campaign_job(deadline_seconds=90 * 86_400 + 1), "deadline_seconds"),
    (any_campaign_job(deadline_seconds=3600.0), "deadline_seconds"),
    (any_campaign_job(deadline_seconds="3600"), "deadline_seconds"),
    (any_campaign_job(deadline_seconds=True), "deadline_seconds"),
    (any_campaign_job(source_arn=SNAPSHOT), "source_arn"),
    (any_campaign_job(run="always"), "run"),
    (any_campaign_job(correlation_id=""), "correlation_id"),
    (any_campaign_job(correlation_id="x" * 129), "correlation_id"),
    (any_campaign_job(correlation_id=7), "correlation_id"),
    (any_export_job(target="CANCELLED"), "target"),
    (any_export_job(target="STOPPED"), "target"),
    (any_export_job(source_arn="orders"), "source_arn"),
    (any_export_job(source_arn=SNAPSHOT.replace(":snapshot:", ":db:")), "source_arn"),
    (any_export_job(source_arn=SNAPSHOT + "\n"), "source_arn"),
    (any_export_job(source_arn=SNAPSHOT.replace("123456789012", "1234")), "source_arn"),
    (any_export_job(source_arn=SNAPSHOT.replace(REGION, "eu-west-1")), "source_arn"),
    (any_export_job(source_arn=CLUSTER + "/x"), "source_arn"),
    (any_export_job(export_only=["shop", "a.b.c.d"]), "export_only[1]"),
    (any_export_job(export_only=["a b"]), "export_only[0]"),
    (any_export_job(export_only=["a..b"]), "export_only[0]"),
    (any_export_job(export_only=[""]), "export_only[0]"),
    (any_export_job(export_only="shop"), "export_only"),
    (any_export_job(deadline_seconds=None), "deadline_seconds"),
    (any_export_job(on_abort="panic"), "on_abort"),
    *[
        (any_export_job(s3_prefix=bad), "s3_prefix")
        for bad in (
            *("a:b", "a b", "a\tb", "a\n", "a\\b", "a`b", 'a"b', "/a", "a/", "a//b", "/", " ", ":"),
            *("a" * 201, "ä/" * 100 + "b", 5, None, ["a"]),
        )
    ],
    *[
        (any_export_job(export_id=bad), "export_id")
        for bad in ("", "x" * 129, "a\nb", "\x00", 5, True, ["a"])
    ],
    *[
        (any_export_job(max_attempts=bad), "max_attempts")
        for bad in (0, -1, limits.MAX_EXPORT_ATTEMPTS + 1, 1.0, 1.5, "2", True, None, [1])
    ],
    *[
        (any_export_job(**{field: bad}), field)
        for field in ("on_abort", "on_deadline")
        for bad in ("CANCEL", "", None, True)
    ],
    (any_campaign_job(s3_prefix="a"), "s3_prefix"),
    (any_campaign_job(max_attempts=1), "max_attempts"),
    (any_campaign_job(on_deadline="leave"), "on_deadline"),
    (any_export_job(campaign_ids=["c-1"]), "campaign_ids"),
    (any_export_job(s3_bucket_name="elsewhere"), "s3_bucket_name"),
    (any_export_job(iam_role_arn="arn:aws:iam::123456789012:role/admin"), "iam_role_arn"),
    (any_export_job(kms_key_id="any"), "kms_key_id"),
    ({"jobs": [any_campaign_job()], "export": {}}, "export"),
    ({"jobs": [any_campaign_job()], "campaigns": {}}, "campaigns"),
    ({"stages": [{"jobs": [any_campaign_job()], "export": 1}]}, "stages[0].export"),
    ({"jobs": [any_campaign_job(export=1)]}, "jobs[0].export"),
]


@pytest.mark.parametrize(
    ("raw", "field"), FAULTS, ids=[f"{number}-{field}" for number, (_, field) in enumerate(FAULTS)]
)
def test_names_the_one_fault_by_the_field_as_the_caller_wrote_it(raw, field):
    faults = faults_of(raw)
    assert set(faults) == {field}
    assert faults[field]
    assert faults_of(event(raw)) == faults


@pytest.mark.parametrize("field", ["s3_bucket_name", "bucket", "role_arn", "IamRole", "kms_key_id"])
@pytest.mark.parametrize("job", [any_campaign_job(), any_export_job()])
def test_says_that_bucket_role_and_key_are_the_stacks(field, job):
    assert (
        faults_of({"jobs": [job | {field: "any"}]})[f"jobs[0].{field}"]
        == "is configured on the stack, not per request"
    )


def test_names_all_faults_at_once():
    raw = {
        "stages": [
            {"jobs": [any_campaign_job(target="DANCING", campaign_ids=["ok", "not ok"])]},
            {"run": "never", "jobs": [any_export_job(source_arn="orders", role="admin")]},
        ],
        "correlation_id": 5,
    }
    assert set(faults_of(raw)) == {
        "stages[0].jobs[0].target",
        "stages[0].jobs[0].campaign_ids[1]",
        "stages[1].run",
        "stages[1].jobs[0].source_arn",
        "stages[1].jobs[0].role",
        "correlation_id",
    }


def test_a_huge_list_is_one_fault():
    ids = [f"c {number}" for number in range(100_000)]
    assert faults_of(any_campaign_job(campaign_ids=ids)) == {
        "campaign_ids": "holds 100000 campaign ids; it takes 1 to 250"
    }


def test_counts_the_faults_that_it_does_not_list():
    with pytest.raises(RequestRejected) as rejected:
        accept(any_export_job(export_only=["a b"] * 1_000))
    faults = rejected.value.faults
    assert len(faults) == limits.MAX_FAULTS_REPORTED + 1
    assert (faults[-1].field, faults[-1].rule) == ("request", "has 950 more faults")


@pytest.mark.parametrize("written", ["1h", "3600", 3600.5])
def test_shows_a_number_of_seconds_to_who_writes_a_text(written):
    rule = faults_of(any_campaign_job(deadline_seconds=written))["deadline_seconds"]
    assert rule.startswith("must be a whole number of seconds, such as 3600 for one hour")
    assert ("without quotes" in rule) == isinstance(written, str)
    assert rule.endswith(f"; got {json.dumps(written)}")


def test_what_was_written_is_shortened():
    rule = faults_of(any_campaign_job(target="😀" * 10_000))["target"]
    assert len(rule.encode()) < 200
