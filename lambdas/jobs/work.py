"""The unit of work of one child execution, of any kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import Self

from pydantic import Field

from lambdas.jobs.dry_run import Foreseen
from lambdas.jobs.phases import Phase
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
        dry_run: whether it changes nothing, and only says what it would call.
        would_fail: whether one of its resources would fail if this were no dry run.
        assumed: the states in which earlier stages of a dry run would leave its resources, by id.
    """

    kind: str
    key: str
    job_label: str = ""
    entries: tuple[Entry, ...] = ()
    polling: Polling = Polling()
    dry_run: bool = False
    would_fail: bool = False
    assumed: dict[str, str] = Field(default_factory=dict)

    @abstractmethod
    def fail_all(self, *, reason: str, message: str, now: float) -> Self:
        """Fail every resource that has no result yet, at `now` in epoch seconds."""

    @abstractmethod
    def resource_ids(self) -> Collection[str]:
        """Return the ids of its resources, as far as they are known."""

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

    def foreseeing(self, foreseen: Foreseen) -> Self:
        """Return the work after a dry run of the resource that has ended last."""
        *ended, last = self.entries
        planned = last.replace(would=foreseen.would, final_state=foreseen.state)
        would_fail = self.would_fail or foreseen.fails
        return self.replace(entries=(*ended, planned), would_fail=would_fail)

    def assumed_from(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return the states in which planned jobs would leave its resources, by id."""
        ids = self.resource_ids()
        return {
            entry.id: entry.final_state
            for entry in entries
            if entry.id in ids and entry.final_state is not None
        }

    def as_dry_run(self, earlier: Iterable[Entry]) -> Self:
        """Return the same work for a dry run.

        Args:
            earlier: the results of earlier stages, of any kind.
        """
        planned = (e for e in earlier if e.kind == self.kind and e.phase is Phase.PLANNED)
        return self.replace(dry_run=True, assumed=self.assumed_from(planned))
