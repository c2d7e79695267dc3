"""What a request would do about an export."""

from __future__ import annotations

from typing import Final

from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import (
    Cancel,
    Decision,
    ExportStatus,
    Queue,
    Reached,
    Refuse,
    Start,
    TryAgain,
    Watch,
)
from lambdas.exports.newest import Await, NoChoice
from lambdas.exports.progress import message_of
from lambdas.exports.work import ExportWork
from lambdas.jobs.dry_run import Foreseen
from lambdas.jobs.phases import Phase, Reason

START: Final = "StartExportTask"
CANCEL: Final = "CancelExportTask"


def foresee(decision: Decision, work: ExportWork) -> Foreseen:
    """Return what a request would do.

    Args:
        decision: about the source's tasks as they are.
        work: the export's target; `assumed` holds the status that an earlier job would leave.
    """
    wants = ExportStatus(work.job.target)
    assumed = work.assumed.get(work.job.arn)
    if assumed is not None:
        return _after(assumed, work.job.target)
    match decision:
        case Start() | Queue() | TryAgain():
            return Foreseen((START,), wants, Reason.TARGET_REACHED, f"would call {START}")
        case Cancel(task):
            message = f"would call {CANCEL} for {task.task_id}"
            return Foreseen((CANCEL,), wants, Reason.TARGET_REACHED, message)
        case Watch(task):
            message = f"waits for {task.task_id}" if task else "waits for its export"
            return Foreseen((), wants, Reason.TARGET_REACHED, message)
        case Reached(task, reason):
            message = message_of(task, reason)
            return Foreseen((), task.status if task else None, reason, message)
        case Refuse(task, reason, why):
            return Foreseen((), task.status if task else None, reason, why, fails=True)


def foresee_without_snapshot(choice: Await | NoChoice) -> Foreseen:
    """Return what a request would do that cannot choose a snapshot now."""
    match choice:
        case Await(why):
            message = f"waits for a snapshot: {why}"
            return Foreseen((START,), ExportStatus.COMPLETE, Reason.TARGET_REACHED, message)
        case NoChoice(phase, reason, why):
            return Foreseen((), None, reason, why, fails=phase is Phase.FAILED)


def _after(assumed: str, target: ExportTarget) -> Foreseen:
    """Return what a request would do about the export of an earlier job, which would have ended."""
    if target is ExportTarget.CANCELED:
        message = f"an earlier job would leave the export {assumed}"
        return Foreseen((), assumed, Reason.FINISHED_BEFORE_CANCEL, message)
    return Foreseen((), assumed, Reason.ALREADY_THERE, "an earlier job would export it")
