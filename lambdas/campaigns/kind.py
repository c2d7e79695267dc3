"""The kind of campaigns, for the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from lambdas.campaigns import paces
from lambdas.campaigns.contract import RESTORABLE, CampaignJob
from lambdas.campaigns.transitions import Mutation
from lambdas.campaigns.work import CampaignProgress, CampaignWork, Undoes
from lambdas.jobs.contract import Job
from lambdas.jobs.kind import Calls, Kind, Limit
from lambdas.jobs.loop import Loop, ResourceMap, Wait
from lambdas.jobs.phases import Phase
from lambdas.rate_limit.quota import CampaignRates
from lambdas.shared import items
from lambdas.shared.faults import echo
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH, MAX_CAMPAIGNS_PER_REQUEST

_QUOTAS: Final = CampaignRates()


def batches(
    job: CampaignJob,
    key: str,
    campaigns: Mapping[str, CampaignProgress],
    *,
    undoes: Undoes | None = None,
) -> Iterator[CampaignWork]:
    """Yield the units of work of a job, given its campaigns by id."""
    rest = iter(campaigns.items())
    number = 0
    while batch := dict(islice(rest, CAMPAIGNS_PER_BATCH)):
        yield CampaignWork(
            kind=job.kind,
            key=f"{key}.{number}",
            job_label=job.label(key),
            api_version=job.api_version,
            target=job.target,
            deadline_seconds=job.deadline,
            if_ended=job.if_ended,
            on_abort=job.on_abort,
            open=batch,
            undoes=undoes,
        )
        number += 1


def _plan(job: CampaignJob, key: str) -> Iterator[CampaignWork]:
    return batches(job, key, dict.fromkeys(job.campaign_ids or (), CampaignProgress()))


def _is_deferred(job: CampaignJob) -> bool:
    return job.campaign_ids is None


def _check_of(job: CampaignJob, earlier: Job) -> str | None:
    if not isinstance(earlier, CampaignJob):
        return f"must name a job of kind {job.kind}; {echo(job.of)} is of kind {earlier.kind}"
    if earlier.api_version is not job.api_version:
        return (
            f"must name a job of the same api_version, which is {job.api_version};"
            f" {echo(job.of)} is of api_version {earlier.api_version}"
        )
    if job.restored_job is not None and earlier.target not in RESTORABLE:
        return (
            f"must name a job with target {' or '.join(RESTORABLE)}, which can be undone;"
            f" that of {echo(job.of)} is {earlier.target}"
        )
    return None


CAMPAIGNS: Final = Kind(
    name="campaigns",
    job=CampaignJob,
    work=CampaignWork,
    plan=_plan,
    limit=Limit(MAX_CAMPAIGNS_PER_REQUEST, "campaigns", lambda job: len(job.campaign_ids or ())),
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
        Calls(("GetCampaignStateBatch", "ListCampaigns"), "Campaign reads", _QUOTAS.reads),
        Calls(("DescribeCampaign",)),
        Calls(("GetResources",)),
    ),
    deferred=_is_deferred,
    check_of=_check_of,
)
