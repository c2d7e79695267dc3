"""How an execution ends when a function or the state machine fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lambdas.jobs.resource_result import Entry
from lambdas.requests.outcome import Outcome
from localcloud.patches.executions import map_runs
from tests.workflow.broken_functions import replace_module
from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.export_scenes import Watched, source, watched
from tests.workflow.requests import campaign, campaigns, export, snapshot, stages

LONG: dict[str, Any] = {"starting_s": 60, "export_s": 50_000}
BROKEN = """
def handler(event, context):
    raise KeyError("ü" * 600)
"""
THREE_STAGES = stages(campaigns("PAUSED"), campaigns("RUNNING"), export(), last_always=True) | {
    "correlation_id": "nightly"
}


def whole(outcome: dict[str, Any] | None) -> dict[str, Any]:
    """An outcome that has every field, with entries that have every field."""
    assert outcome is not None
    assert set(outcome) == set(Outcome.model_fields)
    for entry in outcome["resources"]:
        assert set(entry) == set(Entry.model_fields)
    Outcome.model_validate(outcome)
    return outcome


def ended(run: Watched, number: int = 0) -> tuple[dict[str, Any], list[str]]:
    """An execution, and the states that it entered."""
    execution = run.executions()[number]
    pages = run.orchestrator.aws.client("stepfunctions").get_paginator("get_execution_history")
    listed = pages.paginate(executionArn=execution["executionArn"])
    return execution, entered([event for page in listed for event in page["events"]])


@pytest.mark.parametrize("broken", ["requests/accept_request", "requests/advance_plan"])
def test_a_function_that_cannot_run_ends_the_request_with_a_whole_outcome(
    assembly: Path, broken: str
) -> None:
    with watched(
        assembly, campaigns=[campaign()], snapshots=[snapshot()], changes_stack=True
    ) as run:
        replace_module(run.orchestrator, broken, BROKEN)
        arn = run.send(THREE_STAGES)
        run.until_nothing_runs()
        execution, states = ended(run)
        outcome = whole(run.orchestrator.outcome(arn))

    assert (execution["status"], execution["error"]) == ("FAILED", "WorkflowFailed")
    assert states[-3:] == ["PublishOutcome", "RouteOutcome", "RequestFailed"]
    assert (outcome["reason"], outcome["correlation_id"]) == ("WorkflowFailed", "nightly")
    assert "KeyError" in outcome["summary"]
    assert execution["cause"] == outcome["summary"]
    paused = ("0.0", "c-1", "Running", "Paused", "COMPLETE")
    not_begun = [
        ("1.0", "c-1", None, None, "FAILED"),
        ("2.0", export()["source_arn"], None, None, "FAILED"),
    ]
    assert [
        (e["job"], e["id"], e["initial_state"], e["final_state"], e["phase"])
        for e in outcome["resources"]
    ] == ([] if broken == "requests/accept_request" else [paused, *not_begun])


def test_a_failed_map_has_an_outcome_and_its_exports_are_canceled(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child is stopped by another caller, and the map tolerates no failure."""
    monkeypatch.setattr(map_runs, "_exceeds_tolerance", lambda *_: True)
    request = {"jobs": [export(on_abort="cancel"), campaigns("FINISHED")]}

    with watched(assembly, campaigns=[campaign()], snapshots=[snapshot(**LONG)]) as run:
        arn = run.send(request)
        run.until(lambda: run.status(export()["source_arn"]) == "IN_PROGRESS")
        watch = next(c for c in run.children() if c.item["work"]["kind"] == "campaigns")
        run.stop(watch.execution_arn)
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        execution, states = ended(run)
        clean_up, _ = ended(run, 1)
        outcome = whole(run.orchestrator.outcome(arn))
        own = whole(run.orchestrator.outcome(clean_up["executionArn"]))
        end = run.status(export()["source_arn"])

    failed = "States.ExceedToleratedFailureThreshold"
    assert states[-5:] == [
        "AdvancePlan", "IsPlanFinished", "PublishOutcome", "RouteOutcome", "RequestFailed"
    ]  # fmt: skip
    assert (execution["error"], outcome["reason"]) == ("WorkflowFailed", "WorkflowFailed")
    assert [(e["job"], e["reason"]) for e in outcome["resources"]] == [
        ("0.0", failed),
        ("0.1", failed),
    ]
    assert (clean_up["status"], own["phase"], end) == ("SUCCEEDED", "COMPLETE", "CANCELED")


def test_an_execution_that_step_functions_ends_is_cleaned_up_and_has_an_outcome(
    assembly: Path,
) -> None:
    """AdvancePlan returns a string, so that an expression fails in a Choice state."""
    unreadable = """
from lambdas.requests.advance_plan_real import handler as real

def handler(event, context):
    return real(event, context) if event["plan"].get("cleans_up") else "unreadable"
"""
    left = source("left")
    request = stages(
        export(source_arn=left, on_abort="cancel", deadline_seconds=60), campaigns("PAUSED")
    )

    with watched(assembly, snapshots=[snapshot(left, **LONG)], changes_stack=True) as run:
        replace_module(run.orchestrator, "requests/advance_plan", unreadable)
        arn = run.send(request)
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        execution, _ = ended(run)
        clean_up, _ = ended(run, 1)
        outcome = whole(run.orchestrator.outcome(arn))
        end = run.status(left)

    assert execution["status"] == "FAILED"
    assert execution["error"].startswith("States.")
    assert (clean_up["status"], end) == ("SUCCEEDED", "CANCELED")
    assert outcome["reason"] == execution["error"]
    assert [(e["job"], e["reason"], e["final_state"]) for e in outcome["resources"]] == [
        ("0.0", "DeadlineExceeded", "CANCELED"),
        ("1.0", execution["error"], None),
    ]


def test_a_clean_up_that_cannot_be_planned_fails_with_a_whole_outcome(assembly: Path) -> None:
    with watched(
        assembly,
        export(on_abort="cancel"),
        snapshots=[snapshot(**LONG)],
        actions=[{"at_s": 200, "operation": "AbortExecution"}],
        changes_stack=True,
    ) as run:
        replace_module(run.orchestrator, "requests/plan_clean_up", BROKEN)
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        clean_up, states = ended(run, 1)
        outcome = whole(run.orchestrator.outcome(clean_up["executionArn"]))

    assert (clean_up["status"], clean_up["error"]) == ("FAILED", "WorkflowFailed")
    assert states[-4:] == ["PlanCleanUp", "PublishOutcome", "RouteOutcome", "RequestFailed"]
    assert outcome["resources"] == []


def test_an_outcome_that_is_not_published_fails_the_request_and_is_tried_once_more(
    assembly: Path,
) -> None:
    """The bus does not exist, so both attempts fail; there is no further clean-up."""
    with watched(assembly, campaigns=[campaign()], changes_stack=True) as run:
        events = run.orchestrator.aws.client("events")
        bus = run.orchestrator.outputs["EventBusName"]
        for rule in events.list_rules(EventBusName=bus)["Rules"]:
            targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]
            ids = [target["Id"] for target in targets]
            events.remove_targets(Rule=rule["Name"], EventBusName=bus, Ids=ids)
            events.delete_rule(Name=rule["Name"], EventBusName=bus)
        events.delete_event_bus(Name=bus)
        run.send(campaigns("PAUSED"))
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        executions = run.executions()
        _, states = ended(run)

    assert [(e["status"], e["error"]) for e in executions] == [
        ("FAILED", "OutcomeNotPublished")
    ] * 2
    assert states[-2:] == ["PublishOutcome", "RequestFailed"]
    assert executions[0]["cause"].startswith("1 of 1 reached their targets; not published: ")


def test_a_throttle_of_the_table_does_not_end_a_clean_up(assembly: Path) -> None:
    """Each process of the function is throttled once when it reads what is to be canceled."""
    throttled = """
from lambdas.exports.started import StartedExports
from lambdas.requests import plan_clean_up_real as real
from lambdas.shared.errors import ThrottlingException

handler, answer, met = real.handler, StartedExports.to_cancel, []

def throttle_once(self, execution_arn):
    if not met:
        met.append(execution_arn)
        raise ThrottlingException("Query", "ThrottlingException", "Rate exceeded")
    return answer(self, execution_arn)

StartedExports.to_cancel = throttle_once
"""
    with watched(
        assembly,
        export(on_abort="cancel"),
        snapshots=[snapshot(**LONG)],
        actions=[{"at_s": 200, "operation": "AbortExecution"}],
        changes_stack=True,
    ) as run:
        replace_module(run.orchestrator, "requests/plan_clean_up", throttled)
        run.until(lambda: len(run.executions()) == 2)
        run.until_nothing_runs()
        clean_up, states = ended(run, 1)
        end = run.status(export()["source_arn"])

    assert (clean_up["status"], end) == ("SUCCEEDED", "CANCELED")
    assert states.count("PlanCleanUp") == 1, "a retry does not enter the state again"


def test_a_job_that_a_catch_ends_has_its_own_end_time(orchestrate: Orchestrate) -> None:
    """The other job runs for a thousand seconds more."""
    done = orchestrate(
        {"jobs": [campaigns("PAUSED"), export()]},
        campaigns=[campaign()],
        snapshots=[snapshot(export_s=2_500)],
        faults=[{"operation": "GetCampaignStateBatch", "error": "ThrottlingException"}],
    )

    failed, exported = done.jobs
    assert (failed["job"], failed["reason"]) == ("0.0", "ThrottlingException")
    assert failed["elapsed_seconds"] < exported["elapsed_seconds"] - 1_000
    assert failed["ended_at"] < exported["ended_at"]
