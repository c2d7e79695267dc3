"""A request is accepted in every documented shape, with every documented value."""

from __future__ import annotations

import pytest

from lambdas.campaigns.contract import ApiVersion, CampaignJob, CampaignTarget
from lambdas.campaigns.transitions import TABLE_TARGETS
from lambdas.exports.contract import ExportJob, ExportTarget
from lambdas.shared import limits
from tests.unit.acceptance.requests import (
    accept,
    event,
    faults_of,
)
from tests.unit.builders import (
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)

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


@pytest.mark.parametrize("target", TABLE_TARGETS)
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
def test_takes_either_end_of_an_export_past_its_deadline(field, choice):
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
