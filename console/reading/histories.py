"""Histories, read once: a running one only grows, and one that has ended is kept for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, Protocol, TypeVar

from console.aws import STEP_FUNCTIONS, Aws, QuotaSpent
from console.reading.visits import RUNNING, Event, Visits
from lambdas.jobs.history import PASS_EVENTS

PER_PAGE: Final = 1_000
"""Source: Step Functions API reference, GetExecutionHistory, maxResults."""

NEW_EVENTS: Final = PASS_EVENTS
"""How many of the latest events are read to find those that are new."""

MAX_KEPT: Final = 500
"""Histories; those that were not asked for longest are forgotten."""


class History(Protocol):
    """What is made of a history's events."""

    @property
    def visits(self) -> Visits:
        """The states of the execution."""

    def apply(self, event: Event) -> None:
        """Add the next event."""


H = TypeVar("H", bound=History)


class _Kept(Generic[H]):
    """A history, and whether it is being read."""

    def __init__(self, history: H) -> None:
        self.history = history
        self.lock = threading.Lock()
        self.next_token: str | None = None
        self.read_at = 0.0


class Histories(Generic[H]):
    """The histories of executions of one sort. Safe to use from several threads."""

    def __init__(self, aws: Aws, begin: Callable[[str], H]) -> None:
        """Prepare; `begin` makes an empty history of an execution's ARN."""
        self._aws = aws
        self._begin = begin
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept[H]] = {}

    def known(self, execution_arn: str) -> H | None:
        """Return a history as it was last read, None if it never was."""
        with self._lock:
            kept = self._kept.get(execution_arn)
        return kept.history if kept is not None and kept.history.visits.last_id else None

    def read(self, execution_arn: str) -> tuple[H, bool]:
        """Return a history, and whether it is up to date; it is not if the quota is spent.

        Raises:
            NotThere: there is no such execution, or not yet.
            QuotaSpent: nothing is known of it.
        """
        with self._lock:
            kept = self._kept.pop(execution_arn, None) or _Kept(self._begin(execution_arn))
            self._kept[execution_arn] = kept  # now the last one to be forgotten
            while len(self._kept) > MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))
        with kept.lock:
            kept.read_at = time.monotonic()
            visits = kept.history.visits
            if visits.status != RUNNING:
                return kept.history, True
            try:
                events = self._rest(execution_arn, kept) if self._is_partial(kept) else None
                for event in events or self._new(execution_arn, visits.last_id):
                    kept.history.apply(event)
            except QuotaSpent:
                if not visits.last_id:
                    raise
                return kept.history, False
            return kept.history, True

    def read_at(self, execution_arn: str) -> float:
        """Return when a history was last read, for comparison."""
        with self._lock:
            kept = self._kept.get(execution_arn)
        return kept.read_at if kept is not None else 0.0

    def forget(self, execution_arn: str) -> None:
        """Forget a history that has ended and was redriven."""
        with self._lock:
            self._kept.pop(execution_arn, None)

    def _is_partial(self, kept: _Kept[H]) -> bool:
        """Whether it was never read to its end."""
        return kept.history.visits.last_id == 0 or kept.next_token is not None

    def _rest(self, execution_arn: str, kept: _Kept[H]) -> Iterator[Event]:
        """Yield the events from the beginning, or from where reading had to stop."""
        while True:
            token = {} if kept.next_token is None else {"nextToken": kept.next_token}
            page = self._page(execution_arn, maxResults=PER_PAGE, **token)
            yield from page["events"]
            kept.next_token = page.get("nextToken")
            if kept.next_token is None:
                return

    def _new(self, execution_arn: str, last_id: int) -> list[Event]:
        """Return the events after one, in order.

        Ids have no gaps, so the first page says how many there are. Events hold whole payloads:
        few are read as long as few are new.
        """
        size = NEW_EVENTS
        page = self._page(execution_arn, maxResults=size, reverseOrder=True)
        number = page["events"][0]["id"] - last_id
        if number > len(page["events"]):
            size = min(number, PER_PAGE)
            page = self._page(execution_arn, maxResults=size, reverseOrder=True)
        found: list[Event] = list(page["events"])
        while found[-1]["id"] > last_id + 1 and page.get("nextToken"):
            page = self._page(
                execution_arn, maxResults=size, reverseOrder=True, nextToken=page["nextToken"]
            )
            found += page["events"]
        return [event for event in reversed(found) if event["id"] > last_id]

    def _page(self, execution_arn: str, **parameters: object) -> dict[str, Any]:
        return self._aws.call(
            STEP_FUNCTIONS, "GetExecutionHistory", executionArn=execution_arn, **parameters
        )
