"""The token bucket that AWS documents for API throttling: a rate and a burst."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

_ROUNDING: Final = 1e-6
"""The rounding error of epoch seconds: a call that comes exactly in time gets its token."""


class TokenBucket:
    """A bucket that starts full and refills at `rate` tokens per second of the given clock."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._filled_at = now()

    def take(self) -> bool:
        """Take one token; return False if there is none."""
        with self._lock:
            now = self._now()
            filled = self._tokens + max(0.0, now - self._filled_at) * self._rate
            self._tokens = min(float(self._burst), filled)
            self._filled_at = now
            if self._tokens < 1 - _ROUNDING:
                return False
            self._tokens -= 1
            return True
