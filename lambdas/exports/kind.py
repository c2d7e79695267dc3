"""The kind of exports, for the registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambdas.exports import paces
from lambdas.exports.contract import SNAPSHOT_AVAILABLE, SNAPSHOT_KIND, ExportJob
from lambdas.exports.work import ExportSpec, ExportWork
from lambdas.jobs.contract import Job
from lambdas.jobs.kind import Calls, Kind, Limit
from lambdas.jobs.loop import Loop, OneResource, Wait
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.shared.limits import MAX_EXPORTS_PER_REQUEST


def _plan(job: ExportJob, key: str) -> Iterator[ExportWork]:
    spec = ExportSpec.model_validate(job.model_dump())
    yield ExportWork(kind=job.kind, key=key, job_label=job.label(key), job=spec)


def _is_deferred(job: ExportJob) -> bool:
    """Whether its source is the snapshot of an earlier job, whose ARN is not known yet."""
    return job.of_job is not None


def _check_of(job: ExportJob, earlier: Job) -> str | None:
    if earlier.kind == SNAPSHOT_KIND and earlier.target == SNAPSHOT_AVAILABLE:
        return None
    return (
        f"must be the id of a {SNAPSHOT_KIND} job with target {SNAPSHOT_AVAILABLE};"
        f" {job.of_job} is none"
    )


def _task_of(entry: Entry) -> str:
    return str(entry.details.get("export_task_identifier", ""))


EXPORT: Final = Kind(
    name="export",
    job=ExportJob,
    work=ExportWork,
    plan=_plan,
    limit=Limit(MAX_EXPORTS_PER_REQUEST, "exports", lambda _job: 1),
    reconciler="lambdas.exports.reconcile_export",
    loop=Loop(
        route="RouteExport",
        waits={
            Phase.PENDING: Wait(
                "AwaitSnapshot", "Until a snapshot is created, or the next poll for one."
            ),
            Phase.QUEUED: Wait("AwaitExportSlot", "No slot is free, or the source is busy."),
        },
        otherwise=Wait("AwaitExportEvent", "Until the export ends, or the next poll."),
        plain_wait="AwaitNextPoll",
    ),
    resources=OneResource(
        id=("job", "source_arn"),
        until_known=(("job", "source", "db_instance"), ("job", "source", "db_cluster")),
        target=("job", "target"),
        initial_state=("progress", "initial_state"),
        final_state=("progress", "state"),
        polls=("polling", "polls"),
        details=("progress", "details"),
    ),
    paces=paces.NAMED,
    title="Exports",
    calls=(
        Calls(("StartExportTask", "CancelExportTask", "DescribeExportTasks"), "Calls of exports"),
        Calls(("DescribeDBSnapshots", "DescribeDBClusterSnapshots")),
    ),
    undone_by=_task_of,
    deferred=_is_deferred,
    check_of=_check_of,
)
