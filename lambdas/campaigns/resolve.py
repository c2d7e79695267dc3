"""Resolves the campaign jobs that name no campaigns: those with `of`."""

from __future__ import annotations

from lambdas.campaigns.contract import CampaignJob
from lambdas.campaigns.kind import batches
from lambdas.campaigns.restoring import resolve_restored
from lambdas.campaigns.work import CampaignProgress
from lambdas.jobs.resolution import Context, Resolved


def resolve(job: CampaignJob, key: str, context: Context) -> Resolved:
    """Return the work of a deferred job, whose campaigns do not change from now on.

    Raises:
        AwsError: a call failed.
    """
    if job.restored_job is not None:
        return resolve_restored(job, key, context)
    campaigns = {entry.id: CampaignProgress() for entry in context.entries if entry.job == job.of}
    return Resolved(work=tuple(batches(job, key, campaigns)))
