"""A bounded number of threads for calls that block, such as those of boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

Value = TypeVar("Value")

THREADS: Final = 16


class Threads:
    """At most so many calls at a time; further ones wait."""

    def __init__(self, count: int = THREADS) -> None:
        self._limiter = CapacityLimiter(count)

    async def run(self, function: Callable[[], Value]) -> Value:
        """Return what a function returns, called on a thread; who is cancelled does not wait."""
        return await to_thread.run_sync(function, limiter=self._limiter, abandon_on_cancel=True)
