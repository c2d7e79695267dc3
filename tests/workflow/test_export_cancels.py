"""Exports that are canceled: on request, at a deadline, or after an abort."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from localcloud.functions.host import FunctionHost
from localcloud.simulators.exports import Export
from localcloud.simulators.exports import Exports as SimulatedExports
from localcloud.simulators.exports_api import ExportsApi
from tests.workflow.conftest import Orchestrate
from tests.workflow.export_scenes import (
    Watched,
    by_source,
    own_id,
    present,
    source,
    watched,
)
from tests.workflow.requests import SNAPSHOT, export, snapshot

QUICK, LATE, LOST = source("quick"), source("late"), source("lost")
LEFT, CANCELED, ADOPTED = source("left"), source("canceled"), source("adopted")

LONG: dict[str, Any] = {"starting_s": 60, "export_s": 50_000}


def test_a_cancel_succeeds_also_when_the_export_completes_first(
    orchestrate: Orchestrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One export completes after the cancel, one just before it; one cancel's response is lost."""
    cancel = SimulatedExports.cancel

    def complete_first(exports: SimulatedExports, export_id: str, now: float) -> Export:
        found = exports.find(export_id)
        if (
            found is not None
            and found.parameters.source_arn == QUICK
            and found.status == "IN_PROGRESS"
        ):
            exports.complete(found, now)
        return cancel(exports, export_id, now)

    monkeypatch.setattr(SimulatedExports, "cancel", complete_first)

    done = orchestrate(
        {"jobs": [export("CANCELED", arn) for arn in (QUICK, LATE, LOST)]},
        snapshots=[
            snapshot(QUICK, **LONG),
            snapshot(LATE, cancel_outcome="COMPLETE", **LONG),
            snapshot(LOST, **LONG),
        ],
        exports=[present(arn) for arn in (QUICK, LATE, LOST)],
        faults=[
            {
                "operation": "CancelExportTask",
                "source_arn": LOST,
                "error": "lost_response",
                "times": 1,
            }
        ],
    )

    assert done.statuses == ["SUCCEEDED"]
    jobs = by_source(done)
    assert {name: (job["reason"], job["final_state"]) for name, job in jobs.items()} == {
        "quick": ("FinishedBeforeCancel", "COMPLETE"),
        "late": ("FinishedBeforeCancel", "COMPLETE"),
        "lost": ("TargetReached", "CANCELED"),
    }
    assert jobs["late"]["warnings"] == ["the export completed while it was being canceled"]
    assert done.report["calls"]["CancelExportTask"] == 3


def test_a_deadline_cancels_only_started_exports_and_only_if_the_job_says_so(
    orchestrate: Orchestrate,
) -> None:
    late: dict[str, Any] = {"deadline_seconds": 120}

    done = orchestrate(
        {
            "jobs": [
                export(source_arn=LEFT, **late),
                export(source_arn=CANCELED, on_deadline="cancel", **late),
                export(source_arn=ADOPTED, on_deadline="cancel", **late),
            ]
        },
        snapshots=[snapshot(arn, **LONG | {"starting_s": 5}) for arn in (LEFT, CANCELED, ADOPTED)],
        exports=[present(ADOPTED)],
    )

    jobs = by_source(done)
    assert {name: (job["reason"], job["final_state"]) for name, job in jobs.items()} == {
        "left": ("DeadlineExceeded", "IN_PROGRESS"),
        "canceled": ("DeadlineExceeded", "CANCELED"),
        "adopted": ("DeadlineExceeded", "IN_PROGRESS"),
    }
    assert done.report["calls"]["CancelExportTask"] == 1
    assert all(120 <= job["elapsed_seconds"] < 300 for job in done.jobs)


def test_an_abort_cancels_only_started_exports_and_only_if_the_job_says_so(
    assembly: Path,
) -> None:
    request = {
        "jobs": [
            export(source_arn=LEFT, on_abort="leave"),
            export(source_arn=CANCELED, on_abort="cancel"),
            export(source_arn=ADOPTED, on_abort="cancel"),
        ]
    }
    sources = (LEFT, CANCELED, ADOPTED)

    with watched(
        assembly,
        request,
        snapshots=[snapshot(arn, **LONG) for arn in sources],
        exports=[present(ADOPTED)],
    ) as run:
        run.until(lambda: all(run.status(arn) == "IN_PROGRESS" for arn in sources))
        aborted, clean_up, outcome = run.abort()

        own = run.orchestrator.outcome(clean_up["executionArn"])
        ends = [run.status(arn) for arn in sources]
        calls = run.calls()
    assert (aborted["status"], clean_up["status"]) == ("ABORTED", "SUCCEEDED")
    assert ends == ["IN_PROGRESS", "CANCELED", "IN_PROGRESS"]
    assert calls["CancelExportTask"] == 1
    assert own is None, "one outcome for each request"
    assert (outcome["phase"], outcome["reason"]) == ("FAILED", "ExecutionAborted")
    assert [(job["job"], job["id"], job["reason"]) for job in outcome["resources"]] == [
        (f"0.{number}", arn, "ExecutionAborted") for number, arn in enumerate(sources)
    ]
    assert outcome["resources"][1]["final_state"] == "CANCELED"
    assert "CANCELED" in outcome["resources"][1]["message"]
    assert json.loads(clean_up["output"])["summary"] == "1 of 1 reached their targets"


def test_an_abort_cancels_an_export_of_two_jobs_that_one_has_started(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both jobs have polled before either starts the export."""
    describe = ExportsApi._describe
    number = count()

    def describe_together(api: ExportsApi, form: Any) -> Any:
        document = describe(api, form)
        if next(number) < 2:
            run.orchestrator.clock.sleep(1)
        return document

    monkeypatch.setattr(ExportsApi, "_describe", describe_together)

    with watched(
        assembly,
        {"jobs": [export(on_abort="cancel")] * 2},
        snapshots=[snapshot(**LONG)],
    ) as run:
        run.until(lambda: run.calls().get("StartExportTask") == 2 and len(run.waiters()) == 2)
        _, clean_up, outcome = run.abort()

        end, calls = run.status(SNAPSHOT), run.calls()
    assert [job["final_state"] for job in json.loads(clean_up["output"])["resources"]] == [
        "CANCELED"
    ]
    assert [job["job"] for job in outcome["resources"]] == ["0.0", "0.1"]
    assert (end, calls["CancelExportTask"]) == ("CANCELED", 1)


def test_an_export_is_canceled_although_the_function_that_started_it_was_killed(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ExportsApi._start
    functions: list[FunctionHost] = []

    def start_and_kill(api: ExportsApi, form: Any) -> Any:
        document = start(api, form)
        [host] = functions
        [pool] = [pool for arn, (_, pool) in host._pools.items() if "ReconcileExport" in arn]
        [busy] = pool._all - set(pool._idle)
        busy.end()
        return document

    monkeypatch.setattr(ExportsApi, "_start", start_and_kill)

    with watched(assembly, snapshots=[snapshot(**LONG)]) as run:
        functions.append(run.orchestrator.aws.functions)
        asked = run.send(export(on_deadline="cancel", deadline_seconds=120))
        run.until_nothing_runs()

        outcome = run.orchestrator.outcome(asked)
        end, calls = run.status(SNAPSHOT), run.calls()
    assert outcome is not None
    [job] = outcome["resources"]
    assert (job["reason"], job["details"]["adopted"]) == ("DeadlineExceeded", False)
    assert (end, calls["StartExportTask"], calls["CancelExportTask"]) == ("CANCELED", 1, 1)


def test_an_export_whose_start_was_under_way_at_the_abort_is_canceled_too(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ExportsApi._start
    runs: list[Watched] = []

    def start_late(api: ExportsApi, form: Any) -> Any:
        [run] = runs
        [execution] = run.executions()
        run.stop(execution["executionArn"])
        # A request to RDS that takes ten seconds, half of what the function gives it.
        run.orchestrator.clock.sleep(10)
        return start(api, form)

    monkeypatch.setattr(ExportsApi, "_start", start_late)

    with watched(assembly, snapshots=[snapshot(**LONG)]) as run:
        runs.append(run)
        run.send(export(on_abort="cancel"))
        run.until(lambda: bool(run.statuses(SNAPSHOT)))
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()

        end = run.status(SNAPSHOT)
    assert end == "CANCELED"


def test_a_clean_up_that_is_aborted_itself_is_not_cleaned_up_after(assembly: Path) -> None:
    with watched(
        assembly,
        export(on_abort="cancel"),
        snapshots=[snapshot(canceling_s=2000, **LONG)],
        actions=[{"at_s": 300, "operation": "AbortExecution"}],
    ) as run:
        run.until(lambda: run.status(SNAPSHOT) == "CANCELING")
        _, clean_up = run.executions()
        run.stop(clean_up["executionArn"])
        run.until_nothing_runs()

        statuses = [execution["status"] for execution in run.executions()]
    assert statuses == ["ABORTED", "ABORTED"]


def test_a_clean_up_by_hand_cancels_what_an_execution_left_running(assembly: Path) -> None:
    request = export(on_abort="cancel", deadline_seconds=60)

    with watched(assembly, request, snapshots=[snapshot(starting_s=5000)]) as run:
        run.until_nothing_runs()
        [expired] = run.runs.all
        left = run.status(SNAPSHOT)
        arns = [
            run.send({"clean_up": {"execution_arn": arn}})
            for arn in (expired.execution_arn, "arn:of:nothing")
        ]
        run.until_nothing_runs()
        outcomes = [run.orchestrator.outcome(arn) for arn in arns]
        end = run.status(SNAPSHOT)
    assert expired.outcome["resources"][0]["reason"] == "DeadlineExceeded"
    assert (left, end) == ("STARTING", "CANCELED")
    cleaned, nothing = outcomes
    assert cleaned is not None
    assert nothing is not None
    assert [
        (job["target"], job["final_state"], job["details"]["export_task_identifier"])
        for job in cleaned["resources"]
    ] == [("CANCELED", "CANCELED", own_id(SNAPSHOT))]
    assert (nothing["reason"], nothing["resources"]) == ("RequestRejected", [])
    assert [fault["field"] for fault in nothing["faults"]] == ["clean_up.execution_arn"]
