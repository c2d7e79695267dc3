"""The times and counts that every kind of work keeps."""

from __future__ import annotations

from lambdas.shared.model import Internal


class Memo(Internal):
    """The times and counts that every kind of work keeps.

    Attributes:
        started_at: epoch seconds since when the stage of this work runs.
        looks: how many looks were taken.
    """

    started_at: float | None = None
    looks: int = 0

    def looked(self, now: float) -> Memo:
        """Count one more look, at `now` in epoch seconds."""
        started_at = now if self.started_at is None else self.started_at
        return self.model_copy(update={"started_at": started_at, "looks": self.looks + 1})

    def age(self, now: float) -> float:
        """Return the seconds since the stage of this work began."""
        return 0.0 if self.started_at is None else now - self.started_at
