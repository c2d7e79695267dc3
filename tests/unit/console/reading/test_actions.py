"""What an operator does reaches Step Functions once, or says why it did not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import JsonValue

from console import actions
from console.actions import MAX_CAUSE_CHARACTERS
from console.aws import AwsUnavailable
from console.errors import ConsoleError, NotRunning, RequestNotFound
from tests.unit.console.reading.fake_session import MACHINE, STACK, FakeSession
from tests.unit.fakes import client_error

ARN = STACK.execution_arn("night")
REQUEST: JsonValue = {"kind": "campaigns", "target": "PAUSED", "campaign_ids": ["é"]}


class States(FakeSession):
    """Records what is started and stopped."""

    def __init__(self, status: str = "RUNNING", refusal: str | None = None) -> None:
        self.status = status
        self.refusal = refusal
        self.started: list[dict[str, Any]] = []
        self.stopped: list[dict[str, Any]] = []

    def start_execution(self, **given: Any) -> dict[str, str]:
        if self.refusal is not None:
            raise client_error(self.refusal)
        self.started.append(given)
        return {"executionArn": STACK.execution_arn(given["name"])}

    def describe_execution(self, **given: str) -> dict[str, str]:
        if given["executionArn"] != ARN:
            raise client_error("ExecutionDoesNotExist")
        return {"name": "night", "status": self.status, "input": '{ "as": "sent" }'}

    def stop_execution(self, **given: Any) -> dict[str, str]:
        self.stopped.append(given)
        return {}


def test_a_request_is_started_under_its_name() -> None:
    states = States()
    assert actions.start(STACK, states, REQUEST, "night") == ARN
    [started] = states.started
    assert started["stateMachineArn"] == MACHINE
    assert json.loads(started["input"]) == REQUEST


def test_without_a_name_each_start_has_one_of_its_own() -> None:
    """A retry of boto3 is the same start, and so starts nothing twice."""
    states = States()
    for _ in range(2):
        actions.start(STACK, states, REQUEST)
    first, second = (each["name"] for each in states.started)
    assert first != second


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("ExecutionAlreadyExists", "another request was named night in the last 90 days"),
        ("InvalidName", "'night' is no name of an execution"),
        ("StateMachineDoesNotExist", "StateMachineDoesNotExist"),
        ("AccessDeniedException", "OperatorPolicyArn"),
    ],
)
def test_a_refused_start_says_why(refusal: str, words: str) -> None:
    with pytest.raises(ConsoleError, match=words):
        actions.start(STACK, States(refusal=refusal), REQUEST, "night")


def test_a_running_request_is_stopped_with_the_cause() -> None:
    states = States()
    actions.cancel(STACK, states, ARN, "x" * 40_000)
    [stopped] = states.stopped
    assert stopped["executionArn"] == ARN
    assert len(stopped["cause"]) == MAX_CAUSE_CHARACTERS


def test_what_has_ended_is_not_stopped() -> None:
    states = States(status="SUCCEEDED")
    with pytest.raises(NotRunning, match="night has ended: it is SUCCEEDED"):
        actions.cancel(STACK, states, ARN, "too late")
    assert states.stopped == []


@pytest.mark.parametrize(
    "arn",
    [
        STACK.execution_arn("nobodys"),
        ARN.replace("Machine", "Other"),
        f"{STACK.execution_arn('').removesuffix(':')}/Jobs:child",
        "night",
    ],
)
def test_another_execution_is_neither_stopped_nor_repeated(arn: str) -> None:
    states = States()
    with pytest.raises(RequestNotFound):
        actions.cancel(STACK, states, arn, "any")
    with pytest.raises(RequestNotFound):
        actions.again(STACK, states, arn)
    assert states.stopped == states.started == []


def test_a_request_is_repeated_to_the_letter() -> None:
    states = States(status="FAILED")
    again = actions.again(STACK, states, ARN)
    [started] = states.started
    assert started["input"] == '{ "as": "sent" }'
    assert again.endswith(started["name"])
    assert started["name"] != "night"


def test_errors_of_aws_are_errors_of_the_console() -> None:
    assert issubclass(AwsUnavailable, ConsoleError)
