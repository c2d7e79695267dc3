"""What a request would do, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from commandline.progress import short
from lambdas.campaigns.contract import CampaignJob, CampaignTarget, Select
from lambdas.exports.contract import ExportJob, ExportTarget
from lambdas.jobs.contract import Job
from lambdas.jobs.databases import Database
from lambdas.requests.contract import Request
from lambdas.snapshots.contract import SnapshotJob, SnapshotTarget

MAX_IDS_NAMED: Final = 3
"""Of a job; the others are counted."""

_VERBS: Final = MappingProxyType(
    {
        CampaignTarget.RUNNING: "start or resume",
        CampaignTarget.PAUSED: "pause",
        CampaignTarget.STOPPED: "stop",
        CampaignTarget.DELETED: "delete",
        CampaignTarget.FINISHED: "watch until they end:",
        CampaignTarget.RESTORED: "restore",
    }
)


class StageInWords(NamedTuple):
    """What one stage would do.

    Attributes:
        run: when: `on_success` or `always`.
        jobs: each in words.
    """

    run: str
    jobs: tuple[str, ...]


def in_words(request: Request) -> tuple[StageInWords, ...]:
    """Return what each stage of a request would do."""
    return tuple(
        StageInWords(stage.run, tuple(_with_id(job) for job in stage.jobs))
        for stage in request.stages
    )


def undone_on_abort(request: Request) -> Iterator[str]:
    """Yield what the clean-up undoes if the request is canceled, in words."""
    for job in (job for stage in request.stages for job in stage.jobs):
        match job:
            case CampaignJob(on_abort="restore"):
                yield f"campaigns that it has changed are restored: {_campaigns(job)}"
            case ExportJob(on_abort="cancel"):
                yield f"the export that it has started is canceled: {_source(job)}"
            case SnapshotJob(on_abort="delete"):
                yield f"the snapshot that it has created is deleted: of {job.database}"


def listed(names: Sequence[str], plural: str) -> str:
    """Return some names, and how many there are if there are more."""
    shown = ", ".join(short(name) for name in names[:MAX_IDS_NAMED])
    more = len(names) - MAX_IDS_NAMED
    return f"{len(names)} {plural}: {shown} and {more} more" if more > 0 else shown


def _with_id(job: Job) -> str:
    words = _job(job)
    return f"{words} (job {job.id})" if job.id is not None else words


def _job(job: Job) -> str:
    match job:
        case CampaignJob():
            return f"{_VERBS[job.target]} {_campaigns(job)}"
        case ExportJob(target=ExportTarget.CANCELED):
            return f"cancel the export of {_source(job)}"
        case ExportJob():
            only = f": {listed(job.export_only, 'parts')}" if job.export_only else ""
            return f"export {_source(job)}{only}"
        case SnapshotJob(target=SnapshotTarget.DELETED):
            return f"delete the snapshot of job {job.of}"
        case SnapshotJob():
            return f"create a snapshot of {job.database}"
    return f"{job.kind}: {job.target}"


def _campaigns(job: CampaignJob) -> str:
    if job.campaign_ids is not None:
        return listed(job.campaign_ids, "campaigns")
    if job.select is not None:
        return (
            f"the campaigns with {', '.join(_selected(job.select))}; at most {job.select.at_most}"
        )
    return f"the campaigns of job {job.of}"


def _selected(select: Select) -> Iterator[str]:
    if select.instance_id is not None:
        yield f"instance {select.instance_id}"
    if select.states is not None:
        yield f"state {' or '.join(select.states)}"
    if select.name_prefix is not None:
        yield f"a name that begins with {short(select.name_prefix)}"
    if select.tags is not None:
        yield f"tags {listed([f'{key}={value}' for key, value in select.tags.items()], 'tags')}"


def _source(job: ExportJob) -> str:
    if job.source_arn is not None:
        return short(job.source_arn)
    source = job.source
    assert source is not None, "a job without either is rejected"
    if source.of is not None:
        return f"the snapshot of job {source.of}"
    if source.snapshot_arn is not None:
        return short(source.snapshot_arn)
    database = Database(db_instance=source.db_instance, db_cluster=source.db_cluster)
    return f"the newest snapshot of {database}"
