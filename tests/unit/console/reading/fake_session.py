"""Stands for boto3's session and its clients: no network, and quotas as strict as AWS's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from console.limits import QUOTAS
from console.stack import Stack
from tests.unit.fakes import client_error

MACHINE: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:Machine"
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)

STACK: Final = Stack(
    name="Orchestrator",
    account="123456789012",
    region="us-east-1",
    state_machine_arn=MACHINE,
    table_name="table",
    reconcile_campaigns="function",
)

Response = Mapping[str, Any]


class Time:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class FakeSession:
    """Returns clients whose operations are the session's methods of the same names."""

    region_name = "us-east-1"

    def client(self, service: str, config: object = None) -> FakeSession:
        assert service
        assert config is not None
        return self


class StepFunctions(FakeSession):
    """The executions of one state machine.

    Attributes:
        time: when the buckets are refilled.
        calls: made, by operation.
        throttled: of these, how many were too many.
        share: of the quota that is left for the console.
    """

    def __init__(self, time: Time, count: int = 0, share: float = 1.0) -> None:
        self.time = time
        self.calls: Counter[str] = Counter()
        self.throttled = 0
        self.share = share
        self._buckets: dict[str, tuple[float, float]] = {}
        self.executions = [self._execution(number) for number in range(count)]
        self.histories: dict[str, list[dict[str, Any]]] = {}
        self.missing: Counter[str] = Counter()

    def _execution(self, number: int) -> dict[str, Any]:
        started = BEGAN + timedelta(seconds=number)
        return {
            "executionArn": f"{MACHINE.replace(':stateMachine:', ':execution:')}:e-{number:05}",
            "name": f"e-{number:05}",
            "status": "SUCCEEDED",
            "startDate": started,
            "stopDate": started + timedelta(seconds=30),
            "input": json.dumps({"correlation_id": f"night-{number}"}),
            "output": json.dumps({"phase": "COMPLETE", "reason": "TargetReached"}),
        }

    def start(self) -> dict[str, Any]:
        """Start one more execution."""
        execution = self._execution(len(self.executions)) | {"status": "RUNNING"}
        execution.pop("stopDate")
        execution.pop("output")
        self.executions.append(execution)
        return execution

    def list_executions(
        self,
        *,
        maxResults: int,
        stateMachineArn: str,
        statusFilter: str | None = None,
        nextToken: str = "0",
    ) -> Response:
        self._called("ListExecutions")
        assert stateMachineArn == MACHINE
        newest_first = [
            {key: value for key, value in each.items() if key not in ("input", "output")}
            for each in reversed(self.executions)
            if statusFilter in (None, each["status"])
        ]
        return _page("executions", newest_first, int(nextToken), maxResults)

    def describe_execution(self, *, executionArn: str) -> Response:
        self._called("DescribeExecution")
        for each in self.executions:
            if each["executionArn"] == executionArn:
                return each
        raise client_error("ExecutionDoesNotExist")

    def get_execution_history(
        self,
        *,
        executionArn: str,
        maxResults: int,
        reverseOrder: bool = False,
        nextToken: str = "0",
    ) -> Response:
        self._called("GetExecutionHistory")
        if self.missing[executionArn]:
            self.missing[executionArn] -= 1
            raise client_error("ExecutionDoesNotExist")
        if executionArn not in self.histories:
            raise client_error("ExecutionDoesNotExist")
        events = self.histories[executionArn]
        return _page("events", events[::-1] if reverseOrder else events, int(nextToken), maxResults)

    def describe_state_machine_for_execution(self, *, executionArn: str) -> Response:
        assert executionArn
        raise client_error("AccessDeniedException")

    def get_function_configuration(self, *, FunctionName: str) -> Response:
        assert FunctionName
        raise client_error("AccessDeniedException")

    def _called(self, operation: str) -> None:
        """Count a call, and refuse it if the bucket is empty."""
        self.calls[operation] += 1
        bucket, per_second = QUOTAS[operation]
        left, at = self._buckets.get(operation, (bucket * self.share, self.time()))
        left = min(bucket * self.share, left + (self.time() - at) * per_second * self.share)
        if left < 1:
            self.throttled += 1
            self._buckets[operation] = left, self.time()
            raise client_error("ThrottlingException")
        self._buckets[operation] = left - 1, self.time()


def _page(name: str, items: list[Any], start: int, most: int) -> Response:
    end = start + most
    more = {"nextToken": str(end)} if end < len(items) else {}
    return {name: items[start:end], **more}
