"""What Step Functions returns about an execution that has ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.registry import ChildResult
from lambdas.requests.outcome import Outcome
from lambdas.requests.plan import Plan
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ResourceNotFoundException

RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"

INVOKE: Final = "invoke"
PUT_EVENTS: Final = "putEvents"
"""The resources of tasks in histories."""


class Execution(NamedTuple):
    """An execution as DescribeExecution returns it; times in epoch seconds.

    Attributes:
        request: its input as JSON text.
        ended_at: None while it runs.
    """

    arn: str
    status: str
    request: str
    started_at: float
    ended_at: float | None
    error: str | None
    cause: str | None

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition(":")[2]


class Progress(NamedTuple):
    """The progress of an execution when it ended.

    Attributes:
        plan: its last plan, None if it had none.
        results: the last pass of each child execution of that plan.
        outcome: its outcome, if it had one.
        published: whether the outcome was published.
    """

    plan: Plan | None = None
    results: tuple[PassResult, ...] = ()
    outcome: Outcome | None = None
    published: bool = False


class Executions:
    """The executions of this stack's state machine."""

    def __init__(self, connect: Callable[[str], Any] = client) -> None:
        self._states = connect("stepfunctions")

    def describe(self, execution_arn: str) -> Execution | None:
        """Return an execution, None if it does not exist.

        Raises:
            AwsError: when Step Functions did not answer.
        """
        try:
            with api_call("DescribeExecution"):
                answer = self._states.describe_execution(executionArn=execution_arn)
        except ResourceNotFoundException:
            return None
        stopped = answer.get("stopDate")
        return Execution(
            arn=execution_arn,
            status=answer["status"],
            request=answer.get("input", ""),
            started_at=answer["startDate"].timestamp(),
            ended_at=stopped.timestamp() if stopped else None,
            error=answer.get("error"),
            cause=answer.get("cause"),
        )

    def progress(self, execution_arn: str) -> Progress:
        """Return the progress of an execution, from its history and its children's.

        Raises:
            AwsError: when Step Functions did not answer.
        """
        published = False
        map_run: str | None = None
        for event in self._newest_first(execution_arn):
            published = published or _is_published(event)
            started = event.get("mapRunStartedEventDetails")
            if started is not None and map_run is None:
                map_run = started["mapRunArn"]
            answer = _answer(event)
            if "outcome" in answer:
                outcome = Outcome.model_validate(answer["outcome"])
                return Progress(outcome=outcome, published=published)
            if "plan" in answer:
                results = () if map_run is None else tuple(self._results(map_run))
                return Progress(Plan.model_validate(answer["plan"]), results, published=published)
        return Progress(published=published)

    def _results(self, map_run_arn: str) -> Iterator[PassResult]:
        for execution_arn in self._children(map_run_arn):
            for event in self._newest_first(execution_arn):
                result = pass_result_of(event)
                if result is not None:
                    yield result
                    break

    def _children(self, map_run_arn: str) -> Iterator[str]:
        more: dict[str, str] = {}
        while True:
            with api_call("ListExecutions"):
                page = self._states.list_executions(mapRunArn=map_run_arn, **more)
            for execution in page["executions"]:
                yield execution["executionArn"]
            if "nextToken" not in page:
                return
            more = {"nextToken": page["nextToken"]}

    def _newest_first(self, execution_arn: str) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            with api_call("GetExecutionHistory"):
                page = self._states.get_execution_history(
                    executionArn=execution_arn, reverseOrder=True, **more
                )
            yield from page["events"]
            if "nextToken" not in page:
                return
            more = {"nextToken": page["nextToken"]}


def _is_published(event: Mapping[str, Any]) -> bool:
    return bool(event.get("taskSucceededEventDetails", {}).get("resource") == PUT_EVENTS)


def pass_result_of(event: Mapping[str, Any]) -> PassResult | None:
    """Return the output of a child execution or of its reconciler, None for another event."""
    ended = event.get("executionSucceededEventDetails")
    answer = json.loads(ended["output"]) if ended is not None else _answer(event)
    return ChildResult.model_validate(answer) if "key" in answer else None


def _answer(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a function's output, which Step Functions wraps as `Payload`."""
    details = event.get("taskSucceededEventDetails", {})
    if details.get("resource") != INVOKE:
        return {}
    payload = json.loads(details["output"]).get("Payload")
    return payload if isinstance(payload, dict) else {}
