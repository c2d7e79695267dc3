"""What can not be delivered, and what keeps failing, ends in a queue with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lambdas.domain.acceptance import REQUESTED
from localcloud.orchestrator import LocalOrchestrator
from tests.workflow.conftest import SPEED
from tests.workflow.export_scenes import Watched, source, watched
from tests.workflow.requests import campaigns

REQUEST = campaigns("PAUSED", "c-1")
END_OF_AN_EXPORT = {"EventID": "RDS-EVENT-0161"}

NEW_SNAPSHOT = {
    "EventID": "RDS-EVENT-0042",
    "SourceIdentifier": "shop-nightly",
    "SourceArn": source("shop-nightly"),
}


def test_a_request_that_can_not_be_started_is_kept_with_the_reason(assembly: Path) -> None:
    with watched(assembly, speed=SPEED) as run:
        _delete_machine(run.orchestrator)
        bus = run.orchestrator.outputs["EventBusName"]
        _put(run, "my.app", REQUESTED, REQUEST, EventBusName=bus)

        letter = _letter(run, "UndeliveredEvents")

    assert json.loads(letter["Body"])["detail"] == REQUEST
    told = _attributes(letter)
    assert "OrchestrationRequested" in told["RULE_ARN"]
    assert ":stateMachine:" in told["TARGET_ARN"]
    assert told["ERROR_CODE"] == "StateMachineDoesNotExist"


def test_a_snapshot_whose_export_can_not_be_started_is_kept_as_the_request_it_would_have_been(
    assembly_with_every_trigger: Path,
) -> None:
    with watched(assembly_with_every_trigger, speed=SPEED) as run:
        _delete_machine(run.orchestrator)
        _put(run, "aws.rds", "RDS DB Snapshot Event", NEW_SNAPSHOT)

        letter = _letter(run, "UndeliveredEvents")

    assert json.loads(letter["Body"])["source_arn"] == source("shop-nightly")
    assert "SnapshotCreated0" in _attributes(letter)["RULE_ARN"]


def test_an_invocation_that_keeps_failing_is_tried_three_times_and_kept_with_its_error(
    assembly: Path,
) -> None:
    with watched(assembly, speed=SPEED) as run:
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


def _attributes(letter: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
