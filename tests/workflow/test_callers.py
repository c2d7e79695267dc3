"""The ways in: an event on the bus, and another state machine."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from localcloud.orchestrator import LocalOrchestrator
from localcloud.world import World
from tests.workflow.conftest import SPEED
from tests.workflow.requests import campaign, campaigns


def test_an_event_and_another_state_machine_each_start_a_request(assembly: Path) -> None:
    world = World.model_validate({"campaigns": [campaign("c-1"), campaign("c-2")]})
    with LocalOrchestrator(world, SPEED, assembly) as orchestrator:
        orchestrator.begin()

        _send_event(orchestrator, campaigns("PAUSED", "c-1"))
        _call_from_another_machine(orchestrator, campaigns("PAUSED", "c-2"))
        outcomes = _wait_for_outcomes(orchestrator, 2)

    assert sorted((outcome["phase"], outcome["jobs"][0]["id"]) for outcome in outcomes) == [
        ("COMPLETE", "c-1"),
        ("COMPLETE", "c-2"),
    ]


def _send_event(orchestrator: LocalOrchestrator, request: dict[str, Any]) -> None:
    orchestrator.aws.client("events").put_events(
        Entries=[
            {
                "EventBusName": orchestrator.outputs["EventBusName"],
                "Source": "any.service",
                "DetailType": "Orchestration Requested",
                "Detail": json.dumps(request),
            }
        ]
    )


def _call_from_another_machine(orchestrator: LocalOrchestrator, request: dict[str, Any]) -> None:
    states = orchestrator.aws.client("stepfunctions")
    definition = {
        "StartAt": "Orchestrate",
        "States": {
            "Orchestrate": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
                "Parameters": {
                    "StateMachineArn": orchestrator.machine_arn,
                    "Input": json.dumps(request),
                },
                "End": True,
            }
        },
    }
    caller = states.create_state_machine(
        name="caller",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/any",
    )
    states.start_execution(stateMachineArn=caller["stateMachineArn"])


def _wait_for_outcomes(orchestrator: LocalOrchestrator, count: int) -> list[dict[str, Any]]:
    states = orchestrator.aws.client("stepfunctions")
    for _ in range(1000):
        listed = states.list_executions(stateMachineArn=orchestrator.machine_arn)["executions"]
        outcomes = [orchestrator.outcome(item["executionArn"]) for item in listed]
        done = [outcome for outcome in outcomes if outcome is not None]
        if len(done) == count:
            return done
        time.sleep(0.01)
    raise AssertionError(f"no {count} outcomes within 10 s")
