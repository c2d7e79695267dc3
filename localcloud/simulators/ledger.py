"""A record of every call to the simulators and every change of a resource's state."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from localcloud.simulators.errors import THROTTLES
from localcloud.world import CAMPAIGN_MUTATIONS


@dataclass(frozen=True)
class Call:
    """One call that reached a simulator.

    Attributes:
        at_s: its arrival, in simulated seconds since the beginning.
        resources: the campaign ids, or the export id and source ARN, that it names.
        answer: None for a result, else an error code or lost_response.
        illegal: whether it was refused because of the resource's state.
        took_effect: whether the operation was performed, whatever the response.
        execution_arn: of the request or clean-up whose function called, None if it is unknown.
    """

    operation: str
    at_s: float
    resources: tuple[str, ...]
    answer: str | None
    illegal: bool
    took_effect: bool
    execution_arn: str | None = None


@dataclass(frozen=True)
class Change:
    """A resource's new state, as of a second since the beginning."""

    at_s: float
    resource: str
    state: str


@dataclass(frozen=True)
class Mutations:
    """The accepted campaign mutations; the times are None when there was none."""

    count: int
    first_at_s: float | None
    last_at_s: float | None


class Watcher(Protocol):
    """Who watches calls while they are served."""

    def before(self, operation: str) -> None:
        """A call has arrived, and has changed nothing yet.

        Raises LostResponse: it is lost.
        """

    def after(self, call: Call) -> None:
        """A call has been served, and its response not yet sent.

        Raises LostResponse: the response is lost.
        """


class Ledger:
    """Thread-safe; it records nothing before it begins.

    Attributes:
        watcher: who watches the calls that are recorded; nobody at first.
    """

    def __init__(self) -> None:
        self.watcher: Watcher | None = None
        self._begun = False
        self._lock = threading.Lock()
        self._timeline: list[Call | Change] = []
        self._states: dict[str, list[tuple[float, str]]] = {}
        self._max_concurrent_exports = 0

    def begin(self) -> None:
        """Record from now on."""
        self._begun = True

    def announce_call(self, operation: str) -> None:
        """Have the watcher know of a call that is about to be served."""
        if self._begun and self.watcher is not None:
            self.watcher.before(operation)

    def record_call(self, call: Call) -> None:
        """Add a call."""
        if self._begun:
            with self._lock:
                self._timeline.append(call)
            if self.watcher is not None:
                self.watcher.after(call)

    def record_state(self, at_s: float, resource: str, state: str) -> None:
        """Add a resource's new state, as of a second since the beginning."""
        if self._begun:
            with self._lock:
                self._states.setdefault(resource, []).append((at_s, state))
                self._timeline.append(Change(at_s, resource, state))

    def record_concurrent_exports(self, count: int) -> None:
        """Note how many exports take a slot at this moment."""
        if self._begun:
            with self._lock:
                self._max_concurrent_exports = max(self._max_concurrent_exports, count)

    @property
    def records(self) -> tuple[Call, ...]:
        """Every call, in the order of the responses."""
        return tuple(entry for entry in self.timeline if isinstance(entry, Call))

    @property
    def timeline(self) -> tuple[Call | Change, ...]:
        """Every call and every change, in the order in which they were recorded.

        The changes that a call made come before it.
        """
        with self._lock:
            return tuple(self._timeline)

    @property
    def calls(self) -> dict[str, int]:
        """Calls by operation."""
        return self._count(lambda _: True)

    @property
    def throttled(self) -> dict[str, int]:
        """Throttled calls, by operation."""
        return self._count(lambda call: call.answer in THROTTLES)

    @property
    def illegal(self) -> dict[str, int]:
        """Calls that were refused because of the resource's state, by operation."""
        return self._count(lambda call: call.illegal)

    @property
    def exports_started(self) -> int:
        """Exports started by calls."""
        return self._count(lambda call: call.took_effect).get("StartExportTask", 0)

    @property
    def max_concurrent_exports(self) -> int:
        """The most exports that took a slot at one moment, including those of the world file."""
        with self._lock:
            return self._max_concurrent_exports

    @property
    def mutations(self) -> Mutations:
        """Accepted Start, Pause, Resume, Stop and DeleteCampaign calls."""
        times = [
            call.at_s
            for call in self.records
            if call.operation in CAMPAIGN_MUTATIONS and call.took_effect
        ]
        return Mutations(len(times), min(times, default=None), max(times, default=None))

    @property
    def states(self) -> dict[str, tuple[tuple[float, str], ...]]:
        """Per campaign id or source ARN its states as (second since the beginning, state).

        What a resource was at the beginning comes first, at second 0.
        """
        with self._lock:
            return {resource: tuple(changes) for resource, changes in self._states.items()}

    def _count(self, counted: Callable[[Call], bool]) -> dict[str, int]:
        return dict(Counter(call.operation for call in self.records if counted(call)))
