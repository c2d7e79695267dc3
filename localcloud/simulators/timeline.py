"""One thread that runs callbacks at simulated times."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

from localcloud.clock import SimulatedClock

_logger = logging.getLogger(__name__)


class Timeline:
    """A context manager; callbacks run one after another, in order of their times."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._entries: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="timeline")

    def __enter__(self) -> Timeline:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)  # a callback may hang on a subscriber that is gone already

    def at(self, moment: float, callback: Callable[[], None]) -> None:
        """Run a callback at a moment in simulated epoch seconds; at once if it has passed."""
        with self._changed:
            heapq.heappush(self._entries, (moment, next(self._numbers), callback))
            self._changed.notify()

    def _run(self) -> None:
        while (callback := self._next()) is not None:
            try:
                callback()
            except Exception:
                # A broken callback must not stop time for all the others.
                _logger.exception("a callback of the timeline failed")

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._closed:
                if not self._entries:
                    self._changed.wait()
                    continue
                ahead = self._entries[0][0] - self._clock.now()
                if ahead <= 0:
                    return heapq.heappop(self._entries)[2]
                self._changed.wait(min(self._clock.real_seconds(ahead), threading.TIMEOUT_MAX))
            return None
