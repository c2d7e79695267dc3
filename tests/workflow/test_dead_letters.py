"""Events that cannot be delivered and invocations that keep failing become dead letters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lambdas.requests.acceptance import REQUESTED
from lambdas.shared.environment import COORDINATION_TABLE
from localcloud.orchestrator import LocalOrchestrator
from tests.workflow.export_scenes import Watched, source, watched
from tests.workflow.requests import SNAPSHOT, campaigns, export, snapshot

REQUEST = campaigns("PAUSED", "c-1")
END_OF_AN_EXPORT = {"EventID": "RDS-EVENT-0161"}

SHOP = source("shop-nightly")
NEW_SNAPSHOT = {
    "EventID": "RDS-EVENT-0042",
    "SourceIdentifier": "shop-nightly",
    "SourceArn": SHOP,
}


def test_a_request_that_cannot_be_started_is_kept_with_the_reason(assembly: Path) -> None:
    with watched(assembly, changes_stack=True) as run:
        _delete_machine(run.orchestrator)
        bus = run.orchestrator.outputs["EventBusName"]
        _put(run, "my.app", REQUESTED, REQUEST, EventBusName=bus)

        letter = _letter(run, "UndeliveredEvents")

    assert json.loads(letter["Body"])["detail"] == REQUEST
    attributes = _attributes(letter)
    assert "OrchestrationRequested" in attributes["RULE_ARN"]
    assert ":stateMachine:" in attributes["TARGET_ARN"]
    assert attributes["ERROR_CODE"] == "StateMachineDoesNotExist"


def test_a_snapshot_whose_export_cannot_be_started_is_kept_and_exported_when_retried(
    assembly_with_every_trigger: Path,
) -> None:
    with watched(
        assembly_with_every_trigger, snapshots=[snapshot(SHOP, export_s=60)], changes_stack=True
    ) as run:
        [target] = _targets(run, "SnapshotCreated")
        _retarget(run, "SnapshotCreated", _to_nowhere(target))
        _put(run, "aws.rds", "RDS DB Snapshot Event", NEW_SNAPSHOT)
        letter = _letter(run, "UndeliveredEvents")

        outcome = _retried(run, letter)

    assert "SnapshotCreated" in _attributes(letter)["RULE_ARN"]
    assert json.loads(letter["Body"])["detail"] == NEW_SNAPSHOT
    [job] = outcome["resources"]
    assert (job["id"], job["phase"], job["details"]["tables"]) == (
        SHOP,
        "COMPLETE",
        ["shop.orders"],
    )


def test_an_undelivered_clean_up_can_be_retried_with_the_event_or_with_the_transformed_input(
    assembly: Path,
) -> None:
    """Which of the two EventBridge puts in the dead letter is not documented."""
    with watched(
        assembly,
        export(on_abort="cancel"),
        snapshots=[snapshot(export_s=50_000)],
        changes_stack=True,
    ) as run:
        run.until(lambda: run.status(SNAPSHOT) == "IN_PROGRESS")
        [target] = _targets(run, "ExecutionLeftBehind")
        whole = {"Id": "whole", "Arn": _queue_arn(run, "FailedInvocations")}
        _retarget(run, "ExecutionLeftBehind", _to_nowhere(target), whole)
        [execution] = run.runs.all
        run.stop(execution.execution_arn)
        event, transformed = (_letter(run, n) for n in ("FailedInvocations", "UndeliveredEvents"))

        outcomes = [_retried(run, letter) for letter in (event, transformed)]
        arns = [execution.execution_arn, *(outcome["execution_arn"] for outcome in outcomes)]
        published = [run.orchestrator.outcome(arn) is not None for arn in arns]
        end = run.status(SNAPSHOT)

    assert json.loads(event["Body"])["source"] == "aws.states"
    assert json.loads(transformed["Body"]).keys() == {"clean_up"}
    assert end == "CANCELED"
    assert [[job["id"] for job in outcome["resources"]] for outcome in outcomes] == [[SNAPSHOT]] * 2
    assert [outcome["phase"] for outcome in outcomes] == ["COMPLETE"] * 2
    assert published == [True, False, True], "the first publishes the outcome of the execution"


def test_a_clean_up_that_fails_is_kept_and_cleans_up_when_retried(assembly: Path) -> None:
    with watched(
        assembly,
        export(on_abort="cancel"),
        snapshots=[snapshot(export_s=50_000)],
        changes_stack=True,
    ) as run:
        run.until(lambda: run.status(SNAPSHOT) == "IN_PROGRESS")
        table = _set_table(run, "gone")
        [execution] = run.runs.all
        run.stop(execution.execution_arn)
        letter = _letter(run, "FailedCleanUps")
        left = run.status(SNAPSHOT)
        _set_table(run, table)

        outcome = _retried(run, letter)
        end = run.status(SNAPSHOT)

    detail = json.loads(letter["Body"])["detail"]
    assert (detail["status"], detail["error"]) == ("FAILED", "WorkflowFailed")
    assert json.loads(detail["input"]).keys() == {"clean_up"}
    assert (left, end) == ("IN_PROGRESS", "CANCELED")
    assert [job["id"] for job in outcome["resources"]] == [SNAPSHOT]


def test_an_invocation_that_keeps_failing_is_tried_three_times_and_kept_with_its_error(
    assembly: Path,
) -> None:
    with watched(assembly) as run:
        before = run.orchestrator.clock.now()
        _put(run, "aws.rds", "RDS DB Snapshot Event", END_OF_AN_EXPORT)

        letter = _letter(run, "FailedInvocations")
        waited = run.orchestrator.clock.now() - before

    record = json.loads(letter["Body"])
    assert record["requestPayload"]["detail"] == END_OF_AN_EXPORT
    assert record["responsePayload"]["errorType"] == "UnreadableEventError"
    assert "WakeWaiters" in record["requestContext"]["functionArn"]
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert waited >= 180, "Lambda tries again after one and after two minutes"


def _delete_machine(orchestrator: LocalOrchestrator) -> None:
    states = orchestrator.aws.client("stepfunctions")
    states.delete_state_machine(stateMachineArn=orchestrator.machine_arn)


def _retried(run: Watched, letter: dict[str, Any]) -> dict[str, Any]:
    """Start an execution with a message's body, and return its output."""
    execution_arn = run.send(json.loads(letter["Body"]))
    run.until_nothing_runs()
    described = run.orchestrator.aws.client("stepfunctions").describe_execution(
        executionArn=execution_arn
    )
    outcome: dict[str, Any] = json.loads(described["output"])
    return outcome


def _targets(run: Watched, rule: str) -> list[dict[str, Any]]:
    events = run.orchestrator.aws.client("events")
    found: list[dict[str, Any]] = events.list_targets_by_rule(Rule=_name(run, rule))["Targets"]
    return found


def _retarget(run: Watched, rule: str, *targets: dict[str, Any]) -> None:
    run.orchestrator.aws.client("events").put_targets(Rule=_name(run, rule), Targets=targets)


def _to_nowhere(target: dict[str, Any]) -> dict[str, Any]:
    return {**target, "Arn": f"{target['Arn']}-that-is-gone"}


def _name(run: Watched, rule: str) -> str:
    rules = run.orchestrator.aws.client("events").list_rules()["Rules"]
    [name] = [found["Name"] for found in rules if rule in found["Name"]]
    return str(name)


def _set_table(run: Watched, table: str) -> str:
    """Set the table name of PlanCleanUp, and return the previous one."""
    functions = run.orchestrator.aws.client("lambda")
    [function] = [
        found
        for found in functions.list_functions()["Functions"]
        if "PlanCleanUp" in found["FunctionName"]
    ]
    before = function["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=function["FunctionName"],
        Environment={"Variables": {**before, COORDINATION_TABLE: table}},
    )
    return str(before[COORDINATION_TABLE])


def _put(run: Watched, sender: str, kind: str, detail: dict[str, Any], **more: Any) -> None:
    entry = {"Source": sender, "DetailType": kind, "Detail": json.dumps(detail), **more}
    answer = run.orchestrator.aws.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0


def _letter(run: Watched, queue: str) -> dict[str, Any]:
    sqs, url, found = run.orchestrator.aws.client("sqs"), _url(run, queue), list[dict[str, Any]]()

    def arrived() -> bool:
        answer = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
        found.extend(answer.get("Messages", ()))
        return bool(found)

    run.until(arrived)
    [letter] = found
    return letter


def _url(run: Watched, queue: str) -> str:
    urls = run.orchestrator.aws.client("sqs").list_queues()["QueueUrls"]
    [url] = [url for url in urls if queue in url]
    return str(url)


def _queue_arn(run: Watched, queue: str) -> str:
    answer = run.orchestrator.aws.client("sqs").get_queue_attributes(
        QueueUrl=_url(run, queue), AttributeNames=["QueueArn"]
    )
    return str(answer["Attributes"]["QueueArn"])


def _attributes(letter: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
