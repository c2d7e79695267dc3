"""What to do about a snapshot, for every status.

Sources: DBSnapshot and DBClusterSnapshot of botocore's rds model, whose Status is a free string,
and the statuses that its waiters name; RDS API reference, DeleteDBSnapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from lambdas.jobs.databases import Database
from lambdas.jobs.phases import Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.shared.limits import OUTLIVES_EXECUTION_SECONDS, RETRIES_WHEN_THROTTLED
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.work import SnapshotWork

MAX_CALLS: Final = 6
"""Consecutive creations or deletions without an effect."""

MAX_THROTTLES: Final = RETRIES_WHEN_THROTTLED
"""Consecutive throttled creations or deletions."""


class SnapshotStatus(StrEnum):
    """The statuses of a snapshot in AWS's words."""

    CREATING = "creating"
    COPYING = "copying"
    MODIFYING = "modifying"
    REBOOTING = "rebooting"
    AVAILABLE = "available"
    FAILED = "failed"
    INCOMPATIBLE_RESTORE = "incompatible-restore"
    INCOMPATIBLE_PARAMETERS = "incompatible-parameters"
    DELETING = "deleting"
    DELETED = "deleted"


class Snapshot(NamedTuple):
    """A snapshot as RDS returns it.

    Attributes:
        owner: the value of its owner tag; None if it has no such tag.
        created_at: epoch seconds; None until it is available.
    """

    snapshot_id: str
    database: Database
    status: str
    owner: str | None
    percent: int | None = None
    created_at: float | None = None
    engine: str | None = None
    allocated_gb: int | None = None


class Create(NamedTuple):
    """Call CreateDBSnapshot, or its variant for clusters."""


class Delete(NamedTuple):
    """Call DeleteDBSnapshot, or its variant for clusters."""


class Watch(NamedTuple):
    """Wait, and poll again."""


class Reached(NamedTuple):
    """The target is true."""

    reason: Reason


class Refuse(NamedTuple):
    """The target cannot become true any more."""

    reason: Reason
    why: str


Decision = Create | Delete | Watch | Reached | Refuse


class Meaning(Enum):
    """What a status means for a target."""

    WAIT = "it changes by itself"
    REACHED = "the target is true"
    DELETABLE = "it can be deleted"
    FAILED = "it will never be available"
    DISAPPEARING = "another caller deletes it"


_BROKEN: Final = (
    SnapshotStatus.FAILED,
    SnapshotStatus.INCOMPATIBLE_RESTORE,
    SnapshotStatus.INCOMPATIBLE_PARAMETERS,
)
_CHANGING: Final = (
    SnapshotStatus.CREATING,
    SnapshotStatus.COPYING,
    SnapshotStatus.MODIFYING,
    SnapshotStatus.REBOOTING,
)

MEANINGS: Final[Mapping[SnapshotTarget, Mapping[SnapshotStatus, Meaning]]] = MappingProxyType(
    {
        SnapshotTarget.AVAILABLE: dict.fromkeys(_CHANGING, Meaning.WAIT)
        | {SnapshotStatus.AVAILABLE: Meaning.REACHED}
        | dict.fromkeys(_BROKEN, Meaning.FAILED)
        | dict.fromkeys((SnapshotStatus.DELETING, SnapshotStatus.DELETED), Meaning.DISAPPEARING),
        SnapshotTarget.DELETED: dict.fromkeys(_CHANGING, Meaning.WAIT)
        | dict.fromkeys((SnapshotStatus.AVAILABLE, *_BROKEN), Meaning.DELETABLE)
        | {SnapshotStatus.DELETING: Meaning.WAIT, SnapshotStatus.DELETED: Meaning.REACHED},
    }
)


def decide(snapshot: Snapshot | None, work: SnapshotWork, *, owner: str, age: float) -> Decision:
    """Return what to do next.

    Args:
        snapshot: what RDS returns for the work's identifier, None if nothing.
        work: the snapshot's target and its progress, without this poll.
        owner: the value of the owner tag of the stack's snapshots.
        age: seconds since the work's first poll.
    """
    foreign = None if snapshot is None else _foreign(snapshot, work, owner)
    if foreign is not None:
        return Refuse(Reason.IDENTIFIER_COLLISION, foreign)
    decision = _decide(snapshot, work, age)
    if isinstance(decision, Reached | Refuse):
        return decision
    if age >= work.deadline_seconds:
        late = f"not {work.target} after {work.deadline_seconds} s"
        return Refuse(Reason.DEADLINE_EXCEEDED, late)
    if isinstance(decision, Create | Delete) and work.progress.calls > MAX_CALLS:
        return Refuse(Reason.NO_ANSWER, f"{work.progress.calls} calls in a row had no effect")
    if work.progress.unexplained_polls >= MAX_UNEXPLAINED_POLLS and is_unexplained(snapshot, work):
        return _refuse_unexplained(snapshot, work)
    return decision


def is_unexplained(snapshot: Snapshot | None, work: SnapshotWork) -> bool:
    """Return whether a poll is unexplained: no known status, no tag, or no snapshot any more."""
    if snapshot is None:
        return work.target is SnapshotTarget.AVAILABLE and work.progress.state is not None
    return snapshot.owner is None or snapshot.status not in set(SnapshotStatus)


def _foreign(snapshot: Snapshot, work: SnapshotWork, owner: str) -> str | None:
    """Return why a snapshot is not the one that this work is about, None if it is."""
    if snapshot.database != work.database:
        return f"{work.snapshot_id} is taken by a snapshot of {snapshot.database}"
    if snapshot.owner not in (None, owner):
        return f"{work.snapshot_id} is taken by a snapshot of stack {snapshot.owner}"
    return None


def _decide(snapshot: Snapshot | None, work: SnapshotWork, age: float) -> Decision:
    if snapshot is None:
        return _without_snapshot(work, age)
    if is_unexplained(snapshot, work):
        return Watch()
    status = SnapshotStatus(snapshot.status)
    match MEANINGS[work.target][status]:
        case Meaning.WAIT:
            return Watch()
        case Meaning.REACHED:
            return Reached(Reason.TARGET_REACHED)
        case Meaning.DELETABLE:
            return Delete()
        case Meaning.FAILED:
            return Refuse(
                Reason.SNAPSHOT_FAILED, f"its status is {status}: see the events of the database"
            )
        case Meaning.DISAPPEARING:
            return Refuse(Reason.BEING_DELETED, "another caller deletes it")


def _without_snapshot(work: SnapshotWork, age: float) -> Decision:
    """Return what to do when RDS returns no snapshot."""
    if work.target is SnapshotTarget.AVAILABLE:
        return Create() if work.progress.state is None else Watch()
    if work.progress.state is not None:
        return Reached(Reason.TARGET_REACHED)
    if work.may_appear and age < OUTLIVES_EXECUTION_SECONDS:
        return Watch()
    return Reached(Reason.ALREADY_GONE)


def _refuse_unexplained(snapshot: Snapshot | None, work: SnapshotWork) -> Refuse:
    if snapshot is None:
        return Refuse(Reason.SNAPSHOT_GONE, f"RDS no longer lists {work.snapshot_id}")
    if snapshot.owner is None:
        untagged = f"{work.snapshot_id} is taken by a snapshot without this stack's tag"
        return Refuse(Reason.IDENTIFIER_COLLISION, untagged)
    why = f"{snapshot.status!r} is not a documented status of a snapshot"
    return Refuse(Reason.UNKNOWN_STATE, why)
