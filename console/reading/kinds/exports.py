"""How the passes of an export are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from console.reading.kinds.reader import (
    KindReader,
    a_pass_runs,
    next_poll,
    that_of_the_work,
    throttled,
)
from console.reading.observed import Happened, InWords
from console.reading.texts import counted, duration
from lambdas.exports.decisions import ExportStatus
from lambdas.exports.slots import DOCUMENTED_SLOTS
from lambdas.exports.work import ExportProgress, ExportWork


def _happened(before: ExportWork, after: ExportWork, _key: str) -> Iterator[Happened]:
    was, now = before.progress, after.progress
    if after.job.source_arn is not None and before.job.source_arn is None:
        yield Happened("poll", f"chose {after.job.source_arn}")
    for arn in now.passed_over[len(was.passed_over) :]:
        yield Happened("error", f"{arn} does not exist any more; another one is chosen")
    for attempt in now.failed[len(was.failed) :]:
        cause = attempt.failure_cause or "RDS returned no cause"
        yield Happened("error", f"{attempt.export_task_identifier} {attempt.status}: {cause}")
    if now.requested_task_id is not None and now.requested_task_id != was.requested_task_id:
        yield Happened("mutation", f"StartExportTask: {now.requested_task_id}")
    elif now.task_id is not None and was.task_id is None and _is_adopted(now):
        yield Happened(
            "handover", f"continues with export {now.task_id}, which another one started"
        )
    if now.cancel_requested and not was.cancel_requested:
        yield Happened("mutation", f"CancelExportTask: {now.task_id}")
    if now.slot is not None and was.slot is None:
        yield Happened("error", "StartExportTask refused: no slot is free")
    elif now.queued_since is not None and was.queued_since is None and now.slot is None:
        yield Happened("error", "not started: the source is busy")
    if now.throttles > was.throttles:
        yield Happened("throttle", "the call was throttled")
    if now.refusals > was.refusals:
        yield Happened("error", "the call had no effect, as far as is known")
    if now.pointer_failures > was.pointer_failures:
        yield Happened("error", "the pointer to the export was not replaced")


def _is_adopted(progress: ExportProgress) -> bool:
    return progress.details is not None and progress.details.adopted


def _throttles(before: ExportWork, after: ExportWork, _key: str) -> int:
    return max(0, after.progress.throttles - before.progress.throttles)


def _waits(_before: ExportWork, after: ExportWork, _key: str) -> InWords:
    now = after.progress
    if now.throttles:
        return throttled
    if now.pointer_failures:
        return lambda facts: f"the pointer was not replaced; tries again at {facts.until}"
    if now.refusals:
        calls = counted(now.refusals, "call")
        return lambda facts: f"no answer to {calls}; tries again at {facts.until}"
    if after.job.source_arn is None:
        return _waits_for_snapshot(after)
    if (since := now.queued_since) is not None:
        if (slot := now.slot) is None:
            return lambda facts: (
                f"waits until its source is free since {facts.at(since)};"
                f" next poll at {facts.until}"
            )
        return lambda facts: f"waits for a slot since {facts.at(since)}, {_in_use(slot.taken)}"
    if now.task_id is None and now.requested_task_id is None:
        return lambda facts: f"the snapshot is chosen; starts at {facts.until}"
    return _waits_for_end(now)


def _in_use(taken: int) -> str:
    """Say how many slots were in use when RDS refused a start; other Regions may have some."""
    if taken < DOCUMENTED_SLOTS:
        return f"{taken} of {DOCUMENTED_SLOTS} in use in this Region, and RDS starts no more"
    return f"{taken} of {taken} in use"


def _waits_for_snapshot(work: ExportWork) -> InWords:
    query = work.job.source
    name = query.name if query is not None else work.job_label
    age = query.max_age_seconds if query is not None else None
    what = f"a snapshot of {name}" + (f" younger than {duration(age)}" if age else "")
    deadline = (work.polling.started_at or 0.0) + work.deadline_seconds
    return lambda facts: f"waits for {what} until {facts.at(deadline)}; next poll at {facts.until}"


def _waits_for_end(progress: ExportProgress) -> InWords:
    percent = progress.details.percent_progress if progress.details is not None else None
    match progress.state:
        case ExportStatus.STARTING:
            return lambda facts: f"RDS prepares the export; next poll at {facts.until}"
        case ExportStatus.CANCELING:
            return lambda facts: f"cancel accepted; next poll at {facts.until}"
        case ExportStatus.IN_PROGRESS if percent is not None:
            return lambda facts: f"next poll at {facts.until}, {percent} %"
        case _:
            return next_poll


EXPORT: Final = KindReader(_happened, _waits, _throttles, that_of_the_work, a_pass_runs)
