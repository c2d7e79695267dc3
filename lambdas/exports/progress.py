"""The progress of an export, what the outcome says about it, and when to poll it again."""

from __future__ import annotations

from math import ceil

from lambdas.exports import paces
from lambdas.exports.decisions import (
    Cancel,
    Decision,
    ExportStatus,
    ExportTask,
    is_unexplained,
    task_of,
)
from lambdas.exports.details import ExportAttempt, ExportDetails
from lambdas.exports.slots import SlotWait
from lambdas.exports.wakes import (
    CLUSTER_SNAPSHOT,
    EXPORT_SLOT,
    INSTANCE_SNAPSHOT,
    source_key,
)
from lambdas.exports.work import ExportProgress, ExportWork
from lambdas.jobs import cadence
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.texts import shorten
from lambdas.waiting.handles import Wake, wake


def seen(progress: ExportProgress, decision: Decision, *, first_poll: bool) -> ExportProgress:
    """Record the task of a poll, if there was one."""
    task = task_of(decision)
    unexplained = progress.unexplained_polls + 1 if is_unexplained(decision) else 0
    if task is None:
        return progress.replace(unexplained_polls=unexplained)
    adopted = task.task_id != progress.requested_task_id
    found = task.status if first_poll and adopted else None
    return progress.replace(
        unexplained_polls=unexplained,
        initial_state=progress.initial_state or found,
        state=task.status,
        task_id=task.task_id,
        queued_since=None,
        slot=None,
        refusals=progress.refusals if isinstance(decision, Cancel) else 0,
        throttles=progress.throttles if isinstance(decision, Cancel) else 0,
        details=_details(task, progress, adopted=adopted),
    )


def queued(progress: ExportProgress, now: float, slot: SlotWait | None = None) -> ExportProgress:
    """Record since when (epoch seconds) it has been queued, for a slot or for its source."""
    since = progress.queued_since or now
    return progress.replace(queued_since=since, slot=slot, refusals=0, throttles=0)


def waiting_on(progress: ExportProgress, slot: SlotWait) -> ExportProgress:
    """Record a wait for a slot that continues."""
    return progress.replace(slot=slot)


def waiting(progress: ExportProgress, until: float) -> ExportProgress:
    """Record when a wait for a slot times out, in epoch seconds."""
    if progress.slot is None:
        return progress
    return waiting_on(progress, progress.slot.replace(poll_at=until))


def wake_of(work: ExportWork, now: float, wait: int) -> Wake:
    """Return what ends a wait early.

    The end of the source's export, or of any if it is queued; until its snapshot is chosen, the
    creation of one.
    """
    progress = work.progress
    since = work.polling.started_at or now
    if work.job.source_arn is None:
        of_cluster = work.job.source is not None and work.job.source.database.is_cluster
        return wake(CLUSTER_SNAPSHOT if of_cluster else INSTANCE_SNAPSHOT, since, now, wait)
    if progress.slot is not None:
        return wake(EXPORT_SLOT, progress.queued_since or since, now, wait)
    return wake(source_key(work.job.arn), since, now, wait)


def requested(progress: ExportProgress, task_id: str) -> ExportProgress:
    """Record the request of a task, before RDS's response can be lost."""
    return progress.replace(requested_task_id=task_id, queued_since=None, slot=None)


def already_requested(progress: ExportProgress, task_id: str) -> ExportProgress:
    """Record a start that an earlier pass made but could not return."""
    return progress.replace(requested_task_id=task_id)


def refused(progress: ExportProgress) -> ExportProgress:
    """Count a start or a cancel that was not accepted, or whose response was lost."""
    return progress.replace(refusals=progress.refusals + 1)


def throttled(progress: ExportProgress) -> ExportProgress:
    """Count a throttled start or cancel."""
    return progress.replace(throttles=progress.throttles + 1)


def cancel_requested(progress: ExportProgress) -> ExportProgress:
    """Record the request to cancel the task, before RDS's response can be lost."""
    return progress.replace(cancel_requested=True)


def tried_again(progress: ExportProgress, task: ExportTask) -> ExportProgress:
    """Record a failed task as an attempt, so that another one is started."""
    return progress.replace(
        task_id=None,
        requested_task_id=None,
        failed=(*progress.failed, _attempt(task)),
    )


def folder(task: ExportTask) -> str:
    """Return a task's folder in its bucket, with the final slash."""
    return "".join(f"{part}/" for part in (task.prefix, task.task_id) if part)


def identifier_skipped(progress: ExportProgress) -> ExportProgress:
    """Skip an identifier that is taken by a task which RDS no longer lists."""
    return progress.replace(generation=progress.generation + 1)


def pointer_failed(progress: ExportProgress) -> ExportProgress:
    """Count an attempt to replace the pointer to the export."""
    return progress.replace(pointer_failures=progress.pointer_failures + 1)


def shown(progress: ExportProgress) -> tuple[object, ...]:
    """Return what changes when an export makes progress: its status and its percentage."""
    percent = None if progress.details is None else progress.details.percent_progress
    return progress.state, percent


def phase_of(work: ExportWork) -> Phase:
    """Return the phase of an export that has not ended."""
    if work.job.source_arn is None:
        return Phase.PENDING
    return Phase.IN_PROGRESS if work.progress.queued_since is None else Phase.QUEUED


def reason_of(reason: Reason, progress: ExportProgress, *, first_poll: bool) -> Reason:
    """Distinguish a target that was true at the first poll from one that became true."""
    requested = progress.requested_task_id is not None and not progress.never_adopts
    found = first_poll and progress.task_id is None and not requested
    found = found or progress.initial_state == ExportStatus.COMPLETE
    return Reason.ALREADY_THERE if found and reason is Reason.TARGET_REACHED else reason


def message_of(task: ExportTask | None, reason: Reason) -> str:
    """Return the message about a target that is reached."""
    if task is None:
        return "no export of this source to this stack's bucket is running or has run"
    if reason is Reason.FINISHED_BEFORE_CANCEL:
        return f"export {task.task_id} had ended {task.status} before it could be canceled"
    return f"export {task.task_id} is {task.status}"


def warnings_of(task: ExportTask | None, progress: ExportProgress) -> tuple[str, ...]:
    """Return RDS's warning, because a COMPLETE export may lack tables, and that of a lost race."""
    warning = (task.warning,) if task is not None and task.warning else ()
    complete = task is not None and task.status == ExportStatus.COMPLETE
    if progress.cancel_requested and complete:
        return (*warning, "the export completed while it was being canceled")
    return warning


def wait_seconds(work: ExportWork, task: ExportTask | None, now: float, jitter: float) -> int:
    """Return whole seconds until the next poll, from the task as polled; `now` in epoch seconds."""
    age = work.polling.age(now)
    until_deadline = ceil(work.deadline_seconds - age)
    left = max(1, until_deadline) if until_deadline > 0 else round(paces.CANCELING.cap)
    return min(left, _poll_seconds(work, task, now, jitter))


def _poll_seconds(work: ExportWork, task: ExportTask | None, now: float, jitter: float) -> int:
    progress = work.progress
    if progress.throttles:
        return max(1, round(cadence.throttled_seconds(progress.throttles, jitter)))
    if failures := progress.refusals or progress.pointer_failures:
        pace = cadence.backed_off(cadence.CONFIRM, failures)
        return cadence.wait_seconds(pace, 0, jitter)
    if work.job.source_arn is None:
        return cadence.wait_seconds(paces.SNAPSHOT, work.polling.age(now), jitter)
    if progress.queued_since is not None:
        soon = progress.slot is not None and progress.slot.room_seen
        queued_for = 0.0 if soon else now - progress.queued_since
        return cadence.wait_seconds(paces.SLOT, queued_for, jitter)
    return _watch_seconds(task, progress.state, work.polling.age(now), now, jitter)


def _watch_seconds(
    task: ExportTask | None, state: str | None, age: float, now: float, jitter: float
) -> int:
    match state:
        case ExportStatus.STARTING:
            return cadence.wait_seconds(paces.STARTING, age, jitter)
        case ExportStatus.IN_PROGRESS if task is not None and task.started_at is not None:
            return paces.extraction_seconds(task.percent, now - task.started_at, jitter)
        case ExportStatus.IN_PROGRESS:
            return cadence.wait_seconds(paces.RUNNING, age, jitter)
        case ExportStatus.CANCELING:
            return cadence.wait_seconds(paces.CANCELING, age, jitter)
        case _:
            return cadence.wait_seconds(cadence.CONFIRM, age, jitter)


def _attempt(task: ExportTask) -> ExportAttempt:
    return ExportAttempt(
        export_task_identifier=task.task_id,
        status=task.status,
        failure_cause=_failure_cause(task),
    )


def _details(task: ExportTask, progress: ExportProgress, *, adopted: bool) -> ExportDetails:
    return ExportDetails(
        attempts=(*progress.failed, _attempt(task)) if progress.failed else (),
        export_task_identifier=task.task_id,
        adopted=adopted,
        s3_location=f"s3://{task.bucket}/{folder(task)}",
        percent_progress=task.percent,
        total_extracted_gb=task.extracted_gb,
        failure_cause=_failure_cause(task),
    )


def _failure_cause(task: ExportTask) -> str | None:
    return shorten(task.failure_cause) if task.failure_cause else None
