"""The unit of work of one child execution, of any kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from lambdas.jobs.polling import Polling
from lambdas.jobs.resource_result import Entry
from lambdas.shared.model import Internal


class Work(Internal, ABC):
    """The unit of work of one child execution; each kind has a subclass.

    Attributes:
        kind: the name of its kind in the registry.
        key: which of the plan's units of work it is.
        job_label: the job that it belongs to, as `stage.job`.
        entries: the results of its resources that have ended.
    """

    kind: str
    key: str
    job_label: str = ""
    entries: tuple[Entry, ...] = ()
    polling: Polling = Polling()

    @abstractmethod
    def fail_all(self, *, reason: str, message: str, now: float) -> Self:
        """Fail every resource that has no result yet, at `now` in epoch seconds."""

    @property
    def only_watches(self) -> bool:
        """Whether it changes nothing, so that its age is no sign of trouble."""
        return False

    @property
    def queued_for_room_since(self) -> float | None:
        """Epoch seconds since when it has waited for a slot or its source, None if it does not."""
        return None

    def restored_later(self) -> Self:
        """Return the same work of a job whose changes a later job of the request undoes."""
        return self

    def with_key(self, key: str) -> Self:
        """Return the same work under a key of its plan."""
        return self.replace(key=key)

    def begun(self, now: float) -> Self:
        """Return the work as its stage begins, at `now` in epoch seconds."""
        return self.replace(polling=Polling(started_at=now))
