"""From a snapshot job that names an earlier one to the work that deletes its snapshot."""

from __future__ import annotations

from lambdas.jobs.databases import Database
from lambdas.jobs.phases import Phase
from lambdas.jobs.resolution import Context, Resolved
from lambdas.snapshots.contract import SnapshotJob
from lambdas.snapshots.identifier import identifier
from lambdas.snapshots.work import deletion


def resolve(job: SnapshotJob, key: str, context: Context) -> Resolved:
    """Return the work of a job with target DELETED.

    The identifier is found again rather than read: an earlier job that failed may have a snapshot
    nevertheless, whose creation continues or whose response was lost.
    """
    of = next(entry for entry in context.entries if entry.job == job.of)
    database = Database.model_validate(of.details["database"])
    snapshot_id = identifier(context.execution_arn, of.job, database)
    work = deletion(context.execution_arn, job.label(key), snapshot_id, database)
    work = work.with_key(f"{key}.0").replace(
        deadline_seconds=job.deadline_seconds, may_appear=of.phase is Phase.FAILED
    )
    return Resolved(work=(work,))
