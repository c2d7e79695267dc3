"""A pure model in simulated time: locked, advanced before each use and when a change is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from localcloud.simulators.world_time import WorldTime


class Advancing(Protocol):
    """A model that changes over time; times are world seconds."""

    def advance(self, now: float) -> None:
        """Make the changes that are due by now."""

    def next_due(self) -> float | None:
        """Return when the next change is due, None if there is none."""


Model = TypeVar("Model", bound=Advancing)


class SharedModel(Generic[Model]):
    """The only access to a model that several threads share."""

    def __init__(
        self,
        model: Model,
        time: WorldTime,
        *,
        after_advance: Callable[[], None] = lambda: None,
    ) -> None:
        self._model = model
        self._time = time
        self._after_advance = after_advance
        self._lock = threading.Lock()
        self._wake_at: float | None = None

    @contextmanager
    def now(self) -> Iterator[tuple[Model, float]]:
        """Lock the model and yield it, advanced to the world second that is yielded with it."""
        with self._lock:
            now = self._time.seconds()
            self._model.advance(now)
            try:
                yield self._model, now
            finally:
                self._schedule()

    def wake(self) -> None:
        """Advance the model, then call `after_advance` without the lock."""
        with self._lock:
            self._wake_at = None
        with self.now():
            pass
        self._after_advance()

    def _schedule(self) -> None:
        due = self._model.next_due()
        if due is not None and due != self._wake_at and self._time.begun:
            self._wake_at = due
            self._time.at(due, type(self._model).__name__, self.wake)
