"""Resolving a job: from what it asks for to its units of work, when its stage begins."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.jobs.work import Work
from lambdas.shared.texts import shorten, timestamp


class Context(NamedTuple):
    """What is known when a stage begins.

    Attributes:
        execution_arn: of the request.
        entries: the results of all earlier stages.
        now: epoch seconds.
        at_most: how many resources of the job's kind it may have.
        until: when the last call may begin, in epoch seconds.
        dry_run: whether nothing is to be changed, so that earlier stages have changed nothing.
    """

    execution_arn: str
    entries: tuple[Entry, ...]
    now: float
    at_most: int
    until: float = inf
    dry_run: bool = False

    def planned(self, kind: str) -> tuple[Entry, ...]:
        """Return the results of earlier stages of a dry run, of a kind."""
        entries = (entry for entry in self.entries if entry.kind == kind)
        return tuple(entry for entry in entries if entry.phase is Phase.PLANNED)


class Resolved(NamedTuple):
    """A job that is resolved.

    Attributes:
        work: its units of work.
        entries: the results that are known already.
        would_fail: whether one of them would be a failure if this were no dry run.
    """

    work: tuple[Work, ...] = ()
    entries: tuple[Entry, ...] = ()
    would_fail: bool = False

    def as_dry_run(self) -> Resolved:
        """Return the same for a dry run, in which these results need no call."""
        would_fail = any(entry.phase is Phase.FAILED for entry in self.entries)
        planned = tuple(entry.planned() for entry in self.entries)
        return self._replace(entries=planned, would_fail=would_fail)


def entry_of_job(
    label: str,
    *,
    kind: str,
    target: str,
    phase: EndPhase,
    reason: str,
    message: str,
    now: float,
    details: dict[str, Any] | None = None,
) -> Entry:
    """Return the result of a job that has no resources; its label stands for them.

    Args:
        label: what the outcome calls the job.
        kind: of the job.
        target: of the job.
        phase: COMPLETE or FAILED.
        reason: one of `Reason`, or the name of an error.
        message: likewise, for people.
        now: epoch seconds.
        details: of its kind.
    """
    return Entry(
        job=label,
        kind=kind,
        id=label,
        target=target,
        initial_state=None,
        final_state=None,
        phase=phase,
        reason=reason,
        message=shorten(message),
        details=details or {},
        polls=0,
        elapsed_seconds=0,
        ended_at=timestamp(now),
    )
