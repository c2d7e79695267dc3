"""The outcome of an execution that ended without one."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from lambdas.jobs.loop import OneResource
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.registry import kind_named
from lambdas.jobs.resource_result import Entry
from lambdas.requests.outcome import Outcome, ended_execution_outcome
from lambdas.requests.plan import EndedExecution, Plan, close
from lambdas.shared.texts import shorten

_REASONS: Final = MappingProxyType(
    {"ABORTED": Reason.EXECUTION_ABORTED, "TIMED_OUT": Reason.EXECUTION_TIMED_OUT}
)
_WORDS: Final = MappingProxyType(
    {"ABORTED": "the execution was aborted", "TIMED_OUT": "the execution timed out"}
)


def reason_of(status: str, error: str | None) -> str:
    """Return why an execution has no outcome; the error's name if Step Functions gave one."""
    return _REASONS.get(status) or error or Reason.EXECUTION_FAILED


def message_of(status: str, error: str | None, cause: str | None) -> str:
    """Return a message about how an execution ended."""
    words = _WORDS.get(status, "Step Functions ended the execution")
    details = ": ".join(part for part in (error, cause) if part)
    return shorten(f"{words} ({details})") if details else words


def entries_of(
    plan: Plan, results: Iterable[PassResult], *, reason: str, message: str, ended_at: float
) -> tuple[Entry, ...]:
    """Return the result of each resource of an execution that ended, as far as known.

    Args:
        plan: the last one that the execution made.
        results: the last pass of each child execution since then.
        reason: of the resources without a result.
        message: likewise.
        ended_at: epoch seconds.
    """
    by_key = {result.key: result for result in results}
    entries = list(plan.entries)
    for given in plan.running:
        entries += close(given, by_key.get(given.key), ended_at, reason=reason, message=message)
    waited = f"{message}; its stage had not begun"
    for stage in (*filter(None, (plan.resolving,)), *plan.waiting):
        entries += stage.fail_all(reason=reason, message=waited, now=ended_at)
    return tuple(entries)


def outcome_of_ended_execution(ended: EndedExecution, undone: Iterable[Entry]) -> Outcome:
    """Return the outcome of an execution after its clean-up.

    Args:
        ended: the execution.
        undone: the results of what the clean-up had to undo.
    """
    if ended.outcome is not None:
        return ended.outcome
    return ended_execution_outcome(
        entries=_after(ended, tuple(undone)),
        correlation_id=ended.trace.correlation_id,
        description=ended.trace.description,
        execution_arn=ended.trace.execution_arn,
        started_at=ended.started_at,
        ended_at=ended.ended_at,
        reason=ended.reason,
        message=ended.message,
    )


def _after(ended: EndedExecution, undone: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries of an execution with the results of the clean-up."""
    return tuple(_undone(entry, ended, undone) for entry in ended.all_entries)


def _undone(entry: Entry, ended: EndedExecution, undone: tuple[Entry, ...]) -> Entry:
    """Return an entry with the result of undoing what its job started."""
    kind = kind_named(entry.kind)
    of_kind = [by for by in undone if by.kind == entry.kind]
    of_job = [by for by in of_kind if entry.job in ended.jobs_of.get(kind.undone_by(by), ())]
    same = [by for by in of_job if kind.undone_by(by) == kind.undone_by(entry)]
    if isinstance(kind.resources, OneResource):
        # What is undone of the job of a FAILED one is about it, even if its entry does not say so.
        # A COMPLETE export can no longer be canceled, but a COMPLETE snapshot be deleted.
        undone_after_all = [by for by in same if by.reason == Reason.TARGET_REACHED]
        same = (same or of_job) if entry.phase is Phase.FAILED else undone_after_all
    if not same:
        return entry
    by = same[-1]
    return entry.replace(
        final_state=by.final_state,
        message=shorten(f"{entry.message}; in the clean-up: {by.reason}: {by.message}"),
        details=entry.details | by.details,
    )
