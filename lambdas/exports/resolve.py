"""Which snapshot an export of an earlier job's snapshot is about."""

from __future__ import annotations

from lambdas.exports.contract import SNAPSHOT_KIND, ExportJob
from lambdas.exports.newest import AVAILABLE
from lambdas.exports.work import ExportProgress, ExportSpec, ExportWork
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resolution import Context, Resolved, entry_of_job
from lambdas.jobs.resource_result import Entry


def resolve(job: ExportJob, key: str, context: Context) -> Resolved:
    """Return the export of the snapshot that an earlier job has made or found."""
    for entry in context.entries:
        if entry.job == job.of_job and _is_there(entry, context):
            work = ExportWork(
                kind=job.kind,
                key=f"{key}.0",
                job_label=job.label(key),
                job=ExportSpec.model_validate(job.model_dump() | {"source_arn": entry.id}),
                progress=ExportProgress(snapshot_created_at=entry.details.get("created_at")),
            )
            return Resolved(work=(work,))
    failed = entry_of_job(
        job.label(key),
        kind=job.kind,
        target=job.target,
        phase=Phase.FAILED,
        reason=Reason.NO_SNAPSHOT,
        message=f"job {job.of_job} has no snapshot that is available",
        now=context.now,
        details={"source": {"of": job.of_job}, "snapshot_created_at": None},
    )
    return Resolved(entries=(failed,))


def _is_there(entry: Entry, context: Context) -> bool:
    """Return whether an entry is of a snapshot that no job has deleted since.

    In a dry run: that would be available, and that no job would have deleted.
    """
    if entry.kind != SNAPSHOT_KIND or entry.phase is Phase.FAILED:
        return False
    of_snapshot = [
        each for each in context.entries if (each.kind, each.id) == (entry.kind, entry.id)
    ]
    return of_snapshot[-1].final_state == AVAILABLE
