"""A request is taken in each of its shapes, or refused with every fault named by its field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from functools import reduce
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.campaigns.contract import ApiVersion, CampaignJob, CampaignTarget
from lambdas.exports.contract import ExportJob, ExportTarget
from lambdas.requests.acceptance import (
    CLEAN_UP,
    REQUESTED,
    STARTED_BY,
    CleanUp,
    Fault,
    RequestRejected,
    clean_up,
    parse,
)
from lambdas.requests.contract import Request
from lambdas.requests.events import input_of_event
from lambdas.shared import limits
from lambdas.shared.faults import echo, place
from tests.unit.builders import (
    ACCOUNT,
    CLUSTER,
    EXECUTION,
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)

MANY_IDS = [f"c-{number}" for number in range(limits.MAX_CAMPAIGNS_PER_REQUEST)]


def accept(raw: object) -> Request:
    return parse(input_of_event(raw, ()), region=REGION, account=ACCOUNT)


def faults_of(raw: object) -> dict[str, str]:
    with pytest.raises(RequestRejected) as rejected:
        accept(raw)
    return {fault.field: fault.rule for fault in rejected.value.faults}


def accepted_or_not(raw: object) -> tuple[Request | None, tuple[Fault, ...]]:
    try:
        return accept(raw), ()
    except RequestRejected as rejected:
        return None, rejected.faults


JARGON = {
    *("Input", "should", "valid", "dictionary", "instance", "tuple", "extract", "tag", "type"),
    *("literal", "enum", "integer", "boolean", "string", "pattern", "match", "None", "True"),
}


def assert_plain(rule: str) -> None:
    """Check that a rule speaks of JSON and of the product, not of Python or pydantic."""
    said = re.sub(r'"(\\.|[^"\\])*"|…', "", rule)
    assert not JARGON & set(re.findall(r"\w+", said)), rule


def event(detail: object, **fields: Any) -> dict[str, object]:
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": REQUESTED,
        "source": "any.source",
        "account": "123456789012",
        "region": REGION,
        "resources": [],
        "detail": detail,
    } | fields


SHAPES = {
    "whole": {"stages": [{"jobs": [any_campaign_job()]}]},
    "one stage": {"jobs": [any_campaign_job()]},
    "bare job": any_campaign_job(),
    "event with a whole request": event({"stages": [{"jobs": [any_campaign_job()]}]}),
    "event with one stage": event({"jobs": [any_campaign_job()]}),
    "event with a bare job": event(any_campaign_job()),
}


@pytest.mark.parametrize("raw", SHAPES.values(), ids=SHAPES)
def test_takes_every_shape_as_the_same_stages(raw):
    (stage,) = accept(raw).stages
    assert stage.run == "on_success"
    assert stage.jobs == (
        CampaignJob(kind="campaigns", campaign_ids=("c-1",), target=CampaignTarget.PAUSED),
    )


def test_takes_the_documented_example():
    request = accept(
        {
            "stages": [
                {
                    "jobs": [
                        {
                            "kind": "campaigns",
                            "campaign_ids": ["c-1", "c-2"],
                            "target": "PAUSED",
                            "api_version": "v2",
                        }
                    ]
                },
                {
                    "jobs": [
                        {
                            "kind": "export",
                            "source_arn": SNAPSHOT,
                            "target": "COMPLETE",
                            "export_only": ["shop.orders"],
                            "deadline_seconds": 86400,
                            "on_abort": "leave",
                        }
                    ]
                },
                {
                    "run": "always",
                    "jobs": [
                        {"kind": "campaigns", "campaign_ids": ["c-1", "c-2"], "target": "RUNNING"}
                    ],
                },
            ],
            "correlation_id": "nightly",
        }
    )
    assert [stage.run for stage in request.stages] == ["on_success", "on_success", "always"]
    assert request.correlation_id == "nightly"


@pytest.mark.parametrize("target", CampaignTarget)
def test_takes_every_campaign_target(target):
    (stage,) = accept(any_campaign_job(target=target.value)).stages
    assert stage.jobs[0].target is target


@pytest.mark.parametrize("target", ExportTarget)
@pytest.mark.parametrize("kind", ["snapshot", "cluster-snapshot", "cluster"])
def test_takes_every_export_target_and_source(target, kind):
    arn = f"arn:aws:rds:{REGION}:123456789012:{kind}:orders"
    (stage,) = accept(any_export_job(target=target.value, source_arn=arn)).stages
    assert stage.jobs == (ExportJob(kind="export", source_arn=arn, target=target),)


@pytest.mark.parametrize(
    "name", ["rds:orders-2026-11-01-05-10", "awsbackup:job-0a1b", "Orders", "o", "o" * 255]
)
def test_takes_names_of_automated_snapshots(name):
    accept(any_export_job(source_arn=f"arn:aws:rds:{REGION}:123456789012:snapshot:{name}"))


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_takes_sources_of_every_partition(partition):
    accept(any_export_job(source_arn=f"arn:{partition}:rds:{REGION}:123456789012:cluster:o"))


@pytest.mark.parametrize("table", ["shop", "shop.orders", "shop.public.orders", "größe.x$y"])
def test_takes_databases_schemas_and_tables(table):
    (stage,) = accept(any_export_job(export_only=[table])).stages
    assert stage.jobs[0].export_only == (table,)


@pytest.mark.parametrize(
    "prefix", ["", "a", "daily", "a/b/c", "2026-11-01", "größe", "a" * 200, "a=b,c;d", "a.b_c~d"]
)
def test_takes_every_prefix_that_s3_and_rds_keep(prefix):
    (stage,) = accept(any_export_job(s3_prefix=prefix)).stages
    assert stage.jobs[0].s3_prefix == prefix


@pytest.mark.parametrize("export_id", [None, "a", "nightly 2026-11-01", "ü" * 128])
def test_takes_every_export_id_that_may_serve_as_one(export_id):
    (stage,) = accept(any_export_job(export_id=export_id)).stages
    assert stage.jobs[0].export_id == export_id


@pytest.mark.parametrize("attempts", range(1, limits.MAX_EXPORT_ATTEMPTS + 1))
def test_takes_as_many_attempts_as_the_limits_say(attempts):
    (stage,) = accept(any_export_job(max_attempts=attempts)).stages
    assert stage.jobs[0].max_attempts == attempts


@pytest.mark.parametrize("field", ["on_abort", "on_deadline"])
@pytest.mark.parametrize("choice", ["leave", "cancel"])
def test_takes_either_end_of_an_export_that_is_given_up(field, choice):
    (stage,) = accept(any_export_job(**{field: choice})).stages
    assert getattr(stage.jobs[0], field) == choice


def test_an_export_is_tried_once_and_left_alone_unless_the_request_says_otherwise():
    (stage,) = accept(any_export_job()).stages
    job = stage.jobs[0]
    assert (job.s3_prefix, job.export_id, job.max_attempts) == ("", None, 1)
    assert (job.on_deadline, job.on_abort) == ("leave", "leave")


def test_names_each_campaign_once():
    (stage,) = accept(any_campaign_job(campaign_ids=["b", "a", "b", "a"])).stages
    assert stage.jobs[0].campaign_ids == ("b", "a")


def test_takes_an_id_of_v1_that_v2_forbids():
    (stage,) = accept(any_campaign_job(api_version="v1", campaign_ids=["no_v2.id"])).stages
    assert stage.jobs[0].api_version is ApiVersion.V1


def test_refuses_an_id_of_v1_that_v2_forbids_by_default():
    assert "API v2" in faults_of(any_campaign_job(campaign_ids=["no_v2.id"]))["campaign_ids[0]"]


def test_blames_only_an_unknown_api_version_not_the_ids_under_it():
    assert set(faults_of(any_campaign_job(api_version="v3", campaign_ids=["no_v2.id"]))) == {
        "api_version"
    }


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("bad", ["c 1", "", " c-1", "c-1\n", "c" * 257])
def test_refuses_ids_that_are_none_in_either_api(version, bad):
    raw = any_campaign_job(api_version=version, campaign_ids=["c-1", bad])
    assert set(faults_of(raw)) == {"campaign_ids[1]"}


@pytest.mark.parametrize(
    ("target", "seconds"),
    [
        ("PAUSED", limits.DEFAULT_DEADLINE_SECONDS),
        ("FINISHED", limits.DEFAULT_WATCH_DEADLINE_SECONDS),
    ],
)
def test_a_campaign_job_without_a_deadline_has_that_of_its_target(target, seconds):
    (stage,) = accept(any_campaign_job(target=target)).stages
    assert stage.jobs[0].deadline == seconds


def test_a_deadline_that_is_given_wins():
    (stage,) = accept(any_campaign_job(target="FINISHED", deadline_seconds=61)).stages
    assert stage.jobs[0].deadline == 61


def test_the_callers_correlation_id_wins_over_the_events():
    assert accept(event(any_campaign_job(correlation_id="mine"))).correlation_id == "mine"
    assert accept(event(any_campaign_job(), id="event-1")).correlation_id == "event-1"


@pytest.mark.parametrize("bad", [5, "", ["x"], {}, True, "x" * 500, "\ud800"])
def test_an_event_id_that_is_no_correlation_id_is_never_taken_for_one(bad):
    assert accept(event(any_campaign_job(), id=bad)).correlation_id is None


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
    ({"kind": "campaigns", "target": "PAUSED"}, "campaign_ids"),
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


ELSEWHERE = {
    "Region": (
        "eu-west-1",
        "123456789012",
        "is in account 123456789012, Region eu-west-1;"
        " this stack works in account 123456789012, Region us-east-1",
    ),
    "account": (
        REGION,
        "210987654321",
        "is in account 210987654321, Region us-east-1;"
        " this stack works in account 123456789012, Region us-east-1",
    ),
}


@pytest.mark.parametrize(("region", "account", "rule"), ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("kind", ["snapshot", "cluster-snapshot", "cluster"])
def test_tells_where_a_source_is_and_where_the_stack(kind, region, account, rule):
    raw = any_export_job(source_arn=f"arn:aws:rds:{region}:{account}:{kind}:orders")
    assert faults_of(raw) == {"source_arn": rule}


@pytest.mark.parametrize(("region", "account", "rule"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_tells_where_a_campaign_is_and_where_the_stack(region, account, rule):
    arn = f"arn:aws:connect-campaigns:{region}:{account}:campaign/c-1"
    assert faults_of(any_campaign_job(campaign_ids=["c-0", arn])) == {"campaign_ids[1]": rule}


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("partition", ["aws", "aws-us-gov"])
def test_takes_the_arn_of_a_campaign_as_its_id(version, partition):
    arn = f"arn:{partition}:connect-campaigns:{REGION}:{ACCOUNT}:campaign/c-1"
    raw = any_campaign_job(api_version=version, campaign_ids=[arn, "c-2", "c-1"])
    (stage,) = accept(raw).stages
    assert stage.jobs[0].campaign_ids == ("c-1", "c-2")


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    "arn",
    [
        SNAPSHOT,
        "arn:",
        f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/i-1",
        f"arn:aws:connect-campaigns:{REGION}:{ACCOUNT}:campaign/",
        f"arn:aws:connect-campaigns:{REGION}:{ACCOUNT}:campaign/a/b",
    ],
)
def test_refuses_the_arn_of_what_is_no_campaign(version, arn):
    raw = any_campaign_job(api_version=version, campaign_ids=[arn])
    rule = faults_of(raw)["campaign_ids[0]"]
    assert rule.startswith("must be a campaign's id, or its ARN: arn:aws:connect-campaigns:")


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_says_what_to_name_instead_of_a_db_instance(region):
    raw = any_export_job(source_arn=f"arn:aws:rds:{region}:{ACCOUNT}:db:shop")
    rule = faults_of(raw)["source_arn"]
    assert "DB instance" in rule
    assert "snapshot of it" in rule
    assert "its cluster" in rule


SUGGESTED = [
    (any_campaign_job(target="paused"), "target", '"paused"', "PAUSED"),
    (any_campaign_job(target="STOPED"), "target", '"STOPED"', "STOPPED"),
    (any_campaign_job(target="STOP"), "target", '"STOP"', "STOPPED"),
    (any_export_job(target="CANCELLED"), "target", '"CANCELLED"', "CANCELED"),
    ({"jobs": [any_export_job(on_abort="cancle")]}, "jobs[0].on_abort", '"cancle"', "cancel"),
    ({"jobs": [any_campaign_job()], "run": "allways"}, "run", '"allways"', "always"),
    ({"jobs": [{"kind": "exports"}]}, "jobs[0].kind", '"exports"', "export"),
    ({"kind": "Campaigns"}, "kind", '"Campaigns"', "campaigns"),
    (any_campaign_job(api_version="2"), "api_version", '"2"', "v2"),
]


@pytest.mark.parametrize(("raw", "field", "written", "meant"), SUGGESTED)
def test_repeats_a_value_that_is_none_and_suggests_the_nearest(raw, field, written, meant):
    rule = faults_of(raw)[field]
    assert rule.startswith("must be one of ")
    assert rule.endswith(f"; got {written}; did you mean {meant}?")


@pytest.mark.parametrize("target", ["COMPLETED", "CANCELED", "DANCING", "", "X", 5, None, []])
def test_suggests_nothing_that_only_looks_a_little_like_it(target):
    assert "did you mean" not in faults_of(any_campaign_job(target=target))["target"]


CAMPAIGNS_ALONE = {"kind": "campaigns", "target": "PAUSED"}
UNKNOWN = [
    (CAMPAIGNS_ALONE | {"campaign_id": ["c-1"]}, "campaign_id", "campaign_ids"),
    ({"jobs": [any_campaign_job(deadline=5)]}, "jobs[0].deadline", "deadline_seconds"),
    ({"stages": [{"jobs": [any_campaign_job()], "runs": 1}]}, "stages[0].runs", "run"),
    ({"stages": [{"job": [any_campaign_job()]}]}, "stages[0].job", "jobs"),
    ({"stage": [{"jobs": [any_campaign_job()]}]}, "stage", "stages"),
    ({"Jobs": [any_campaign_job()]}, "Jobs", "jobs"),
    ({"knid": "export"}, "knid", "kind"),
    ({"jobs": [{"knid": "export", "target": "COMPLETE"}]}, "jobs[0].knid", "kind"),
    (any_campaign_job(corelation_id="x"), "corelation_id", "correlation_id"),
    ({"jobs": [any_campaign_job()], "descripton": "x"}, "descripton", "description"),
    (any_campaign_job(schema="x"), "schema", "$schema"),
    ({"cleanup": {"execution_arn": EXECUTION}}, "cleanup", "clean_up"),
]


@pytest.mark.parametrize(("raw", "field", "meant"), UNKNOWN)
def test_suggests_the_field_that_was_probably_meant(raw, field, meant):
    assert faults_of(raw)[field] == f"is an unknown field; did you mean {meant}?"


def test_an_unknown_field_that_is_near_no_other_has_no_suggestion():
    assert faults_of(any_campaign_job(colour="red")) == {"colour": "is an unknown field"}
    assert faults_of({"jobs": [any_campaign_job(run="always")]}) == {
        "jobs[0].run": "is an unknown field"
    }


@pytest.mark.parametrize("written", ["1h", "3600", 3600.5])
def test_shows_a_number_of_seconds_to_who_writes_a_text(written):
    rule = faults_of(any_campaign_job(deadline_seconds=written))["deadline_seconds"]
    assert rule.startswith("must be a whole number of seconds, such as 3600 for one hour")
    assert ("without quotes" in rule) == isinstance(written, str)
    assert rule.endswith(f"; got {json.dumps(written)}")


def test_what_was_written_is_shortened():
    rule = faults_of(any_campaign_job(target="😀" * 10_000))["target"]
    assert len(rule.encode()) < 200


def test_a_request_may_be_described_and_point_to_its_schema():
    for raw in ({"stages": [{"jobs": [any_campaign_job()]}]}, any_campaign_job()):
        request = accept({**raw, "description": "The nightly one", "$schema": "request.json"})
        assert request.description == "The nightly one"
        assert request == accept({**raw, "description": "The nightly one"})


@pytest.mark.parametrize("bad", ["", "x" * 257, "two\nlines", "\x00", 5, ["x"], {}])
def test_a_description_is_one_line_of_text(bad):
    assert set(faults_of(any_campaign_job(description=bad))) == {"description"}


@pytest.mark.parametrize("job_id", ["a", "pause", "Nightly_export-2", "x" * 32])
@pytest.mark.parametrize("job", [any_campaign_job(), any_export_job()])
def test_a_job_may_have_an_id(job, job_id):
    (stage,) = accept(job | {"id": job_id}).stages
    assert stage.jobs[0].id == job_id


@pytest.mark.parametrize("bad", ["", "0.0", "1a", "a.b", "x" * 33, "a b", "ü", "a\n", 5, []])
@pytest.mark.parametrize("job", [any_campaign_job(), any_export_job()])
def test_an_id_of_a_job_is_short_and_plain(job, bad):
    assert set(faults_of({"jobs": [job | {"id": bad}]})) == {"jobs[0].id"}


def test_an_id_of_a_job_is_unique_in_the_request():
    jobs = [any_campaign_job(id="a"), any_export_job(id="b"), any_campaign_job(id="b")]
    assert set(faults_of({"jobs": jobs})) == {"jobs[2].id"}
    stages = [{"jobs": [job]} for job in jobs]
    assert set(faults_of({"stages": stages})) == {"stages[2].jobs[0].id"}


def test_a_rejection_repeats_only_a_legal_description_and_correlation_id():
    def rejected(**fields: object) -> RequestRejected:
        with pytest.raises(RequestRejected) as raised:
            accept(any_campaign_job(target="DANCING", **fields))
        return raised.value

    told = rejected(correlation_id="mine", description="The nightly one")
    assert (told.correlation_id, told.description) == ("mine", "The nightly one")
    told = rejected(correlation_id=["mine"], description="two\nlines")
    assert (told.correlation_id, told.description) == (None, None)


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


WORDS = st.sampled_from(
    [
        *("stages", "jobs", "run", "kind", "target", "campaign_ids", "api_version", "export_only"),
        *("source_arn", "deadline_seconds", "on_abort", "correlation_id", "detail-type", "detail"),
        *("id", "campaigns", "export", "PAUSED", "COMPLETE", "always", "v1", "c-1", SNAPSHOT),
        REQUESTED,
    ]
)
TEXT = WORDS | st.text(st.characters(), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=15,
)


@given(JSON | st.dictionaries(TEXT, JSON, max_size=6))
@settings(max_examples=100, deadline=None)
def test_whatever_arrives_is_a_request_or_is_rejected(raw):
    request, faults = accepted_or_not(raw)
    if request is None:
        assert 1 <= len(faults) <= limits.MAX_FAULTS_REPORTED + 1
        assert all(fault.field and fault.rule for fault in faults)
        for fault in faults:
            assert_plain(fault.rule)


RICH_EXPORT_JOB = any_export_job(
    s3_prefix="a", export_id="a", max_attempts=2, on_deadline="cancel", on_abort="leave"
)


def _near_job(job: dict[str, object]) -> st.SearchStrategy[dict[str, object]]:
    return st.tuples(st.sampled_from([*job, "correlation_id", "id", "role"]), JSON).map(
        lambda change: job | {change[0]: change[1]}
    )


@given(_near_job(any_campaign_job(api_version="v1")) | _near_job(RICH_EXPORT_JOB))
@settings(max_examples=100, deadline=None)
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
        "target": st.sampled_from([target.value for target in CampaignTarget]),
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
@settings(max_examples=30, deadline=None)
def test_a_valid_request_says_the_same_when_it_is_written_and_read_again(raw):
    request = accept(raw)
    assert accept(json.loads(request.model_dump_json(exclude_none=True))) == request
    assert [len(stage.jobs) for stage in request.stages] == [
        len(stage["jobs"]) for stage in raw["stages"]
    ]


def edited(word: str) -> st.SearchStrategy[str]:
    """Return a word with one edit: a character more or less, another one, or two swapped."""
    letter = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-")
    at = st.integers(0, len(word) - 1)
    return st.one_of(
        st.tuples(at, letter).map(lambda edit: word[: edit[0]] + edit[1] + word[edit[0] :]),
        st.tuples(at, letter).map(lambda edit: word[: edit[0]] + edit[1] + word[edit[0] + 1 :]),
        at.map(lambda index: word[:index] + word[index + 1 :]),
        at.map(lambda i: word[:i] + word[i + 1 : i + 2] + word[i : i + 1] + word[i + 2 :]),
    ).filter(lambda misspelled: misspelled != word and misspelled)


def likeness(written: str, word: str) -> float:
    return SequenceMatcher(None, word.casefold(), written.casefold()).ratio()


RICH_REQUEST: dict[str, Any] = {
    "stages": [
        {
            "run": "always",
            "jobs": [
                any_campaign_job(id="pause", api_version="v2", deadline_seconds=3600),
                RICH_EXPORT_JOB | {"id": "night", "export_only": ["shop"], "deadline_seconds": 60},
            ],
        }
    ],
    "correlation_id": "mine",
    "description": "any",
}
RICH_SHAPES: dict[str, dict[str, Any]] = {
    "whole": RICH_REQUEST,
    "one stage": {**RICH_REQUEST["stages"][0], "correlation_id": "mine", "description": "any"},
    "campaign job": {**RICH_REQUEST["stages"][0]["jobs"][0], "correlation_id": "mine"},
    "export job": {**RICH_REQUEST["stages"][0]["jobs"][1], "description": "any"},
}
VOCABULARY = {
    "run": ("on_success", "always"),
    "kind": ("campaigns", "export"),
    "api_version": ("v1", "v2"),
    "on_abort": ("leave", "cancel"),
    "on_deadline": ("leave", "cancel"),
}


def objects_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where the objects of a JSON value are."""
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            yield from objects_in(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects_in(inner, (*path, index))


def edited_object(
    whole: dict[str, Any], path: tuple[str | int, ...], edit: Callable[[dict[str, Any]], Any]
) -> dict[str, Any]:
    """Return a copy of a request in which one of its objects is edited."""
    copied: dict[str, Any] = json.loads(json.dumps(whole))
    found: Any = copied
    for part in path:
        found = found[part]
    replacement = edit(dict(found))
    found.clear()
    found.update(replacement)
    return copied


FIELDS = [
    (shape, path, name)
    for shape, whole in RICH_SHAPES.items()
    for path in objects_in(whole)
    for name in reduce(lambda value, part: value[part], path, cast("Any", whole))
]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_field_that_is_misspelled_by_one_edit_is_suggested(data):
    shape, path, name = data.draw(st.sampled_from(FIELDS))
    misspelled = data.draw(edited(name))
    whole = RICH_SHAPES[shape]

    def misspell(found: dict[str, Any]) -> dict[str, Any]:
        return {misspelled if key == name else key: value for key, value in found.items()}

    rules = faults_of(edited_object(whole, path, misspell))
    field = place((*path, misspelled))
    said = re.fullmatch(r"is an unknown field; did you mean (\S+)\?", rules[field])
    assert said, rules[field]
    assert likeness(misspelled, said[1]) >= likeness(misspelled, name), "kid is near to kind too"


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_value_that_is_misspelled_by_one_edit_is_suggested(data):
    shape, path, name = data.draw(
        st.sampled_from([field for field in FIELDS if field[2] in (*VOCABULARY, "target")])
    )
    whole = RICH_SHAPES[shape]
    found: Any = reduce(lambda value, part: value[part], path, whole)
    targets = CampaignTarget if found.get("kind") == "campaigns" else ExportTarget
    words = VOCABULARY.get(name) or tuple(target.value for target in targets)
    word = data.draw(st.sampled_from(words))
    misspelled = data.draw(edited(word).filter(lambda written: written not in words))
    raw = edited_object(whole, path, lambda found: found | {name: misspelled})
    rule = faults_of(raw)[place((*path, name))]
    if all(len(other) != len(word) or other == word for other in words):
        assert rule.endswith(f"; got {json.dumps(misspelled)}; did you mean {word}?")
    else:
        assert re.search(rf"; did you mean ({'|'.join(words)})\?$", rule)


ANY_TEXT = TEXT | st.text(st.characters(codec=None), max_size=5)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(st.data())
@settings(max_examples=300, deadline=None)
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


OWN_EXECUTION = f"{EXECUTION}-clean-up"


def clean_up_of(raw: object) -> CleanUp | None:
    return clean_up(raw, own_execution_arn=OWN_EXECUTION)


def clean_up_faults(raw: object) -> dict[str, str]:
    with pytest.raises(RequestRejected) as rejected:
        clean_up_of(raw)
    return {fault.field: fault.rule for fault in rejected.value.faults}


def test_a_clean_up_is_told_from_a_request():
    asked = {CLEAN_UP: {"execution_arn": EXECUTION}}
    assert clean_up_of(asked) == CleanUp(execution_arn=EXECUTION)


@pytest.mark.parametrize(
    "raw",
    [
        *(None, [], "clean_up", 5, {}),
        any_export_job(),
        {"jobs": [any_export_job()]},
        event({CLEAN_UP: {"execution_arn": EXECUTION}}),
    ],
)
def test_what_is_no_clean_up_is_left_to_the_rules_of_a_request(raw):
    assert clean_up_of(raw) is None


@pytest.mark.parametrize("asked", [EXECUTION, None, [{"execution_arn": EXECUTION}]])
def test_a_clean_up_that_is_no_object_is_rejected_by_its_name(asked):
    ((field, rule),) = clean_up_faults({CLEAN_UP: asked}).items()
    assert field == "clean_up"
    assert rule.startswith("must be a JSON object; got ")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"execution_arn": None},
        {"execution_arn": 5},
        {"execution_arn": [EXECUTION]},
        {"execution_arn": {"S": EXECUTION}},
    ],
)
def test_a_clean_up_without_an_execution_is_rejected(asked):
    ((field, rule),) = clean_up_faults({CLEAN_UP: asked}).items()
    assert field == "clean_up.execution_arn"
    assert rule


@pytest.mark.parametrize(
    "arn",
    [
        *("", "nonsense", "run-1"),
        EXECUTION.rpartition(":")[0],
        EXECUTION.replace(":Machine:", ":Another:"),
        EXECUTION.replace(":Machine:", ":Machine/Jobs:"),
        EXECUTION.replace("123456789012", "210987654321"),
        EXECUTION.replace(REGION, "eu-west-1"),
        f"{EXECUTION}:more",
    ],
)
def test_a_clean_up_of_what_is_no_execution_of_its_own_state_machine_is_rejected(arn):
    assert clean_up_faults({CLEAN_UP: {"execution_arn": arn}}) == {
        "clean_up.execution_arn": f"must be an execution ARN: {EXECUTION.rpartition(':')[0]}:NAME;"
        f" got {echo(arn)}"
    }


@pytest.mark.parametrize("extra", ["correlation_id", "export_ids", "source_arn"])
def test_a_clean_up_says_nothing_but_whose(extra):
    ((field, _rule),) = clean_up_faults(
        {CLEAN_UP: {"execution_arn": EXECUTION, extra: "any"}}
    ).items()
    assert field.endswith(extra)


@pytest.mark.parametrize("extra", ["jobs", "correlation_id", "kind"])
def test_a_clean_up_is_no_part_of_a_request(extra):
    raw = {CLEAN_UP: {"execution_arn": EXECUTION}, extra: "any"}
    assert clean_up_faults(raw) == {extra: "is an unknown field"}


@given(st.dictionaries(TEXT | st.just("execution_arn"), JSON | st.just(EXECUTION), max_size=3))
@settings(max_examples=50, deadline=None)
def test_whatever_is_asked_to_be_cleaned_up_is_accepted_or_is_rejected(asked):
    try:
        accepted, faults = clean_up_of({CLEAN_UP: asked}), tuple[Fault, ...]()
    except RequestRejected as rejected:
        accepted, faults = None, rejected.faults
    if accepted is None:
        assert faults
        assert all(fault.field and fault.rule for fault in faults)
    else:
        assert accepted == CleanUp(execution_arn=asked["execution_arn"])


@pytest.mark.parametrize(
    "request_",
    [any_export_job(), {"jobs": [any_export_job()]}, {"stages": [{"jobs": [any_export_job()]}]}],
)
def test_a_request_may_tell_which_state_machine_has_started_it(request_):
    assert accept({**request_, STARTED_BY: EXECUTION}) == accept(request_)
