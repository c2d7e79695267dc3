"""What a job has to restore that undoes an earlier one."""

from __future__ import annotations

from collections.abc import Iterable

from lambdas.campaigns.contract import CampaignJob
from lambdas.campaigns.kind import batches
from lambdas.campaigns.moves import NotedMove
from lambdas.campaigns.work import CampaignProgress, Undoes
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resolution import Context, Resolved
from lambdas.jobs.resource_result import Entry
from lambdas.shared.texts import shorten, timestamp


def restored(
    job: CampaignJob,
    key: str,
    context: Context,
    earlier: Iterable[Entry],
    noted: Iterable[NotedMove],
) -> Resolved:
    """Return what there is to restore.

    A campaign is restored by its note alone: that of a child execution that was lost has no entry,
    or one that says nothing of what became of it.

    Args:
        job: the one that restores.
        key: its place in the request.
        context: what is known.
        earlier: the results of the job that is undone.
        noted: what the job that is undone has changed.
    """
    moves = {each.campaign_id: each.move for each in noted}
    results = {entry.id: entry for entry in earlier}
    names = {campaign_id: entry.name for campaign_id, entry in results.items()}
    untouched = (entry for campaign_id, entry in results.items() if campaign_id not in moves)
    undoes = Undoes(execution_arn=context.execution_arn, jobs=(str(job.of),))
    progress = {
        campaign_id: CampaignProgress(name=names.get(campaign_id), move=move)
        for campaign_id, move in moves.items()
    }
    return Resolved(
        work=tuple(batches(job, key, progress, undoes=undoes)),
        entries=tuple(_untouched(job, key, context.now, entry) for entry in untouched),
    )


def _untouched(job: CampaignJob, key: str, now: float, entry: Entry) -> Entry:
    """Return the result of a campaign that the job did not change."""
    return Entry(
        job=job.label(key),
        kind=job.kind,
        id=entry.id,
        name=entry.name,
        target=job.target,
        initial_state=None,
        final_state=None,
        phase=Phase.COMPLETE,
        reason=Reason.UNTOUCHED,
        message=shorten(f"job {job.of} did not change it ({entry.reason})"),
        polls=0,
        elapsed_seconds=0,
        ended_at=timestamp(now),
    )
