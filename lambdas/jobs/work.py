"""The unit of work that one child execution is given, of any kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from lambdas.jobs.memo import Memo
from lambdas.jobs.resource_result import Entry
from lambdas.shared.model import Internal


class Work(Internal, ABC):
    """The unit of work that one child execution is given; each kind has one of its own.

    Attributes:
        kind: the name of its kind in the registry.
        key: which of the plan's units of work it is.
        job_label: which of the request's jobs it is of, as `stage.job`.
        settled: what became of its resources that have ended.
    """

    kind: str
    key: str
    job_label: str = ""
    settled: tuple[Entry, ...] = ()
    memo: Memo = Memo()

    @abstractmethod
    def fail_all(self, *, reason: str, message: str, now: float) -> Self:
        """Settle every resource that is open as failed, at `now` in epoch seconds."""

    @property
    def only_watches(self) -> bool:
        """Whether it changes nothing, so that it may grow as old as it likes."""
        return False

    @property
    def queued_for_room_since(self) -> float | None:
        """Epoch seconds since when it has waited for room, None where it does not."""
        return None

    def with_key(self, key: str) -> Self:
        """Return the same work under a key of its plan."""
        return self.model_copy(update={"key": key})

    def begun(self, now: float) -> Self:
        """Return the work as its stage begins, at `now` in epoch seconds."""
        return self.model_copy(update={"memo": Memo(started_at=now)})
