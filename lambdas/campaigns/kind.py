"""The kind of campaigns, for the registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambdas.campaigns import paces
from lambdas.campaigns.contract import CampaignJob
from lambdas.campaigns.transitions import Mutation
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.jobs.kind import Calls, Kind, Limit
from lambdas.jobs.loop import Loop, ResourceMap, Wait
from lambdas.jobs.phases import Phase
from lambdas.rate_limit.quota import CampaignRates
from lambdas.shared import items
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH, MAX_CAMPAIGNS_PER_REQUEST

_QUOTAS: Final = CampaignRates()


def _plan(job: CampaignJob, key: str) -> Iterator[CampaignWork]:
    for number, start in enumerate(range(0, len(job.campaign_ids), CAMPAIGNS_PER_BATCH)):
        batch = job.campaign_ids[start : start + CAMPAIGNS_PER_BATCH]
        yield CampaignWork(
            kind=job.kind,
            key=f"{key}.{number}",
            job_label=job.label(key),
            api_version=job.api_version,
            target=job.target,
            deadline_seconds=job.deadline,
            if_ended=job.if_ended,
            on_abort=job.on_abort,
            open=dict.fromkeys(batch, CampaignProgress()),
        )


CAMPAIGNS: Final = Kind(
    name="campaigns",
    job=CampaignJob,
    work=CampaignWork,
    plan=_plan,
    limit=Limit(MAX_CAMPAIGNS_PER_REQUEST, "campaigns", lambda job: len(job.campaign_ids)),
    reconciler="lambdas.campaigns.reconcile_campaigns",
    loop=Loop(
        route="RouteCampaigns",
        waits={
            Phase.DELETING: Wait(
                "AwaitDeletion", "A deletion was accepted, and the campaign still exists."
            )
        },
        otherwise=Wait("AwaitCampaigns", "Until the next poll, as the cadence says."),
        plain_wait="AwaitNextPollOfCampaigns",
        waits_for_keys_of={items.CAMPAIGN_IDS: ("open",)},
    ),
    resources=ResourceMap(
        open=("open",),
        target=("target",),
        initial_state=("initial_state",),
        final_state=("state",),
        polls=("polls",),
    ),
    paces=paces.NAMED,
    title="Campaigns",
    calls=(
        Calls(tuple(Mutation), "Campaign mutations", _QUOTAS.mutations),
        Calls(("GetCampaignStateBatch",), "Campaign reads", _QUOTAS.reads),
        Calls(("DescribeCampaign",)),
    ),
)
