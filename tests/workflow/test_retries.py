"""Each Retry and each Catch, checked in the history of an execution."""

from __future__ import annotations

import pytest

from lambdas.campaigns.batch import MAX_THROTTLED_PASSES
from lambdas.exports.decisions import MAX_THROTTLES
from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.export_scenes import source
from tests.workflow.requests import SNAPSHOT, campaign, campaigns, export, snapshot

THROTTLED = "ThrottlingException"


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (THROTTLED, THROTTLED),
        ("InternalServerException", "ServiceUnavailableException"),
        ("ConflictException", "ConflictException"),
    ],
)
def test_a_transient_error_of_a_pass_is_retried(
    orchestrate: Orchestrate, error: str, named: str
) -> None:
    done = orchestrate(
        campaigns("PAUSED"),
        campaigns=[campaign()],
        faults=[{"operation": "GetCampaignStateBatch", "error": error, "times": 2}],
    )

    assert done.job["phase"] == "COMPLETE"
    assert done.failures() == [named, named]
    assert done.report["retries"] == {named: 2}


def test_every_spelling_of_throttling_is_retried(orchestrate: Orchestrate) -> None:
    """Step Functions retries a throttled read, the next poll a throttled start."""
    sources = {code: source(code) for code in ("Throttling", THROTTLED, "RequestLimitExceeded")}
    done = orchestrate(
        {"jobs": [export(source_arn=arn) for arn in sources.values()]},
        snapshots=[snapshot(arn) for arn in sources.values()],
        faults=[
            {"operation": operation, "source_arn": arn, "error": code, "times": times}
            for code, arn in sources.items()
            for operation, times in (("DescribeExportTasks", 1), ("StartExportTask", 2))
        ],
    )

    assert [job["reason"] for job in done.jobs] == ["TargetReached"] * 3
    assert done.failures() == [THROTTLED] * 3
    assert done.report["throttled"] == {"DescribeExportTasks": 3, "StartExportTask": 6}
    assert done.report["retries"] == {THROTTLED: 3}
    assert done.report["exports_started"] == 3


def test_a_cancel_that_is_always_throttled_fails_the_job_and_keeps_its_polls(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        export("CANCELED"),
        snapshots=[snapshot(export_s=50_000)],
        exports=[{"export_id": "by-mistake", "source_arn": SNAPSHOT}],
        faults=[{"operation": "CancelExportTask", "error": THROTTLED}],
    )

    assert (done.job["phase"], done.job["reason"]) == ("FAILED", THROTTLED)
    assert f"CancelExportTask: {THROTTLED}" in done.job["message"]
    assert (done.job["initial_state"], done.job["polls"]) == ("IN_PROGRESS", MAX_THROTTLES)
    assert done.report["throttled"] == {"CancelExportTask": MAX_THROTTLES}
    assert done.failures() == []


def test_a_throttled_mutation_is_retried_by_the_next_passes(
    orchestrate: Orchestrate,
) -> None:
    def throttled(campaign_id: str, **more: int) -> dict[str, object]:
        aim = {"operation": "PauseCampaign", "campaign_id": campaign_id}
        return {**aim, "error": THROTTLED, **more}

    done = orchestrate(
        {"jobs": [campaigns("PAUSED", "briefly"), campaigns("PAUSED", "always")]},
        campaigns=[campaign("briefly"), campaign("always")],
        faults=[throttled("briefly", times=2), throttled("always")],
    )

    jobs = {job["id"]: job for job in done.jobs}
    assert {name: job["reason"] for name, job in jobs.items()} == {
        "briefly": "TargetReached",
        "always": THROTTLED,
    }
    assert f"PauseCampaign: {THROTTLED}" in jobs["always"]["message"]
    assert {job["initial_state"] for job in done.jobs} == {"Running"}
    assert jobs["always"]["polls"] >= MAX_THROTTLED_PASSES
    assert done.report["throttled"] == {"PauseCampaign": 2 + MAX_THROTTLED_PASSES}
    assert done.failures() == []


def test_throttling_that_does_not_end_fails_the_job_with_a_result(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        campaigns("PAUSED"),
        campaigns=[campaign()],
        faults=[{"operation": "GetCampaignStateBatch", "error": THROTTLED}],
    )

    assert done.statuses == ["FAILED"]
    assert (done.job["id"], done.job["reason"]) == ("c-1", THROTTLED)
    assert done.failures() == [THROTTLED] * 11
    [child] = done.children
    assert entered(child.events)[-1] == "JobFailed"
