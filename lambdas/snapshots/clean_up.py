"""The snapshots that an ended execution has left behind."""

from __future__ import annotations

from lambdas.jobs.left_behind import LeftBehind
from lambdas.shared.environment import COORDINATION_TABLE, setting
from lambdas.snapshots.created import CreatedSnapshots
from lambdas.snapshots.work import deletion


def left_behind(execution_arn: str) -> tuple[LeftBehind, ...]:
    """Return the snapshots that must not outlive an execution, with the work that deletes each.

    Raises:
        AwsError: when the table did not answer.
    """
    return tuple(
        LeftBehind({work.resource_id: (created.job,)}, work, is_undone_after_abort_only=True)
        for created in CreatedSnapshots(setting(COORDINATION_TABLE)).of(execution_arn)
        for work in [deletion(execution_arn, created.job, created.snapshot_id, created.database)]
    )
