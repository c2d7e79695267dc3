"""Exports and their targets, also with faults and with other callers."""

from __future__ import annotations

from pathlib import Path

from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.export_scenes import PREFIX, by_source, own_id, present, source, watched
from tests.workflow.requests import CLUSTER_SNAPSHOT, SNAPSHOT, export, snapshot

CANCEL_IT = {"operation": "CancelExportTask", "source_arn": SNAPSHOT}


def test_an_export_whose_start_got_no_response_is_not_started_again(
    orchestrate: Orchestrate,
) -> None:
    """An ExportTaskNotFound that means an empty list is not an error either."""
    done = orchestrate(
        export(),
        snapshots=[snapshot()],
        faults=[
            {"operation": "DescribeExportTasks", "error": "ExportTaskNotFound", "times": 1},
            {"operation": "StartExportTask", "error": "lost_response", "times": 1},
        ],
    )

    assert done.job["phase"] == "COMPLETE"
    assert done.job["details"]["adopted"] is False
    assert done.report["exports_started"] == 1
    assert done.report["calls"]["StartExportTask"] == 1


def test_an_export_that_another_caller_cancels_has_its_own_reason(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        export(), snapshots=[snapshot(export_s=5000)], actions=[{"at_s": 600, **CANCEL_IT}]
    )

    assert done.statuses == ["FAILED"]
    assert (done.job["reason"], done.job["final_state"]) == ("ExportCanceled", "CANCELED")
    assert done.report["exports_started"] == 1


def test_an_export_that_fails_ends_at_once_with_its_cause(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        export(), snapshots=[snapshot(outcome="FAILED", failure_cause="the disk is gone")]
    )

    assert (done.job["reason"], done.job["message"]) == ("ExportFailed", "the disk is gone")
    assert done.job["details"]["failure_cause"] == "the disk is gone"


def test_an_export_that_completes_with_a_warning_reports_it(orchestrate: Orchestrate) -> None:
    done = orchestrate(export(), snapshots=[snapshot(warning="shop.carts was skipped")])

    assert done.job["phase"] == "COMPLETE"
    assert done.job["warnings"] == ["shop.carts was skipped"]


def test_a_failed_export_is_tried_again_unless_its_cause_needs_a_person(
    orchestrate: Orchestrate,
) -> None:
    passing, lasting, closed = source("passing"), source("lasting"), source("closed")
    why = "The KMS key is disabled."

    done = orchestrate(
        {
            "jobs": [
                export(source_arn=passing, max_attempts=3),
                export(source_arn=lasting, max_attempts=2),
                export(source_arn=closed, max_attempts=3),
            ]
        },
        snapshots=[
            snapshot(passing, outcome=["FAILED", "COMPLETE"], failure_cause="an internal error"),
            snapshot(lasting, outcome="FAILED"),
            snapshot(closed, outcome="FAILED", failure_cause=why, fails_in="STARTING"),
        ],
    )

    jobs = by_source(done)
    assert {name: job["reason"] for name, job in jobs.items()} == {
        "passing": "TargetReached",
        "lasting": "ExportFailed",
        "closed": "ExportFailed",
    }
    assert jobs["passing"]["details"]["attempts"] == [
        {
            "export_task_identifier": own_id(passing),
            "status": "FAILED",
            "failure_cause": "an internal error",
        },
        {
            "export_task_identifier": own_id(passing, 2),
            "status": "COMPLETE",
            "failure_cause": None,
        },
    ]
    assert jobs["passing"]["details"]["export_task_identifier"] == own_id(passing, 2)
    assert [a["status"] for a in jobs["lasting"]["details"]["attempts"]] == ["FAILED", "FAILED"]
    assert "attempts" not in jobs["closed"]["details"]
    assert jobs["closed"]["message"].startswith(f"{why}: check that the stack's key is enabled")
    assert done.report["exports_started"] == 5


def test_an_existing_export_is_adopted_sufficient_ignored_or_a_collision(
    orchestrate: Orchestrate,
) -> None:
    running, complete = source("running"), source("complete")
    failed, canceled, cluster = source("failed"), source("canceled"), source("live", "cluster")
    collided, neighbour = source("collided"), source("neighbour")
    exported, cluster_snapshot = source("exported"), source("exported-too", "cluster-snapshot")
    twice = (exported, cluster_snapshot)
    asked = (running, complete, failed, canceled, cluster, collided, *twice)

    done = orchestrate(
        {"jobs": [export(source_arn=arn) for arn in asked]},
        snapshots=[snapshot(arn, export_s=150) for arn in (*asked, neighbour)],
        exports=[
            present(running, export_id="by-someone-else", age_s=0),
            present(complete, "COMPLETE"),
            present(failed, "FAILED"),
            present(canceled, "CANCELED"),
            present(cluster, "COMPLETE"),
            present(neighbour, "COMPLETE", export_id=own_id(collided)),
            *(present(arn, "COMPLETE", export_id=f"good-{n}") for n, arn in enumerate(twice)),
            *(present(arn, export_id=f"again-{n}", age_s=0) for n, arn in enumerate(twice)),
        ],
    )

    jobs = by_source(done)
    assert {name: (job["reason"], job["initial_state"]) for name, job in jobs.items()} == {
        "running": ("TargetReached", "IN_PROGRESS"),
        "complete": ("AlreadyThere", "COMPLETE"),
        "failed": ("TargetReached", None),
        "canceled": ("TargetReached", None),
        "live": ("TargetReached", None),
        "collided": ("IdentifierCollision", None),
        "exported": ("AlreadyThere", "COMPLETE"),
        "exported-too": ("AlreadyThere", "COMPLETE"),
    }
    details = {name: job["details"] for name, job in jobs.items() if job["details"]}
    assert {
        name: (it["export_task_identifier"], it["adopted"]) for name, it in details.items()
    } == {
        "running": ("by-someone-else", True),
        "complete": (own_id(complete), True),
        "failed": (own_id(failed, 2), False),
        "canceled": (own_id(canceled, 2), False),
        "live": (own_id(cluster, 2), False),
        "exported": ("good-0", True),
        "exported-too": ("good-1", True),
    }
    assert all(it["files_found"] for it in details.values())
    assert done.report["exports_started"] == 3
    assert neighbour in jobs["collided"]["message"]


def test_five_requests_for_the_same_export_share_one(orchestrate: Orchestrate) -> None:
    done = orchestrate(*[export()] * 5, snapshots=[snapshot()])

    assert done.statuses == ["SUCCEEDED"] * 5
    assert done.report["exports_started"] == 1
    assert sorted(job["details"]["adopted"] for job in done.jobs) == [False, *[True] * 4]
    assert {job["details"]["export_task_identifier"] for job in done.jobs} == {own_id(SNAPSHOT)}


def test_an_export_waits_for_a_slot(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        {"jobs": [export(), export(source_arn=CLUSTER_SNAPSHOT)]},
        snapshots=[snapshot(), snapshot(CLUSTER_SNAPSHOT)],
        limits={"concurrent_exports": 1},
    )

    assert [job["phase"] for job in done.jobs] == ["COMPLETE", "COMPLETE"]
    assert done.report["max_concurrent_exports"] == 1
    assert any("AwaitExportSlot" in entered(child.events) for child in done.children)


def test_cancels_a_running_export(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        export("CANCELED"),
        snapshots=[snapshot(export_s=5000)],
        exports=[{"export_id": "by-mistake", "source_arn": SNAPSHOT}],
    )

    assert (done.job["phase"], done.job["reason"]) == ("COMPLETE", "TargetReached")
    assert (done.job["initial_state"], done.job["final_state"]) == ("IN_PROGRESS", "CANCELED")


def test_a_cancel_after_the_export_has_ended_succeeds(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        export("CANCELED"),
        snapshots=[snapshot()],
        exports=[{"export_id": "done", "source_arn": SNAPSHOT, "status": "COMPLETE"}],
    )

    assert done.statuses == ["SUCCEEDED"]
    assert done.job["reason"] == "FinishedBeforeCancel"
    assert done.report["calls"].get("CancelExportTask") is None


def test_a_permanent_fault_is_never_retried(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        export(),
        snapshots=[snapshot()],
        faults=[{"operation": "StartExportTask", "error": "KMSKeyNotAccessibleFault"}],
    )

    assert done.job["reason"] == "KmsKeyNotAccessibleException"
    assert done.report["calls"]["StartExportTask"] == 1
    assert done.failures() == []


def test_a_snapshot_that_does_not_exist_fails_its_job(orchestrate: Orchestrate) -> None:
    done = orchestrate(export())

    assert done.job["reason"] == "ResourceNotFoundException"


def test_exports_to_other_buckets_exist_and_complete(assembly: Path) -> None:
    before, during = source("before"), source("during")
    with watched(
        assembly,
        export(source_arn=before),
        snapshots=[snapshot(before), snapshot(during)],
        exports=[
            present(before, "COMPLETE", export_id="done", s3_bucket="someone-elses"),
            present(during, export_id="going-on", s3_bucket="another-one", age_s=0),
        ],
    ) as run:
        run.until_nothing_runs()
        run.until(lambda: run.status(during) != "IN_PROGRESS")

        assert [done.outcome["phase"] for done in run.runs.all] == ["COMPLETE"]
        assert run.statuses(before) == ["COMPLETE", "STARTING", "IN_PROGRESS", "COMPLETE"]
        assert run.statuses(during) == ["IN_PROGRESS", "COMPLETE"]
        s3 = run.orchestrator.aws.client("s3")
        for bucket, export_id in (("someone-elses", "done"), ("another-one", "going-on")):
            keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
            assert f"{PREFIX}/{export_id}/export_info_{export_id}.json" in keys
