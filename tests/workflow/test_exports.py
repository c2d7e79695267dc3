"""Exports on their way, with faults and with someone else's hand in it."""

from __future__ import annotations

from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.requests import CLUSTER_SNAPSHOT, SNAPSHOT, export, snapshot

CANCEL_IT = {"operation": "CancelExportTask", "source_arn": SNAPSHOT}


def test_an_export_whose_start_got_no_answer_is_not_started_again(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        export(),
        snapshots=[snapshot()],
        faults=[{"operation": "StartExportTask", "error": "lost_response", "times": 1}],
    )

    assert done.job["phase"] == "COMPLETE"
    assert done.job["details"]["adopted"] is False
    assert done.report["exports_started"] == 1
    assert done.report["calls"]["StartExportTask"] == 1


def test_an_export_that_someone_cancels_is_told_apart_from_a_failed_one(
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
        export(), snapshots=[snapshot(outcome="FAILED", failure_cause="the key is gone")]
    )

    assert (done.job["reason"], done.job["message"]) == ("ExportFailed", "the key is gone")
    assert done.job["details"]["failure_cause"] == "the key is gone"


def test_an_export_that_completes_with_a_warning_tells_it(orchestrate: Orchestrate) -> None:
    done = orchestrate(export(), snapshots=[snapshot(warning="shop.carts was skipped")])

    assert done.job["phase"] == "COMPLETE"
    assert done.job["warnings"] == ["shop.carts was skipped"]


def test_requests_for_the_same_export_share_one(orchestrate: Orchestrate) -> None:
    done = orchestrate(export(), export(), snapshots=[snapshot()])

    assert done.statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert done.report["exports_started"] == 1
    assert sorted(job["details"]["adopted"] for job in done.jobs) == [False, True]


def test_an_export_waits_for_a_slot(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        {"jobs": [export(), export(source_arn=CLUSTER_SNAPSHOT)]},
        snapshots=[snapshot(), snapshot(CLUSTER_SNAPSHOT)],
        limits={"concurrent_exports": 1},
    )

    assert [job["phase"] for job in done.jobs] == ["COMPLETE", "COMPLETE"]
    assert done.report["max_concurrent_exports"] == 1
    assert any("AwaitExportSlot" in entered(child.events) for child in done.children)


def test_cancels_what_runs(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        export("CANCELED"),
        snapshots=[snapshot(export_s=5000)],
        exports=[{"export_id": "by-mistake", "source_arn": SNAPSHOT}],
    )

    assert (done.job["phase"], done.job["reason"]) == ("COMPLETE", "TargetReached")
    assert (done.job["previous_state"], done.job["final_state"]) == ("IN_PROGRESS", "CANCELED")


def test_cancelling_what_has_finished_says_so(orchestrate: Orchestrate) -> None:
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
