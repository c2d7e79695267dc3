"""A bounded number of threads for calls that block, such as those of boto3."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, TypeVar

Value = TypeVar("Value")

THREADS: Final = 8


class Threads:
    """Unlike those of `concurrent.futures`, threads that the end of the process does not wait for.

    A call to AWS may take a minute to fail; Ctrl-C must not.
    """

    def __init__(self, count: int = THREADS) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._serve, daemon=True, name=f"page-{number}").start()

    async def run(self, function: Callable[[], Value]) -> Value:
        """Return what a function returns, called on one of the threads."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Value] = loop.create_future()

        def finish(value: Value | None, error: BaseException | None) -> None:
            if done.done():  # nobody waits any more
                return
            if error is None:
                done.set_result(value)  # type: ignore[arg-type]
            else:
                done.set_exception(error)

        def call() -> None:
            value, failure = None, None
            try:
                value = function()
            except Exception as error:
                failure = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish, value, failure)

        self._work.put(call)
        return await done

    def _serve(self) -> None:
        while True:
            self._work.get()()
