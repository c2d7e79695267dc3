"""What a request would do about a snapshot."""

from __future__ import annotations

from typing import Final

from lambdas.jobs.dry_run import Foreseen
from lambdas.jobs.phases import Reason
from lambdas.snapshots.client import create_operation, delete_operation
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.decisions import (
    Create,
    Decision,
    Delete,
    Reached,
    Refuse,
    SnapshotStatus,
    Watch,
)
from lambdas.snapshots.work import SnapshotWork

_LEFT: Final = {
    SnapshotTarget.AVAILABLE: SnapshotStatus.AVAILABLE.value,
    SnapshotTarget.DELETED: SnapshotStatus.DELETED.value,
}
"""The status in which a request leaves a snapshot, by its target."""


def foresee(decision: Decision, work: SnapshotWork) -> Foreseen:
    """Return what a request would do.

    Args:
        decision: about the snapshot as it is.
        work: the snapshot's target; `assumed` holds the status that an earlier job would leave.
    """
    left = _LEFT[work.target]
    assumed = work.assumed.get(work.resource_id)
    if assumed == SnapshotStatus.AVAILABLE and work.target is SnapshotTarget.DELETED:
        decision = Delete()
    match decision:
        case Create():
            return _calling(create_operation(work.database), left)
        case Delete():
            return _calling(delete_operation(work.database), left)
        case Watch() if work.progress.state is not None:
            message = f"waits until the snapshot is {left}"
            return Foreseen((), left, Reason.TARGET_REACHED, message)
        case Watch():
            return Foreseen((), None, Reason.ALREADY_GONE, "there is no such snapshot")
        case Reached(reason):
            return Foreseen((), work.progress.state, reason, f"is {work.target} without a call")
        case Refuse(reason, why):
            return Foreseen((), work.progress.state, reason, why, fails=True)


def _calling(operation: str, left: str) -> Foreseen:
    return Foreseen((operation,), left, Reason.TARGET_REACHED, f"would call {operation}")
