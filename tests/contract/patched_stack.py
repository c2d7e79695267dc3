"""A local AWS with a tiny stack, and helpers for the calls that tests make."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.clock import VirtualClock
from localcloud.cloud import LocalAws
from localcloud.deployment import Deployment, deploy_template
from tests.contract.patched_template import ACCOUNT, RESOURCES
from tests.processes import shared_processes

MAX_WAIT_S = 10_000
"""Simulated seconds that a test waits before it fails."""


class PatchedStack:
    """A deployed stack, and helpers for the calls that tests make."""

    def __init__(self, aws: LocalAws, deployment: Deployment) -> None:
        self.aws = aws
        self.deployment = deployment
        self.machines = aws.client("stepfunctions")

    def start(self, machine: str, given: Any, **more: Any) -> str:
        return self.machines.start_execution(
            stateMachineArn=f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{machine}",
            input=json.dumps(given),
            **more,
        )["executionArn"]

    def define(self, name: str, definition: dict[str, Any]) -> None:
        self.machines.create_state_machine(
            name=name,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/any",
            definition=json.dumps({"QueryLanguage": "JSONata", **definition}),
        )

    def run(self, machine: str, given: Any) -> dict[str, Any]:
        return self.ended(self.start(machine, given))

    def ended(self, execution: str) -> dict[str, Any]:
        while True:
            described = self.machines.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            self.aws.execution_changed.wait()
            self.aws.execution_changed.clear()

    def eventually(self, poll: Any) -> Any:
        deadline = self.aws.clock.now() + MAX_WAIT_S
        while not (found := poll()):
            assert self.aws.clock.now() < deadline, "it did not happen"
            self.aws.clock.sleep(1)
        return found

    def events(self, execution: str) -> list[dict[str, Any]]:
        pages = self.machines.get_paginator("get_execution_history")
        return [
            event for page in pages.paginate(executionArn=execution) for event in page["events"]
        ]

    def kinds(self, execution: str) -> list[str]:
        return [event["type"] for event in self.events(execution)]

    def reached(self, execution: str, kind: str) -> None:
        self.eventually(lambda: kind in self.kinds(execution))

    def messages(self, name: str) -> list[dict[str, Any]]:
        sqs = self.aws.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        received = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        for message in received:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return received

    def message(self, name: str) -> dict[str, Any]:
        return self.eventually(lambda: self.messages(name))[0]

    def emit(self, source: str, detail: Any, bus: str = "default", **more: Any) -> None:
        entry = {"Source": source, "DetailType": "Tested", "Detail": json.dumps(detail), **more}
        answer = self.aws.client("events").put_events(Entries=[{**entry, "EventBusName": bus}])
        assert answer["FailedEntryCount"] == 0


@contextmanager
def deployed(resources: dict[str, Any], *, shares: bool = True) -> Iterator[PatchedStack]:
    """Deploy the tiny stack, by default with the processes that tests share."""
    clock = VirtualClock()
    processes = shared_processes() if shares else None
    with LocalAws(clock, processes=processes) as aws, clock.turn("the test"):
        template = json.dumps({"Resources": {**RESOURCES, **resources}})
        yield PatchedStack(aws, deploy_template(aws, "patched", template))


def eventually(poll: Any, seconds: float = 10) -> Any:
    """Wait in real time, for what does not run on the simulated clock."""
    deadline = time.monotonic() + seconds
    while not (found := poll()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
    return found


def token_of(stack: PatchedStack, key: str) -> str:
    """Return the token that the machine "token" has stored under a key."""
    table = stack.aws.client("dynamodb")
    got = stack.eventually(
        lambda: table.get_item(TableName="waiters", Key={"pk": {"S": key}}).get("Item")
    )
    return got["token"]["S"]


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    """Return the error code of a call that must fail."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]
