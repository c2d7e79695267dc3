"""What to do about a source's export, for every status of its tasks.

Sources: ExportTask of botocore's rds model, whose Status is a free string; the RDS user guide,
USER_ExportSnapshot and its Monitoring page.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from lambdas.exports.contract import SOURCE_ARN, ExportTarget
from lambdas.exports.hints import hint_for
from lambdas.exports.identifier import identifier
from lambdas.exports.work import ExportProgress, ExportSpec
from lambdas.jobs.phases import Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.shared.limits import OUTLIVES_EXECUTION_SECONDS, RETRIES_WHEN_THROTTLED
from lambdas.shared.texts import with_hint

CANCEL_GRACE_SECONDS: Final = 1_800
"""How long a cancel at the deadline may take before the job ends without its result."""

MAX_REFUSALS: Final = 6
"""Consecutive starts or cancels that were neither accepted nor explained by the next poll."""

MAX_THROTTLES: Final = RETRIES_WHEN_THROTTLED
"""Consecutive throttled starts or cancels."""


class ExportStatus(StrEnum):
    """The statuses of an export task in AWS's words."""

    STARTING = "STARTING"
    IN_PROGRESS = "IN_PROGRESS"
    CANCELING = "CANCELING"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


ENDED: Final = frozenset({ExportStatus.COMPLETE, ExportStatus.FAILED, ExportStatus.CANCELED})
CANCELABLE: Final = frozenset({ExportStatus.STARTING, ExportStatus.IN_PROGRESS})


class ExportTask(NamedTuple):
    """An export task as RDS returns it; times in epoch seconds, size in GB."""

    task_id: str
    source_arn: str
    status: str
    bucket: str
    prefix: str
    export_only: tuple[str, ...] = ()
    percent: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    extracted_gb: int = 0
    failure_cause: str | None = None
    warning: str | None = None
    snapshot_at: float | None = None


class Destination(NamedTuple):
    """Where the stack's exports are written to."""

    bucket: str
    prefix: str


class Start(NamedTuple):
    """Call StartExportTask."""

    task_id: str


class Cancel(NamedTuple):
    """Call CancelExportTask for this task, which has not ended."""

    task: ExportTask


class Watch(NamedTuple):
    """Wait for this task's progress; None if RDS does not list it yet."""

    task: ExportTask | None


class TryAgain(NamedTuple):
    """This task has failed, and another one may succeed."""

    task: ExportTask


class Queue(NamedTuple):
    """Wait until no other export reads the source."""

    why: str


class Reached(NamedTuple):
    """The target is true."""

    task: ExportTask | None
    reason: Reason


class Refuse(NamedTuple):
    """The target cannot become true any more."""

    task: ExportTask | None
    reason: Reason
    why: str


Decision = Start | Cancel | Watch | TryAgain | Queue | Reached | Refuse


def task_of(decision: Decision) -> ExportTask | None:
    """Return the task that a decision is about, None if there is none yet."""
    match decision:
        case Cancel(task) | Watch(task) | TryAgain(task) | Reached(task, _) | Refuse(task, _, _):
            return task
        case Start() | Queue():
            return None


def decide(
    tasks: Sequence[ExportTask],
    job: ExportSpec,
    progress: ExportProgress,
    destination: Destination,
    *,
    began_at: float,
    age: float = 0.0,
) -> Decision:
    """Return what to do next.

    Args:
        tasks: all that RDS lists for the job's source, in any order.
        job: the source and its target.
        progress: of the export.
        destination: of the stack's exports.
        began_at: epoch seconds of the job's first poll.
        age: seconds since then.
    """
    decision = _decide(tasks, job, progress, destination, began_at)
    if _may_still_start(decision, progress, age):
        return Watch(None)
    if age >= job.deadline_seconds:
        return _past_deadline(decision, job, progress, age)
    if is_unexplained(decision) and progress.unexplained_polls >= MAX_UNEXPLAINED_POLLS:
        return _refuse_unexplained(tasks, progress)
    if isinstance(decision, Start | Cancel) and progress.refusals > MAX_REFUSALS:
        task = decision.task if isinstance(decision, Cancel) else None
        return Refuse(
            task, Reason.NO_ANSWER, f"{progress.refusals} requests in a row had no effect"
        )
    return decision


def _may_still_start(decision: Decision, progress: ExportProgress, age: float) -> bool:
    """Whether it is too early for a clean-up: RDS may not have received the start yet."""
    nothing = isinstance(decision, Reached) and decision.reason is Reason.NOTHING_TO_CANCEL
    return nothing and progress.never_adopts and age < OUTLIVES_EXECUTION_SECONDS


def _decide(
    tasks: Sequence[ExportTask],
    job: ExportSpec,
    progress: ExportProgress,
    destination: Destination,
    began_at: float,
) -> Decision:
    mine = _mine(tasks, job, progress, destination, began_at)
    if job.target is ExportTarget.CANCELED:
        return _toward_canceled(mine, progress)
    if mine is not None:
        return _toward_complete(mine, job, progress)
    if progress.task_id is not None:
        return Watch(None)
    return _begin(tasks, job, progress, destination)


def is_unexplained(decision: Decision) -> bool:
    """Return whether a poll is unexplained: an unknown status, or the task is missing."""
    if not isinstance(decision, Watch):
        return False
    return decision.task is None or decision.task.status not in set(ExportStatus)


def _mine(
    tasks: Sequence[ExportTask],
    job: ExportSpec,
    progress: ExportProgress,
    destination: Destination,
    began_at: float,
) -> ExportTask | None:
    """Return the task of this work: its own, or one that it may adopt."""
    for task in tasks:
        if task.task_id in (progress.task_id, progress.requested_task_id):
            return task
    return to_adopt(tasks, job, progress, destination, began_at)


def to_adopt(
    tasks: Sequence[ExportTask],
    job: ExportSpec,
    progress: ExportProgress,
    destination: Destination,
    began_at: float,
) -> ExportTask | None:
    """Return the task that serves the job, no matter who started it; None if there is none.

    A COMPLETE export is preferred to one that runs.
    """
    if progress.task_id is not None or progress.never_adopts:
        return None
    candidates = [task for task in tasks if _agrees(task, job, destination)]
    running = [task for task in candidates if task.status not in ENDED]
    if job.target is ExportTarget.CANCELED:
        return running[0] if running else max(candidates, key=_recency, default=None)
    complete = [
        task
        for task in candidates
        if task.status == ExportStatus.COMPLETE and _is_current(task, began_at)
    ]
    return max(complete, key=_recency, default=running[0] if running else None)


def _agrees(task: ExportTask, job: ExportSpec, destination: Destination) -> bool:
    """Whether a task is one that this job may adopt or cancel.

    One to adopt writes the same tables to the same place, and has the caller's export_id if there
    is one. One to cancel only has to write to this stack's bucket, and the job's tables if it
    names any.
    """
    same_tables = set(task.export_only) == set(job.export_only)
    if job.target is ExportTarget.CANCELED:
        return task.bucket == destination.bucket and (same_tables or not job.export_only)
    same_place = (task.bucket, task.prefix) == destination
    return same_place and same_tables and _has_export_id(task, job, destination)


def _has_export_id(task: ExportTask, job: ExportSpec, destination: Destination) -> bool:
    if job.export_id is None:
        return True
    first = _identifier(job, destination, generation=1)
    return task.task_id == first or task.task_id.startswith(f"{first}-")


def _is_current(task: ExportTask, began_at: float) -> bool:
    """Whether an export that has ended is up to date: a snapshot never changes, a cluster does."""
    match = SOURCE_ARN.fullmatch(task.source_arn)
    if match is not None and match["kind"] != "cluster":
        return True
    return task.started_at is not None and task.started_at >= began_at


def _recency(task: ExportTask) -> float:
    return task.ended_at or task.started_at or 0.0


def _past_deadline(
    decision: Decision, job: ExportSpec, progress: ExportProgress, age: float
) -> Decision:
    """Fail the job; first cancel its export, if the job says so and this work started it."""
    late = _late(job)
    if isinstance(decision, Reached | Refuse):
        return decision
    task = task_of(decision)
    if task is None or task.task_id != progress.requested_task_id or job.on_deadline != "cancel":
        return Refuse(task, Reason.DEADLINE_EXCEEDED, late)
    if task.status in CANCELABLE and progress.refusals <= MAX_REFUSALS:
        return Cancel(task)
    if task.status == ExportStatus.CANCELING and age < job.deadline_seconds + CANCEL_GRACE_SECONDS:
        return Watch(task)
    return Refuse(task, Reason.DEADLINE_EXCEEDED, f"{late}; the export is {task.status}")


def _late(job: ExportSpec) -> str:
    return f"not {job.target} after {job.deadline_seconds} s"


def _toward_complete(task: ExportTask, job: ExportSpec, progress: ExportProgress) -> Decision:
    match task.status:
        case ExportStatus.COMPLETE:
            return Reached(task, Reason.TARGET_REACHED)
        case ExportStatus.FAILED:
            cause = task.failure_cause or "RDS returned no cause"
            needs_a_person = hint_for(cause) is not None
            if not needs_a_person and len(progress.failed) + 1 < job.max_attempts:
                return TryAgain(task)
            return Refuse(task, Reason.EXPORT_FAILED, with_hint(cause, hint_for(cause)))
        case ExportStatus.CANCELED if progress.cancel_requested:
            return Refuse(task, Reason.DEADLINE_EXCEEDED, f"{_late(job)}; the export was canceled")
        case ExportStatus.CANCELED:
            return Refuse(task, Reason.EXPORT_CANCELED, "someone canceled the export")
        case _:
            return Watch(task)


def _toward_canceled(task: ExportTask | None, progress: ExportProgress) -> Decision:
    if task is None and progress.task_id is None:
        return Reached(None, Reason.NOTHING_TO_CANCEL)
    if task is None:
        return Watch(None)
    match task.status:
        case ExportStatus.CANCELED:
            return Reached(task, Reason.TARGET_REACHED)
        case ExportStatus.COMPLETE | ExportStatus.FAILED:
            return Reached(task, Reason.FINISHED_BEFORE_CANCEL)
        case ExportStatus.STARTING | ExportStatus.IN_PROGRESS:
            return Cancel(task)
        case _:
            return Watch(task)


def _begin(
    tasks: Sequence[ExportTask],
    job: ExportSpec,
    progress: ExportProgress,
    destination: Destination,
) -> Decision:
    """Start an export, unless another one of the same source runs."""
    for task in tasks:
        if task.status not in ENDED:
            return Queue(f"{task.task_id} exports the same source")
    used = {task.task_id for task in tasks}
    generation = progress.generation
    while (task_id := _identifier(job, destination, generation)) in used:
        generation += 1
    return Start(task_id)


def _identifier(job: ExportSpec, destination: Destination, generation: int) -> str:
    return identifier(job.arn, job.export_only, destination.prefix, generation, job.export_id)


def _refuse_unexplained(tasks: Sequence[ExportTask], progress: ExportProgress) -> Decision:
    for task in tasks:
        if task.task_id == progress.task_id:
            why = f"{task.status!r} is not a documented status of an export task"
            return Refuse(task, Reason.UNKNOWN_STATE, why)
    return Refuse(None, Reason.EXPORT_VANISHED, f"RDS no longer lists {progress.task_id}")
