"""Since when work is polled, and how often it was."""

from __future__ import annotations

from typing import Final

from lambdas.shared.model import Internal

MAX_UNEXPLAINED_POLLS: Final = 5
"""Consecutive polls of a resource that return an undocumented state, or none. After as many, it
ends."""


class Polling(Internal):
    """Since when work is polled, and how often it was; the same for every kind.

    Attributes:
        started_at: epoch seconds at which the work's stage began.
        polls: how many polls there were.
    """

    started_at: float | None = None
    polls: int = 0

    def polled(self, now: float) -> Polling:
        """Count one more poll, at `now` in epoch seconds."""
        started_at = now if self.started_at is None else self.started_at
        return self.replace(started_at=started_at, polls=self.polls + 1)

    def age(self, now: float) -> float:
        """Return the seconds since the stage of this work began."""
        return 0.0 if self.started_at is None else now - self.started_at
