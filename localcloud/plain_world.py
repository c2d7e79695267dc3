"""The world without a world file: everything that the requests name exists, in a plain state.

Campaigns are Running, or in the states that a request selects. Databases are available, and the
snapshots that a request asks for were created an hour ago at most. A source whose only target is
CANCELED is being exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from lambdas.campaigns.contract import CampaignTarget
from lambdas.exports.contract import ExportTarget
from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.events import input_of_event
from localcloud.functions.environment import ACCOUNT, REGION
from localcloud.world import (
    Campaign,
    Database,
    DatabaseKind,
    PresentExport,
    Snapshot,
    SnapshotType,
    World,
)

WATCHED_CAMPAIGN_ENDS_AFTER: Final = 3_600.0
"""Seconds: without it, a request with the target FINISHED would wait until its deadline."""

_SNAPSHOT_AGE: Final = 3_600.0
_SELECTED_OF_EACH_STATE: Final = 2
_ARNS: Final[Mapping[DatabaseKind, str]] = {
    "instance": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot",
    "cluster": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot",
}

Fields = Mapping[str, Any]
"""The fields of a job, or of what stands in one."""


def plain_world(requests: Sequence[object]) -> World:
    """Return the plain world of some requests.

    Args:
        requests: as they were read; those that will be rejected are ignored.
    """
    return world_of([job for request in requests for job in _jobs(request)])


def world_of(jobs: Iterable[Fields]) -> World:
    """Return the plain world of some jobs, by their fields, whatever their kinds."""
    campaigns: dict[str, Campaign] = {}
    databases: dict[tuple[DatabaseKind, str], Database] = {}
    snapshots: dict[str, Snapshot] = {}
    wanted: set[str] = set()
    for number, job in enumerate(jobs):
        for campaign in _campaigns(job, number):
            before = campaigns.get(campaign.id)
            ends = campaign.completes_after_s or (before and before.completes_after_s)
            campaigns[campaign.id] = campaign.model_copy(update={"completes_after_s": ends})
        for database in _databases(job):
            databases.setdefault((database.kind, database.id.lower()), database)
        for snapshot in _sources(job):
            snapshots.setdefault(snapshot.arn, snapshot)
            if job.get("target") == ExportTarget.COMPLETE:
                wanted.add(snapshot.arn)
    return World(
        campaigns=tuple(campaigns.values()),
        databases=tuple(databases.values()),
        snapshots=tuple(snapshots.values()),
        exports=tuple(
            PresentExport(export_id=f"running-{number}", source_arn=arn)
            for number, arn in enumerate(arn for arn in snapshots if arn not in wanted)
        ),
    )


def _jobs(request: object) -> Iterable[Fields]:
    try:
        parsed = parse(input_of_event(request, ()), region=REGION, account=ACCOUNT)
    except RequestRejected:
        return ()
    return [job.model_dump(mode="json") for stage in parsed.stages for job in stage.jobs]


def _campaigns(job: Fields, number: int) -> Iterator[Campaign]:
    """Yield the campaigns that a job names, and some that it selects."""
    ends = WATCHED_CAMPAIGN_ENDS_AFTER if job.get("target") == CampaignTarget.FINISHED else None
    for campaign_id in job.get("campaign_ids") or ():
        yield Campaign(id=campaign_id, api_version=job["api_version"], completes_after_s=ends)
    select = job.get("select")
    if select is None:
        return
    for state in select.get("states") or ("Running",):
        for nth in range(1, _SELECTED_OF_EACH_STATE + 1):
            campaign_id = f"selected-{number}-{state.lower()}-{nth}"
            yield Campaign(
                id=campaign_id,
                api_version=job["api_version"],
                state=state,
                name=f"{select.get('name_prefix') or ''}{state.lower()}-{nth}"[:127],
                instance_id=select.get("instance_id"),
                tags=select.get("tags"),
                completes_after_s=ends,
            )


def _databases(job: Fields) -> Iterator[Database]:
    for fields in (job, job.get("source") or {}):
        if fields.get("db_instance"):
            yield Database(id=fields["db_instance"])
        if fields.get("db_cluster"):
            yield Database(id=fields["db_cluster"], kind="cluster")


def _sources(job: Fields) -> Iterator[Snapshot]:
    """Yield the source that an export job names, or the snapshot that it asks for."""
    if job.get("source_arn"):
        yield Snapshot(arn=job["source_arn"])
    source = job.get("source") or {}
    age = min(_SNAPSHOT_AGE, (source.get("max_age_seconds") or _SNAPSHOT_AGE) / 2)
    asked: SnapshotType = "automated" if source.get("type", "any") == "any" else source["type"]
    for database in _databases({"source": source}):
        of = database.id.lower()
        name = {
            "automated": f"rds:{of}-2025-12-31-23-00",
            "awsbackup": f"awsbackup:job-{of}",
        }.get(asked, f"{of}-by-hand")
        yield Snapshot(
            arn=f"{_ARNS[database.kind]}:{name}",
            db_instance=of if database.kind == "instance" else None,
            db_cluster=of if database.kind == "cluster" else None,
            type=asked,
            created_at_s=-age,
        )
