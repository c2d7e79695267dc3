"""Keeps a function's warm workers, and bounds how many there are."""

from __future__ import annotations

import threading
from collections.abc import Callable

from localcloud.functions.function import HostClosedError
from localcloud.functions.workers import Worker


class WorkerPool:
    """Warm workers of one function's configuration; whoever finds none waits for one."""

    def __init__(self, start: Callable[[], Worker], most: int) -> None:
        self._start = start
        self._most = most
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._starting = 0
        self._closed = False
        self._changed = threading.Condition()

    def take(self) -> tuple[Worker, bool]:
        """Return a worker for one invocation, and whether it is a new one.

        Raises HostClosedError when the pool closes meanwhile.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._idle or self._may_start())
            if self._closed:
                raise HostClosedError
            if self._idle:
                return self._idle.pop(), False
            self._starting += 1
        try:
            worker = self._start()
        except BaseException:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
            raise
        return self._registered(worker), True

    def _may_start(self) -> bool:
        return len(self._all) + self._starting < self._most

    def _registered(self, worker: Worker) -> Worker:
        with self._changed:
            self._starting -= 1
            self._all.add(worker)
            if self._closed:
                worker.end()
        return worker

    def give_back(self, worker: Worker, *, fit: bool) -> None:
        """Keep a worker for the next invocation, or end it when it is not fit for one."""
        with self._changed:
            keep = fit and not self._closed
            if keep:
                self._idle.append(worker)
            else:
                self._all.discard(worker)
            self._changed.notify()
        if not keep:
            worker.close()

    def close(self) -> None:
        """End every worker, the busy ones too."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = self._all - set(idle)
            self._all = busy
            self._changed.notify_all()
            for worker in busy:
                worker.end()
        for worker in idle:
            worker.close()
