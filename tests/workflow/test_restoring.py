"""Campaigns are restored after what they were paused for, and after an abort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.patches.executions import map_runs
from localcloud.simulators.campaigns_api import CampaignsApi
from localcloud.world import Act
from tests.workflow.conftest import Orchestrate
from tests.workflow.export_scenes import Watched, watched
from tests.workflow.requests import SNAPSHOT, campaign, campaigns, export, snapshot

FLEET = {
    "runs": "Running",
    "too": "Running",
    "paused": "Paused",
    "new": "Initialized",
}


def fleet() -> list[dict[str, Any]]:
    return [campaign(name, state) for name, state in FLEET.items()]


def paused(*ids: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "pause",
        "kind": "campaigns",
        "campaign_ids": list(ids or FLEET),
        "target": "PAUSED",
        **more,
    }


RESTORED = {"id": "again", "kind": "campaigns", "of": "pause", "target": "RESTORED"}


def flagship(*ids: str, **more: Any) -> dict[str, Any]:
    return {
        "stages": [
            {"jobs": [paused(*ids, on_abort="restore", **more)]},
            {"run": "always", "jobs": [export()]},
            {"run": "always", "jobs": [RESTORED]},
        ]
    }


def states(run: Watched) -> dict[str, str]:
    changes = run.orchestrator.simulators.ledger.states
    return {name: changes[name][-1][1] for name in changes if not name.startswith("arn:")}


def of_job(outcome: dict[str, Any], job: str) -> dict[str, str]:
    return {entry["id"]: entry["reason"] for entry in outcome["resources"] if entry["job"] == job}


def notes(run: Watched) -> list[str]:
    dynamodb = run.orchestrator.aws.client("dynamodb")
    [table] = dynamodb.list_tables()["TableNames"]
    return [
        item["sk"]["S"]
        for item in dynamodb.scan(TableName=table)["Items"]
        if item["pk"]["S"].startswith("moved#")
    ]


def test_what_was_paused_runs_again_after_the_export_and_nothing_else(assembly: Path) -> None:
    with watched(assembly, flagship(), campaigns=fleet(), snapshots=[snapshot()]) as run:
        run.until(lambda: run.status(SNAPSHOT) == "IN_PROGRESS")
        meanwhile = states(run)
        run.until_nothing_runs()
        outcome, end, calls, left = run.runs.all[0].outcome, states(run), run.calls(), notes(run)
    assert meanwhile == FLEET | {"runs": "Paused", "too": "Paused"}
    assert end == FLEET
    assert left == []
    assert (calls["PauseCampaign"], calls["ResumeCampaign"]) == (2, 2)
    assert "StartCampaign" not in calls
    assert of_job(outcome, "pause") == {
        "runs": "TargetReached",
        "too": "TargetReached",
        "paused": "AlreadyThere",
        "new": "IllegalTransition",
    }
    assert of_job(outcome, "again") == {
        "runs": "TargetReached",
        "too": "TargetReached",
        "paused": "Untouched",
        "new": "Untouched",
    }


def test_what_another_caller_has_changed_since_is_left_alone(orchestrate: Orchestrate) -> None:
    ids = ("resumed", "stopped", "kept")
    done = orchestrate(
        flagship(*ids),
        campaigns=[campaign(name) for name in ids],
        snapshots=[snapshot()],
        actions=[
            {"at_s": 60, "operation": "ResumeCampaign", "campaign_id": "resumed"},
            {"at_s": 60, "operation": "StopCampaign", "campaign_id": "stopped"},
        ],
    )
    again = {job["id"]: job for job in done.jobs if job["job"] == "again"}
    assert {name: job["reason"] for name, job in again.items()} == {
        "resumed": "AlreadyThere",
        "stopped": "ChangedSince",
        "kept": "TargetReached",
    }
    assert done.statuses == ["SUCCEEDED"]
    assert again["stopped"]["warnings"] == [
        "another caller has changed it: found Running, left Paused, now Stopped"
    ]
    assert done.report["calls"]["ResumeCampaign"] == 1


def test_an_abort_restores_and_the_outcome_says_so(assembly: Path) -> None:
    with watched(assembly, flagship(), campaigns=fleet(), snapshots=[snapshot()]) as run:
        run.until(lambda: run.status(SNAPSHOT) == "IN_PROGRESS")
        run.stop(run.runs.all[0].execution_arn)
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        outcome, end, left = run.runs.all[0].outcome, states(run), notes(run)
    assert end == FLEET
    assert left == []
    assert outcome["reason"] == "ExecutionAborted"
    by_id = {entry["id"]: entry for entry in outcome["resources"] if entry["job"] == "pause"}
    assert by_id["runs"]["final_state"] == "Running"
    assert by_id["runs"]["message"] == (
        "the campaign is Paused; in the clean-up: TargetReached: the campaign is Running"
    )
    assert by_id["paused"]["final_state"] == "Paused"


LATE_S = 45
"""A function that waits for the slots of its reads and for a slow response is that old."""


def test_what_a_function_does_after_the_abort_is_restored_too(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function is waiting when the execution is aborted, and pauses the campaign after that."""
    read = CampaignsApi._get_state_batch
    runs: list[Watched] = []

    def read_late(api: CampaignsApi, call: Any) -> Any:
        document = read(api, call)
        if runs:
            run = runs.pop()
            [execution] = run.runs.executions()
            run.stop(execution)
            run.orchestrator.clock.sleep(LATE_S)
        return document

    monkeypatch.setattr(CampaignsApi, "_get_state_batch", read_late)

    with watched(assembly, campaigns=[campaign("c-1")]) as run:
        runs.append(run)
        asked = run.send(paused("c-1", on_abort="restore"))
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        calls, end, left = run.calls(), states(run), notes(run)
        outcome = run.orchestrator.outcome(asked)
    assert (calls["PauseCampaign"], calls["ResumeCampaign"]) == (1, 1)
    assert end == {"c-1": "Running"}
    assert left == []
    assert outcome is not None
    assert outcome["reason"] == "ExecutionAborted"


def test_a_pause_whose_function_was_killed_is_restored(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = CampaignsApi._perform
    killed: list[str] = []

    def pause_and_kill(api: CampaignsApi, call: Any, role_arn: str | None) -> Any:
        document = perform(api, call, role_arn)
        if call.operation == "PauseCampaign" and not killed:
            killed.append(call.campaign_id)
            pools = run.orchestrator.aws.functions._pools.items()
            [pool] = [pool for arn, (_, pool) in pools if "ReconcileCampaigns" in arn]
            [busy] = pool._all - set(pool._idle)
            busy.end()
        return document

    monkeypatch.setattr(CampaignsApi, "_perform", pause_and_kill)

    with watched(assembly, campaigns=[campaign("c-1")], snapshots=[snapshot()]) as run:
        asked = run.send(flagship("c-1"))
        run.until_nothing_runs()
        outcome, end, calls = run.orchestrator.outcome(asked), states(run), run.calls()
    assert killed == ["c-1"]
    assert outcome is not None
    assert of_job(outcome, "pause") == {"c-1": "AlreadyThere"}
    assert of_job(outcome, "again") == {"c-1": "TargetReached"}
    assert end == {"c-1": "Running"}
    assert (calls["PauseCampaign"], calls["ResumeCampaign"]) == (1, 1)


def test_lost_responses_and_throttles_are_distinguished(orchestrate: Orchestrate) -> None:
    """A rival pauses one campaign while all calls for it are throttled."""
    ids = ("lost", "rivals", "throttled")

    def fault(campaign_id: str, error: str, times: int) -> dict[str, Any]:
        named = {"operation": "PauseCampaign", "campaign_id": campaign_id}
        return {**named, "error": error, "times": times}

    done = orchestrate(
        flagship(*ids),
        campaigns=[campaign(name) for name in ids],
        snapshots=[snapshot()],
        faults=[
            fault("lost", "lost_response", 1),
            fault("rivals", "ThrottlingException", 3),
            fault("throttled", "ThrottlingException", 2),
        ],
        actions=[{"at_s": 4, "operation": "PauseCampaign", "campaign_id": "rivals"}],
    )
    again = {job["id"]: job["reason"] for job in done.jobs if job["job"] == "again"}
    assert again == {"lost": "TargetReached", "rivals": "Untouched", "throttled": "TargetReached"}
    assert done.report["calls"]["ResumeCampaign"] == 2


def test_a_restore_whose_response_was_lost_is_made_once(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        flagship("c-1"),
        campaigns=[campaign("c-1")],
        snapshots=[snapshot()],
        faults=[{"operation": "ResumeCampaign", "error": "lost_response", "times": 1}],
    )
    assert {job["job"]: job["final_state"] for job in done.jobs if job["kind"] == "campaigns"} == {
        "pause": "Paused",
        "again": "Running",
    }
    assert done.report["calls"]["ResumeCampaign"] == 1


def test_a_campaign_that_completed_overnight_does_not_hold_up_the_export(
    orchestrate: Orchestrate,
) -> None:
    ids = ("completed", "stopped", "runs")
    nightly = {
        "stages": [
            {"jobs": [paused(*ids, if_ended="accept", on_abort="restore")]},
            {"jobs": [export()]},
            {"run": "always", "jobs": [RESTORED]},
        ]
    }
    done = orchestrate(
        nightly,
        campaigns=[
            campaign("completed", "Completed"),
            campaign("stopped", "Stopped"),
            campaign("runs", completes_after_s=1_000_000, schedule_end_s=100),
        ],
        snapshots=[snapshot()],
    )
    assert done.statuses == ["SUCCEEDED"]
    assert of_job(done.outcome, "pause") == {
        "completed": "EndedByItself",
        "stopped": "EndedByItself",
        "runs": "TargetReached",
    }
    assert of_job(done.outcome, "again") == {
        "completed": "Untouched",
        "stopped": "Untouched",
        "runs": "ChangedSince",
    }
    assert "ResumeCampaign" not in done.report["calls"]


def test_a_clean_up_that_is_repeated_changes_nothing_more(assembly: Path) -> None:
    """Another caller pauses the campaign after it was restored, and means it."""
    with watched(assembly, paused("c-1", on_abort="restore"), campaigns=[campaign("c-1")]) as run:
        run.until(lambda: states(run) == {"c-1": "Paused"})
        [aborted] = run.runs.all
        run.stop(aborted.execution_arn)
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        restored = states(run)
        pause = Act(operation="PauseCampaign", campaign_id="c-1")
        run.orchestrator.simulators.perform(pause)
        run.send({"clean_up": {"execution_arn": aborted.execution_arn}})
        run.until_nothing_runs()
        end = states(run)
    assert restored == {"c-1": "Running"}
    assert end == {"c-1": "Paused"}


def test_what_was_changed_is_restored_after_the_engine_failed(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child is stopped by another caller, and the map tolerates no failure."""
    monkeypatch.setattr(map_runs, "_exceeds_tolerance", lambda *_: True)

    request = {"jobs": [paused("c-1", on_abort="restore"), campaigns("FINISHED", "other")]}
    fleet = [campaign("c-1"), campaign("other", "Paused")]
    with watched(assembly, request, campaigns=fleet) as run:
        run.until(lambda: states(run)["c-1"] == "Paused")
        [child] = [child for child in run.children() if child.item["work"]["target"] == "FINISHED"]
        run.stop(child.execution_arn)
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        failed, clean_up = run.executions()
        end = states(run)
    assert (failed["status"], failed["error"]) == ("FAILED", "WorkflowFailed")
    assert clean_up["status"] == "SUCCEEDED"
    assert end == {"c-1": "Running", "other": "Paused"}
