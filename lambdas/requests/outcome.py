"""The outcome of a request: one entry per job and resource."""

from __future__ import annotations

from typing import Final, TypedDict

from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.requests.acceptance import Fault
from lambdas.shared.limits import MAX_CAUSE_BYTES
from lambdas.shared.model import Internal
from lambdas.shared.texts import shorten, timestamp

COMPLETED: Final = "Orchestration Completed"
"""The detail-type of the event that carries an outcome, whatever its phase."""

REQUEST_FAILED: Final = "RequestFailed"
REQUEST_REJECTED: Final = "RequestRejected"
WORKFLOW_FAILED: Final = "WorkflowFailed"
"""The error of an execution whose workflow itself failed. Not the name of the original error, which
may begin with `States.`: no state may fail with such a name. Source: Amazon States Language."""
OUTCOME_NOT_PUBLISHED: Final = "OutcomeNotPublished"
"""The error of an execution whose outcome could not be published; its clean-up tries again."""


class _Times(TypedDict):
    """The times in an outcome."""

    started_at: str
    ended_at: str
    elapsed_seconds: float


class Outcome(Internal):
    """What became of a request; the execution's output and the detail of its closing event.

    Attributes:
        phase: whether every resource reached its target.
        reason: why the request ended so, in one word.
        summary: one line: what did not reach its target, and why.
        correlation_id: the caller's, or the execution's name.
        description: the caller's, null if there is none.
        execution_arn: of the request's execution.
        started_at: ISO 8601, UTC.
        ended_at: ISO 8601, UTC.
        elapsed_seconds: from `started_at` to `ended_at`.
        resources: one entry per job and resource.
        faults: of a rejected request.
    """

    phase: EndPhase
    reason: str
    summary: str
    correlation_id: str
    description: str | None = None
    execution_arn: str
    started_at: str
    ended_at: str
    elapsed_seconds: float
    resources: tuple[Entry, ...] = ()
    faults: tuple[Fault, ...] = ()


def request_outcome(
    *,
    entries: tuple[Entry, ...],
    correlation_id: str,
    execution_arn: str,
    started_at: float,
    now: float,
    description: str | None = None,
    workflow_failed: bool = False,
    dry_run: bool = False,
    would_fail: bool = False,
) -> Outcome:
    """Return the outcome of a request that ran.

    Args:
        entries: the results of its resources.
        correlation_id: the caller's, or the execution's name.
        execution_arn: of the request's execution.
        started_at: epoch seconds.
        now: epoch seconds.
        description: the caller's.
        workflow_failed: whether the workflow itself failed, not a resource.
        dry_run: whether nothing was to be changed.
        would_fail: whether the request would fail if it were no dry run.
    """
    failed = [entry for entry in entries if entry.phase is Phase.FAILED]
    reason = WORKFLOW_FAILED if workflow_failed else REQUEST_FAILED
    summary = _summary(failed, total=len(entries))
    if dry_run and not failed:
        summary = _summary_of_dry_run(entries, would_fail=would_fail)
    reached: EndPhase = Phase.PLANNED if dry_run else Phase.COMPLETE
    return Outcome(
        phase=Phase.FAILED if failed else reached,
        reason=reason if failed or would_fail else "TargetReached",
        summary=summary,
        correlation_id=correlation_id,
        description=description,
        execution_arn=execution_arn,
        resources=entries,
        **_times(started_at, now),
    )


def ended_execution_outcome(
    *,
    entries: tuple[Entry, ...],
    correlation_id: str,
    execution_arn: str,
    started_at: float,
    ended_at: float,
    reason: str,
    message: str,
    description: str | None = None,
) -> Outcome:
    """Return the outcome of an execution that ended without one; times in epoch seconds.

    Args:
        entries: the results of its resources, as far as known.
        correlation_id: the caller's, or the execution's name.
        execution_arn: of the execution that ended.
        started_at: when it started.
        ended_at: when it ended.
        reason: such as `Reason.EXECUTION_ABORTED`, or the error's name.
        message: how it ended.
        description: the caller's.
    """
    failed = [entry for entry in entries if entry.phase is Phase.FAILED]
    return Outcome(
        phase=Phase.FAILED,
        reason=reason,
        summary=shorten(f"{message}; {_summary(failed, total=len(entries))}", MAX_CAUSE_BYTES),
        correlation_id=correlation_id,
        description=description,
        execution_arn=execution_arn,
        resources=entries,
        **_times(started_at, ended_at),
    )


def rejection(
    *,
    faults: tuple[Fault, ...],
    correlation_id: str,
    execution_arn: str,
    now: float,
    description: str | None = None,
) -> Outcome:
    """Return the outcome of a request that was rejected."""
    return Outcome(
        phase=Phase.FAILED,
        reason=REQUEST_REJECTED,
        summary=shorten(
            "; ".join(f"{fault.field} {fault.rule}" for fault in faults), MAX_CAUSE_BYTES
        ),
        correlation_id=correlation_id,
        description=description,
        execution_arn=execution_arn,
        **_times(now, now),
        faults=faults,
    )


def _times(started_at: float, ended_at: float) -> _Times:
    return {
        "started_at": timestamp(started_at),
        "ended_at": timestamp(ended_at),
        "elapsed_seconds": round(ended_at - started_at, 3),
    }


def _summary_of_dry_run(entries: tuple[Entry, ...], *, would_fail: bool) -> str:
    calls = sum(len(entry.would or ()) for entry in entries)
    changed = sum(bool(entry.would) for entry in entries)
    end = "not all would reach their targets" if would_fail else "all would reach their targets"
    return f"dry run: would make {calls} calls for {changed} of {len(entries)} resources; {end}"


def _summary(failed: list[Entry], *, total: int) -> str:
    if not failed:
        return f"{total} of {total} reached their targets"
    lines = [f"{len(failed)} of {total} did not reach their targets"]
    lines += [f"{entry.id} ({entry.target}): {entry.reason}: {entry.message}" for entry in failed]
    return shorten("; ".join(lines), MAX_CAUSE_BYTES)
