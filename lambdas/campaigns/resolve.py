"""Resolves the campaign jobs that name no campaigns: those with `select` or `of`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import CampaignJob, Select
from lambdas.campaigns.dry_run import AssumedReads, planned_moves
from lambdas.campaigns.kind import batches
from lambdas.campaigns.moves import Moves, NotedMove
from lambdas.campaigns.rates import campaign_limits
from lambdas.campaigns.restoring import restored
from lambdas.campaigns.selection import Reads, UnreadableError, selected
from lambdas.campaigns.selection_reads import SelectionReads
from lambdas.campaigns.tagging import Tagging
from lambdas.campaigns.work import CampaignProgress
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resolution import Context, Resolved, entry_of_job
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.shared.environment import COORDINATION_TABLE, setting
from lambdas.shared.texts import shorten

MAX_NAME_BYTES: Final = 24
"""Of a campaign's name in an outcome, as JSON: unlike the ids that a request names, what it selects
does not count against the size of the request."""


def resolve(job: CampaignJob, key: str, context: Context) -> Resolved:
    """Return the work of a deferred job, whose campaigns do not change from now on.

    Raises:
        AwsError: a call failed.
    """
    if job.restored_job is not None:
        return resolve_restored(job, key, context)
    if job.select is None:
        return resolve_of(job, key, context)
    reads = SelectionReads(Campaigns(job.api_version), Tagging(), campaign_limits(), context.until)
    assumed = AssumedReads(reads, context.planned(job.kind)) if context.dry_run else reads
    return resolve_select(job, job.select, key, context, assumed)


def resolve_of(job: CampaignJob, key: str, context: Context) -> Resolved:
    """Return the work of a job about the campaigns of an earlier job, whatever became of them."""
    campaigns = {entry.id: CampaignProgress(name=entry.name) for entry in _entries_of(job, context)}
    if not campaigns:
        message = f"job {job.of} selected no campaigns"
        return _without_work(job, key, context, Reason.NOTHING_SELECTED, message)
    return Resolved(work=tuple(batches(job, key, campaigns)))


def resolve_restored(job: CampaignJob, key: str, context: Context) -> Resolved:
    """Return the work that undoes what an earlier job has done.

    Raises:
        AwsError: when the table did not answer.
    """
    moves = list(_moves(job, context))
    resolved = restored(job, key, context, _entries_of(job, context), moves)
    if resolved.work or resolved.entries:
        return resolved
    message = f"job {job.of} selected no campaigns"
    return _without_work(job, key, context, Reason.NOTHING_SELECTED, message)


def _moves(job: CampaignJob, context: Context) -> Iterator[NotedMove]:
    """Yield what the job that another one undoes has done, or would have done in a dry run.

    Raises:
        AwsError: when the table did not answer.
    """
    if context.dry_run:
        yield from planned_moves(str(job.of), context.planned(job.kind), job.api_version)
        return
    for noted in Moves(setting(COORDINATION_TABLE)).of(context.execution_arn):
        if noted.job == job.of:
            yield noted


def resolve_select(
    job: CampaignJob, select: Select, key: str, context: Context, reads: Reads
) -> Resolved:
    """Return the work of a job about the campaigns that match now.

    Raises:
        AwsError: a call failed.
    """
    at_most = min(select.at_most, context.at_most)
    try:
        found = tuple(islice(selected(select, reads), at_most + 1))
    except UnreadableError as error:
        return _without_work(job, key, context, Reason.UNREADABLE, str(error))
    if not found:
        message = "no campaign matches"
        return _without_work(job, key, context, Reason.NOTHING_SELECTED, message)
    if len(found) > at_most:
        message = (
            f"at least {len(found)} campaigns match, and at most {at_most} may: none is changed"
        )
        return _without_work(job, key, context, Reason.TOO_MANY_SELECTED, message)
    campaigns = {
        campaign.id: CampaignProgress(name=shorten(campaign.name, MAX_NAME_BYTES))
        for campaign in found
    }
    return Resolved(work=tuple(batches(job, key, campaigns)))


def _entries_of(job: CampaignJob, context: Context) -> tuple[Entry, ...]:
    """Return the results of the campaigns of the job that another one names.

    That of a job without campaigns, whose id is its label, is none.
    """
    of_job = (entry for entry in context.entries if entry.job == job.of)
    return tuple(entry for entry in of_job if entry.id != entry.job or entry.polls)


def _without_work(
    job: CampaignJob, key: str, context: Context, reason: Reason, message: str
) -> Resolved:
    phase: EndPhase = Phase.COMPLETE if reason is Reason.NOTHING_SELECTED else Phase.FAILED
    entry = entry_of_job(
        job.label(key),
        kind=job.kind,
        target=job.target,
        phase=phase,
        reason=reason,
        message=message,
        now=context.now,
        details=_asked(job),
    )
    return Resolved(entries=(entry,))


def _asked(job: CampaignJob) -> dict[str, Any]:
    return job.model_dump(mode="json", include={"select", "of"}, exclude_none=True)
