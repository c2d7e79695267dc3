"""How often the console may call Step Functions: a share of each quota, which callers share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, NamedTuple


class Quota(NamedTuple):
    """The quota of an operation, per account and Region.

    Attributes:
        bucket: calls at the same moment, after a pause.
        per_second: calls that are added to the bucket each second.
    """

    bucket: int
    per_second: float


QUOTAS: Final = MappingProxyType(
    {
        "ListExecutions": Quota(100, 2),
        "DescribeExecution": Quota(250, 10),
        "GetExecutionHistory": Quota(400, 20),
        "DescribeStateMachineForExecution": Quota(200, 1),
    }
)
"""Those of small Regions; large ones have more. Source: Step Functions service quotas."""

SHARE: Final = 0.5
"""Of each quota: the orchestrator's own clean-ups and other users of the account need some too."""


class Limits:
    """What is left of the quotas. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float], share: float = SHARE) -> None:
        """Begin with full buckets; the clock is in seconds."""
        self._clock = clock
        self._share = share
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, operation: str) -> bool:
        """Return whether a call may be made now, and count it if so."""
        if operation not in QUOTAS:
            return True
        with self._lock:
            left, now = self._refilled(operation)
            allowed = left >= 1
            self._left[operation] = (left - allowed, now)
            return allowed

    def share_left(self, operation: str) -> float:
        """Return how much of the console's share may be called now, from 0 to 1."""
        with self._lock:
            left, _ = self._refilled(operation)
        return left / (QUOTAS[operation].bucket * self._share)

    def pause(self, operation: str) -> float:
        """Return how many seconds to leave between calls that go on for as long as a page is open.

        While half of the share is left, none; then as many as refill what a call takes, so that
        the other half is for calls that somebody waits for.
        """
        if self.share_left(operation) > 0.5:
            return 0.0
        return 1 / (QUOTAS[operation].per_second * self._share)

    def empty(self, operation: str) -> None:
        """Record that AWS has throttled a call: others use the same quota."""
        with self._lock:
            self._left[operation] = (0.0, self._clock())

    def _refilled(self, operation: str) -> tuple[float, float]:
        now = self._clock()
        bucket, per_second = QUOTAS[operation]
        left, at = self._left.get(operation, (bucket * self._share, now))
        return min(bucket * self._share, left + (now - at) * per_second * self._share), now
