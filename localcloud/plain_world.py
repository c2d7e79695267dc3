"""The world without a world file: everything that the requests name exists, in a plain state.

Campaigns are Running, sources can be exported, and a source whose only target is CANCELED is being
exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from lambdas.campaigns.contract import CampaignJob, CampaignTarget
from lambdas.exports.contract import ExportJob, ExportTarget
from lambdas.jobs.contract import Job
from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.events import input_of_event
from localcloud.functions.environment import ACCOUNT, REGION
from localcloud.world import Campaign, PresentExport, Snapshot, World

WATCHED_CAMPAIGN_ENDS_AFTER: Final = 3_600.0
"""Seconds: without it, a request with the target FINISHED would wait until its deadline."""


def plain_world(requests: Sequence[object]) -> World:
    """Return the plain world of some requests.

    Args:
        requests: as they were read; those that will be rejected are ignored.
    """
    jobs = [job for request in requests for job in _jobs(request)]
    campaigns: dict[str, Campaign] = {}
    for job in jobs:
        if isinstance(job, CampaignJob):
            for campaign_id in job.campaign_ids or ():
                campaigns[campaign_id] = _campaign(campaign_id, job, campaigns.get(campaign_id))
    exports = [job for job in jobs if isinstance(job, ExportJob)]
    sources = dict.fromkeys(job.source_arn for job in exports if job.source_arn is not None)
    wanted = {job.source_arn for job in exports if job.target is ExportTarget.COMPLETE}
    return World(
        campaigns=tuple(campaigns.values()),
        snapshots=tuple(Snapshot(arn=arn) for arn in sources),
        exports=tuple(
            PresentExport(export_id=f"running-{number}", source_arn=arn)
            for number, arn in enumerate(source for source in sources if source not in wanted)
        ),
    )


def _jobs(request: object) -> Iterable[Job]:
    try:
        parsed = parse(input_of_event(request, ()), region=REGION, account=ACCOUNT)
    except RequestRejected:
        return ()
    return [job for stage in parsed.stages for job in stage.jobs]


def _campaign(campaign_id: str, job: CampaignJob, before: Campaign | None) -> Campaign:
    ends = WATCHED_CAMPAIGN_ENDS_AFTER if job.target is CampaignTarget.FINISHED else None
    return Campaign(
        id=campaign_id,
        api_version=job.api_version.value,
        completes_after_s=ends or (before.completes_after_s if before else None),
    )
