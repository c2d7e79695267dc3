"""The states that an execution has entered, from the events of its history."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

Event = Mapping[str, Any]
"""An event as GetExecutionHistory returns it."""

RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"

ENTERED: Final = "StateEntered"
EXITED: Final = "StateExited"

_ENDS: Final = MappingProxyType(
    {
        "ExecutionSucceeded": SUCCEEDED,
        "ExecutionFailed": FAILED,
        "ExecutionAborted": "ABORTED",
        "ExecutionTimedOut": "TIMED_OUT",
    }
)
"""The status of an execution by its last event."""

_TASK_FAILURES: Final = ("TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "TaskStartFailed")
_INVOKE: Final = "invoke"
_PUT_EVENTS: Final = "putEvents"
_WAITS_FOR_TOKEN: Final = "waitForTaskToken"
"""The resources of tasks."""


class Failure(NamedTuple):
    """How an attempt at a task failed; `at` in epoch seconds."""

    error: str
    cause: str
    at: float


@dataclass
class Visit:
    """One visit of a state; times in epoch seconds.

    Attributes:
        type: Task, Choice, Wait, Map, Succeed, Fail.
        failure: of its last attempt, None if that did not fail or has not ended.
    """

    state_name: str
    type: str
    entered_at: float
    exited_at: float | None = None
    failure: Failure | None = None


@dataclass
class Visits:
    """The states of one execution so far.

    Attributes:
        last_id: of the last event that was applied.
        status: RUNNING, or how it ended.
        visits: in order, without those that have ended unless `keeps_all`.
        counts: how often each state was entered.
        failed: how often each state failed, retried or not.
        given: its input as JSON text.
        output: as JSON text.
    """

    keeps_all: bool = True
    last_id: int = 0
    status: str = RUNNING
    started_at: float | None = None
    ended_at: float | None = None
    given: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    visits: list[Visit] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def current(self) -> Visit | None:
        """The state that it is in, None if it has ended or is between two states."""
        last = self.visits[-1] if self.visits else None
        return last if last is not None and last.exited_at is None else None

    def apply(self, event: Event) -> Failure | None:
        """Add the next event; return the failure of a task's attempt, None of any other event."""
        self.last_id = event["id"]
        kind, at = event["type"], event["timestamp"].timestamp()
        if kind == "ExecutionStarted":
            self.started_at = at
            self.given = event["executionStartedEventDetails"].get("input")
        elif kind == "ExecutionRedriven":
            self.status, self.ended_at, self.error, self.cause = RUNNING, None, None, None
        elif kind in _ENDS:
            self._end(kind, event, at)
        elif kind.endswith(ENTERED):
            name = event["stateEnteredEventDetails"]["name"]
            self.counts[name] += 1
            if not self.keeps_all:
                self.visits.clear()
            self.visits.append(Visit(name, kind.removesuffix(ENTERED), at))
        elif kind.endswith(EXITED) and self.visits:
            self.visits[-1].exited_at = at
        elif kind in _TASK_FAILURES or kind in {"MapRunFailed", "MapRunAborted"}:
            return self._fail(kind, event, at)
        elif kind in {"TaskScheduled", "TaskSucceeded"} and self.visits:
            self.visits[-1].failure = None
        return None

    def _fail(self, kind: str, event: Event, at: float) -> Failure | None:
        details = event.get(f"{kind[0].lower()}{kind[1:]}EventDetails", {})
        if kind == "TaskTimedOut" and _WAITS_FOR_TOKEN in details.get("resource", ""):
            return None  # no event has ended the wait early
        failure = Failure(details.get("error", kind), details.get("cause", ""), at)
        if self.visits:
            self.visits[-1].failure = failure
            self.failed[self.visits[-1].state_name] += 1
        return failure

    def _end(self, kind: str, event: Event, at: float) -> None:
        details = event.get(f"{kind[0].lower()}{kind[1:]}EventDetails", {})
        self.status, self.ended_at = _ENDS[kind], at
        self.output = details.get("output")
        self.error, self.cause = details.get("error"), details.get("cause")
        current = self.current
        if current is not None:
            current.exited_at = at
            if self.error is not None and current.failure is None and self.status == "FAILED":
                current.failure = Failure(self.error, self.cause or "", at)
                self.failed[current.state_name] += 1


def payload_of(event: Event) -> Mapping[str, Any] | None:
    """Return what a function returned, None for any other event."""
    details = event.get("taskSucceededEventDetails")
    if details is None or details.get("resource") != _INVOKE or "output" not in details:
        return None
    payload = json.loads(details["output"]).get("Payload")
    return payload if isinstance(payload, dict) else None


def is_published(event: Event) -> bool:
    """Return whether an event is that of an outcome which the event bus took."""
    return bool(event.get("taskSucceededEventDetails", {}).get("resource") == _PUT_EVENTS)


def is_wake(event: Event) -> bool:
    """Return whether an event has ended a wait with a task token early."""
    details = event.get("taskSucceededEventDetails", {})
    return _WAITS_FOR_TOKEN in details.get("resource", "")
