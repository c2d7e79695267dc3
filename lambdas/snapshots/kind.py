"""The kind of snapshots, for the registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambdas.jobs.kind import Calls, Kind, Limit
from lambdas.jobs.loop import Loop, OneResource, Wait
from lambdas.shared.limits import MAX_SNAPSHOTS_PER_REQUEST
from lambdas.snapshots import paces
from lambdas.snapshots.contract import SnapshotJob, SnapshotTarget, check_of
from lambdas.snapshots.work import SnapshotDetails, SnapshotWork


def _plan(job: SnapshotJob, key: str) -> Iterator[SnapshotWork]:
    yield SnapshotWork(
        kind=job.kind,
        key=key,
        job_label=job.label(key),
        resource_id=job.database.id,
        target=job.target,
        details=SnapshotDetails(database=job.database),
        deadline_seconds=job.deadline_seconds,
        delete_on_abort=job.on_abort == "delete",
    )


def _created(job: SnapshotJob) -> int:
    return 1 if job.target is SnapshotTarget.AVAILABLE else 0


def _is_deferred(job: SnapshotJob) -> bool:
    return job.of is not None


SNAPSHOT: Final = Kind(
    name="snapshot",
    job=SnapshotJob,
    work=SnapshotWork,
    plan=_plan,
    limit=Limit(MAX_SNAPSHOTS_PER_REQUEST, "new snapshots", _created),
    reconciler="lambdas.snapshots.reconcile_snapshot",
    loop=Loop(
        route="RouteSnapshot",
        otherwise=Wait("AwaitSnapshotEvent", "Until the snapshot is there or gone, or to poll."),
        plain_wait="AwaitNextSnapshotPoll",
    ),
    resources=OneResource(
        id=("resource_id",),
        target=("target",),
        initial_state=("progress", "initial_state"),
        final_state=("progress", "state"),
        polls=("polling", "polls"),
        details=("details",),
    ),
    paces=paces.NAMED,
    title="Snapshots",
    calls=(
        Calls(
            (
                "CreateDBSnapshot",
                "CreateDBClusterSnapshot",
                "DeleteDBSnapshot",
                "DeleteDBClusterSnapshot",
            ),
            "Snapshots created and deleted",
        ),
        Calls(("DescribeDBSnapshots", "DescribeDBClusterSnapshots"), "Reads of snapshots"),
    ),
    deferred=_is_deferred,
    check_of=check_of,
)
