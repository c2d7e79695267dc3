"""Keeps a function's warm workers."""

from __future__ import annotations

import threading
from collections.abc import Callable

from localcloud.functions.function import HostClosedError
from localcloud.functions.workers import Worker


class WorkerPool:
    """Warm workers of one function's configuration; a new one is started when none is idle."""

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._closed = False
        self._lock = threading.Lock()

    def take(self) -> tuple[Worker, bool]:
        """Return a worker for one invocation, and whether it is a new one.

        Raises HostClosedError when the pool is closed.
        """
        with self._lock:
            if self._closed:
                raise HostClosedError
            if self._idle:
                return self._idle.pop(), False
        worker = self._start()
        with self._lock:
            self._all.add(worker)
            if self._closed:
                worker.end()
        return worker, True

    def release(self, worker: Worker, *, reusable: bool) -> None:
        """Keep a worker for the next invocation, or end it if it is not reusable."""
        with self._lock:
            keep = reusable and not self._closed
            if keep:
                self._idle.append(worker)
            else:
                self._all.discard(worker)
        if not keep:
            worker.close()

    def close(self) -> None:
        """End every worker, including the busy ones."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = self._all - set(idle)
            self._all = busy
            for worker in busy:
                worker.end()
        for worker in idle:
            worker.close()
