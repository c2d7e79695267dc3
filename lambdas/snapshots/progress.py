"""The progress of a snapshot, and when to poll it again."""

from __future__ import annotations

from math import ceil

from lambdas.jobs import cadence
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.texts import timestamp
from lambdas.snapshots import paces
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.decisions import Snapshot, SnapshotStatus, is_unexplained
from lambdas.snapshots.wakes import snapshot_key
from lambdas.snapshots.work import SnapshotProgress, SnapshotWork
from lambdas.waiting.handles import Wake, wake


def seen(work: SnapshotWork, snapshot: Snapshot | None, now: float) -> SnapshotWork:
    """Record what RDS returned, at `now` in epoch seconds."""
    before = work.progress
    unexplained = before.unexplained_polls + 1 if is_unexplained(snapshot, work) else 0
    if snapshot is None:
        deleted = work.target is SnapshotTarget.DELETED and before.state is not None
        state = SnapshotStatus.DELETED.value if deleted else before.state
        return work.with_progress(before.replace(state=state, unexplained_polls=unexplained))
    changed = snapshot.status != before.state
    progress = before.replace(
        initial_state=_initial_state(work, snapshot),
        state=snapshot.status,
        state_since=now if changed else before.state_since,
        calls=0 if changed else before.calls,
        throttles=0 if changed else before.throttles,
        unexplained_polls=unexplained,
        busy_since=None,
    )
    details = work.details.replace(
        percent_progress=snapshot.percent,
        created_at=timestamp(snapshot.created_at) if snapshot.created_at else None,
        engine=snapshot.engine,
        allocated_gb=snapshot.allocated_gb,
    )
    return work.with_progress(progress).with_details(details)


def _initial_state(work: SnapshotWork, snapshot: Snapshot) -> str | None:
    """Return the status before anything was done; what a job creates itself had none."""
    if work.target is SnapshotTarget.DELETED and work.polling.polls == 1:
        return work.progress.initial_state or snapshot.status
    return work.progress.initial_state


def called(progress: SnapshotProgress) -> SnapshotProgress:
    """Count a call, before RDS's response can be lost."""
    return progress.replace(
        called=True,
        calls=progress.calls + 1,
        throttles=0,
        busy_since=None,
    )


def throttled(progress: SnapshotProgress) -> SnapshotProgress:
    """Count a throttled call."""
    return progress.replace(throttles=progress.throttles + 1)


def busy(progress: SnapshotProgress, now: float) -> SnapshotProgress:
    """Record since when (epoch seconds) the database has not been available."""
    return progress.replace(
        called=True,
        busy_since=progress.busy_since or now,
        calls=0,
        throttles=0,
    )


def shown(work: SnapshotWork) -> tuple[object, ...]:
    """Return what changes when a snapshot makes progress: its status and its percentage."""
    return work.progress.state, work.details.percent_progress


def phase_of(work: SnapshotWork) -> Phase:
    """Return the phase of a snapshot that has not ended."""
    if work.progress.busy_since is not None:
        return Phase.QUEUED
    deleting = work.target is SnapshotTarget.DELETED and work.progress.called
    return Phase.DELETING if deleting else Phase.IN_PROGRESS


def message_of(work: SnapshotWork, reason: Reason) -> str:
    """Return the message about a target that is reached."""
    if reason is Reason.ALREADY_GONE:
        return f"there is no snapshot {work.snapshot_id}"
    is_what = "deleted" if work.target is SnapshotTarget.DELETED else "available"
    return f"snapshot {work.snapshot_id} is {is_what}"


def wake_of(work: SnapshotWork, now: float, wait: int) -> Wake | None:
    """Return what ends a wait early; None if there is no event of what it waits for."""
    progress = work.progress
    arn = work.details.snapshot_arn
    if arn is None or progress.state is None or progress.busy_since is not None:
        return None
    if work.database.is_cluster and progress.state == SnapshotStatus.DELETING:
        return None
    return wake(snapshot_key(arn), work.polling.started_at or now, now, wait)


def wait_seconds(work: SnapshotWork, now: float, jitter: float) -> int:
    """Return whole seconds until the next poll; `now` in epoch seconds."""
    until_deadline = ceil(work.deadline_seconds - work.polling.age(now))
    return min(max(1, until_deadline), _poll_seconds(work, now, jitter))


def _poll_seconds(work: SnapshotWork, now: float, jitter: float) -> int:
    progress = work.progress
    if progress.throttles:
        return max(1, round(cadence.throttled_seconds(progress.throttles, jitter)))
    if progress.busy_since is not None:
        return cadence.wait_seconds(paces.BUSY, now - progress.busy_since, jitter)
    if progress.calls:
        pace = cadence.backed_off(cadence.CONFIRM, progress.calls)
        return cadence.wait_seconds(pace, 0, jitter)
    since = now - progress.state_since if progress.state_since else work.polling.age(now)
    match progress.state:
        case SnapshotStatus.CREATING:
            return cadence.wait_seconds(paces.CREATING, since, jitter)
        case SnapshotStatus.DELETING:
            return cadence.wait_seconds(paces.DELETING, since, jitter)
        case _:
            return cadence.wait_seconds(cadence.CONFIRM, since, jitter)
