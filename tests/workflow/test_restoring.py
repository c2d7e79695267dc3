"""Campaigns are restored after what they were paused for, and after an abort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.workflow.conftest import Orchestrate
from tests.workflow.export_scenes import Watched, watched
from tests.workflow.requests import SNAPSHOT, campaign, export, snapshot

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
        "another caller has changed the campaign: it is Stopped; the job found it Running and left"
        " it Paused"
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
