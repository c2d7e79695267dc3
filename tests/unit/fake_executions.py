"""Executions as Step Functions describes them: descriptions, histories and children."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.unit.builders import NOW
from tests.unit.fakes import client_error

Event = dict[str, Any]


class FakeExecutions:
    """Stands for boto3's Step Functions client as a clean-up uses it.

    Attributes:
        page_size: events or executions of one page.
        calls: every operation with the ARN that it was about, pages as calls of their own.
        answers: errors to raise instead, by operation.
    """

    def __init__(self, page_size: int = 1_000) -> None:
        self.page_size = page_size
        self.calls: list[tuple[str, str]] = []
        self.answers: dict[str, list[Exception]] = {}
        self._described: dict[str, dict[str, Any]] = {}
        self._histories: dict[str, list[Event]] = {}
        self._children: dict[str, list[str]] = {}

    def will(self, operation: str, *answers: Exception) -> None:
        self.answers[operation] = list(answers)

    def add(
        self,
        arn: str,
        status: str,
        *history: Event,
        request: object = None,
        seconds: float = 600,
        **fields: str,
    ) -> None:
        """Add an execution that started at NOW; its events oldest first."""
        ended = {} if status == "RUNNING" else {"stopDate": _date(NOW + seconds)}
        self._described[arn] = {
            "executionArn": arn,
            "name": arn.rpartition(":")[2],
            "status": status,
            "input": json.dumps(request),
            "startDate": _date(NOW),
            **ended,
            **fields,
        }
        self._histories[arn] = list(history)

    def add_children(self, map_run_arn: str, *histories: Iterable[Event]) -> None:
        """Add the children of a map run, each by its history."""
        children = {f"{map_run_arn}:child-{n}": list(each) for n, each in enumerate(histories)}
        self._histories |= children
        self._children[map_run_arn] = list(children)

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        self._called("describe_execution", executionArn)
        if executionArn not in self._described:
            raise client_error("ExecutionDoesNotExist")
        return self._described[executionArn]

    def get_execution_history(
        self,
        *,
        executionArn: str,
        reverseOrder: bool,
        nextToken: str = "0",
    ) -> dict[str, Any]:
        self._called("get_execution_history", executionArn)
        assert reverseOrder
        events = self._histories[executionArn][::-1]
        return self._page("events", events, nextToken)

    def list_executions(
        self,
        *,
        mapRunArn: str,
        nextToken: str = "0",
    ) -> dict[str, Any]:
        self._called("list_executions", mapRunArn)
        children = [{"executionArn": arn} for arn in self._children[mapRunArn]]
        return self._page("executions", children, nextToken)

    def _page(self, name: str, items: list[Any], token: str) -> dict[str, Any]:
        start, end = int(token), int(token) + self.page_size
        more = {"nextToken": str(end)} if end < len(items) else {}
        return {name: items[start:end], **more}

    def _called(self, operation: str, arn: str) -> None:
        self.calls.append((operation, arn))
        if self.answers.get(operation):
            raise self.answers[operation].pop(0)


def entered(name: str) -> Event:
    """Return an event without information."""
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name, "input": "{}"}}


def answered(payload: Mapping[str, Any]) -> Event:
    """Return the event of a function's answer."""
    output = {"ExecutedVersion": "1", "Payload": payload, "StatusCode": 200}
    return _succeeded("lambda", "invoke", output)


def published() -> Event:
    """Return the event of an outcome that the event bus took."""
    return _succeeded("events", "putEvents", {"Entries": [{"EventId": "any"}]})


def woken() -> Event:
    """Return the event of a task token that was answered."""
    return _succeeded("aws-sdk:dynamodb", "putItem.waitForTaskToken", {})


def task_failed(error: str = "Sandbox.Timedout") -> Event:
    details = {"resourceType": "lambda", "resource": "invoke", "error": error, "cause": "any"}
    return {"type": "TaskFailed", "taskFailedEventDetails": details}


def map_started(map_run_arn: str) -> Event:
    return {"type": "MapRunStarted", "mapRunStartedEventDetails": {"mapRunArn": map_run_arn}}


def succeeded(output: Mapping[str, Any]) -> Event:
    """Return the event with which an execution ends."""
    details = {"output": json.dumps(output)}
    return {"type": "ExecutionSucceeded", "executionSucceededEventDetails": details}


def _succeeded(resource_type: str, resource: str, output: Mapping[str, Any]) -> Event:
    details = {"resourceType": resource_type, "resource": resource, "output": json.dumps(output)}
    return {"type": "TaskSucceeded", "taskSucceededEventDetails": details}


def _date(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


class FakeClaims:
    """Has the methods of `OutcomeClaims`; any table has the same claims.

    Attributes:
        holders: who publishes an execution's outcome.
    """

    def __init__(self) -> None:
        self.holders: dict[str, str] = {}

    def __call__(self, _table: str) -> FakeClaims:
        return self

    def claim(self, execution_arn: str, holder: str, *, instead_of: str | None = None) -> bool:
        if self.holders.get(execution_arn) not in {None, holder, instead_of}:
            return False
        self.holders[execution_arn] = holder
        return True

    def holder(self, execution_arn: str) -> str | None:
        return self.holders.get(execution_arn)
