"""What a request would do about a campaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lambdas.campaigns.batch import accepted, decide_for, seen
from lambdas.campaigns.client import Listed
from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.moves import NotedMove
from lambdas.campaigns.selection import Reads
from lambdas.campaigns.transitions import (
    LEADS_TO,
    Act,
    CampaignState,
    Move,
    Mutation,
    Reached,
    Refuse,
    Wait,
    is_documented,
)
from lambdas.campaigns.work import CampaignWork
from lambdas.jobs.dry_run import Foreseen
from lambdas.jobs.phases import Reason
from lambdas.jobs.resource_result import Entry


def foresee(work: CampaignWork, campaign_id: str, now: float) -> Foreseen | None:
    """Return what a request would do about a polled campaign, None if its state is not known yet.

    The decisions are those of the request itself, each after the one before has taken effect.
    `now` is in epoch seconds.
    """
    would: list[Mutation] = []
    while True:
        progress = work.open[campaign_id]
        state = progress.state or ""
        if state == CampaignState.CREATING:
            work = work.with_progress(campaign_id, progress.replace(state=CampaignState.CREATED))
            continue
        match decide_for(work, campaign_id, now):
            case Act(mutation):
                would.append(mutation)
                after = seen(accepted(progress, mutation, now), LEADS_TO[mutation])
                work = work.with_progress(campaign_id, after)
            case Wait() if progress.unexplained_polls or not is_documented(state):
                return None
            case Wait(deleting):
                left = CampaignState.GONE.value if deleting else state
                message = "waits until it is gone" if deleting else f"waits while it is {state}"
                return Foreseen(tuple(would), left, Reason.TARGET_REACHED, message)
            case Reached(reason):
                message = f"would call {', '.join(would)}" if would else f"the campaign is {state}"
                return Foreseen(tuple(would), state, reason, message)
            case Refuse(reason, why):
                return Foreseen(tuple(would), state, reason, why, fails=True)


def planned_moves(job: str, planned: Sequence[Entry], version: ApiVersion) -> Iterator[NotedMove]:
    """Yield what a job would have noted.

    Args:
        job: what the outcome calls it.
        planned: the results of the jobs before, in a dry run.
        version: the API of its campaigns.
    """
    for entry in planned:
        if entry.job == job and entry.would:
            asked = LEADS_TO[Mutation(entry.would[-1])]
            move = Move(found=entry.initial_state or "", asked=asked)
            yield NotedMove(job, entry.id, move, version, restore_on_abort=False, noted_at=0.0)


class AssumedReads:
    """Reads campaigns as the planned stages of a dry run would leave them."""

    def __init__(self, reads: Reads, planned: Sequence[Entry]) -> None:
        self._reads = reads
        self._states = {entry.id: entry.final_state for entry in planned if entry.final_state}

    def listed(self, instance_id: str | None) -> Iterator[Listed]:
        """Yield the campaigns that would not be deleted."""
        for campaign in self._reads.listed(instance_id):
            if self._states.get(campaign.id) != CampaignState.GONE:
                yield campaign

    def tagged(self, tags: Mapping[str, str]) -> Iterator[str]:
        """Yield the ARNs of the campaigns with these tags, which no stage changes."""
        yield from self._reads.tagged(tags)

    def states(self, campaign_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return the states that the campaigns would be left in."""
        return {
            campaign_id: self._states.get(campaign_id, state)
            for campaign_id, state in self._reads.states(campaign_ids).items()
        }

    def tags(self, campaign_id: str) -> Mapping[str, str] | None:
        """Return a campaign's tags, which no stage changes."""
        return self._reads.tags(campaign_id)
