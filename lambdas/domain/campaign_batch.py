"""How a batch of campaigns moves from look to look, apart from the calls themselves."""

from __future__ import annotations

from math import ceil
from typing import Final

from lambdas.domain import cadence
from lambdas.domain.campaign_states import (
    Act,
    CampaignState,
    Decision,
    Mutation,
    Reached,
    Refuse,
    Wait,
    decide,
)
from lambdas.domain.outcomes import EndPhase
from lambdas.domain.phases import Phase, Reason
from lambdas.domain.requests import CampaignTarget
from lambdas.domain.wakes import CAMPAIGNS, Wake, wake
from lambdas.domain.work import CampaignProgress, CampaignWork

MAX_ATTEMPTS: Final = 6
"""Mutations of one campaign: the longest legal way takes two, the rest are lost races."""

MAX_ODD_LOOKS: Final = 5
"""Looks in a row at a state nobody has documented, or at none."""


def seen(progress: CampaignProgress, state: str | None) -> CampaignProgress:
    """Take in one look; a state of None is one that AWS could not tell."""
    odd = state is None or decide(state, CampaignTarget.FINISHED) is None
    told = state if state is not None else progress.state
    return progress.model_copy(
        update={
            "previous_state": progress.previous_state or told,
            "state": told,
            "looks": progress.looks + 1,
            "odd_looks": progress.odd_looks + 1 if odd else 0,
        }
    )


def next_move(progress: CampaignProgress, target: CampaignTarget) -> Decision:
    """Return the one move that fits the last look and what is remembered."""
    state = progress.state
    if progress.odd_looks:
        return _bear_with(progress)
    decision = decide(state or "", target)
    untouched = progress.attempts == 0 and progress.previous_state == state
    match decision:
        case None:
            return _bear_with(progress)
        case Reached(Reason.TARGET_REACHED, warning) if untouched and state == CampaignState.GONE:
            return Reached(Reason.ALREADY_GONE, warning)
        case Reached(Reason.TARGET_REACHED, warning) if untouched:
            return Reached(Reason.ALREADY_THERE, warning)
        case Reached(Reason.CAMPAIGN_GONE) if untouched:
            return Refuse(Reason.CAMPAIGN_GONE, "the campaign does not exist")
        case Act() if progress.delete_accepted:
            return Wait(deleting=True)
        case Act(mutation) if progress.attempts >= MAX_ATTEMPTS:
            last = f"refused as {progress.refusal}" if progress.refusal else "accepted"
            return Refuse(
                Reason.LOST_RACE,
                f"the campaign is {state} after {progress.attempts} moves, the last one {last};"
                f" {mutation} is not tried again",
            )
    return decision


def accepted(progress: CampaignProgress, mutation: Mutation) -> CampaignProgress:
    """Remember that AWS accepted a mutation."""
    return progress.model_copy(
        update={
            "attempts": progress.attempts + 1,
            "delete_accepted": mutation is Mutation.DELETE,
            "refusal": None,
        }
    )


def refused(progress: CampaignProgress, refusal: str, state: str | None = None) -> CampaignProgress:
    """Remember how AWS refused a mutation, and the state that its answer carried."""
    return progress.model_copy(
        update={
            "attempts": progress.attempts + 1,
            "refusal": refusal,
            "state": state or progress.state,
        }
    )


def phase_of(work: CampaignWork) -> Phase:
    """Return where a batch stands that has not ended."""
    moves = (next_move(progress, work.target) for progress in work.open.values())
    deleting = all(move == Wait(deleting=True) for move in moves)
    return Phase.DELETING if deleting else Phase.IN_PROGRESS


def end_of(work: CampaignWork) -> EndPhase:
    """Return how a batch ended of which every campaign is settled."""
    failed = any(entry.phase is Phase.FAILED for entry in work.settled)
    return Phase.FAILED if failed else Phase.COMPLETE


def wake_of(work: CampaignWork, now: float, wait: int) -> Wake:
    """Return what ends a wait early: what somebody else does to the batch's campaigns."""
    return wake(CAMPAIGNS, work.memo.started_at or now, now, wait)


def wait_seconds(work: CampaignWork, now: float, jitter: float) -> int:
    """Return whole seconds until the next look at what is still open; `now` in epoch seconds."""
    if phase_of(work) is Phase.DELETING:
        pace = cadence.DELETION
    elif work.target is CampaignTarget.FINISHED:
        pace = cadence.WATCH
    else:
        pace = cadence.CONFIRM
    refusals = [progress.attempts for progress in work.open.values() if progress.refusal]
    if refusals:
        pace = cadence.backed_off(pace, max(refusals))
    age = work.memo.age(now)
    return min(
        cadence.wait_seconds(pace, age, jitter),
        max(1, ceil(work.deadline_seconds - age)),
    )


def _bear_with(progress: CampaignProgress) -> Decision:
    """Wait out a state that means nothing to us, for a bounded number of looks."""
    if progress.odd_looks < MAX_ODD_LOOKS:
        return Wait()
    if progress.state is None or decide(progress.state, CampaignTarget.FINISHED) is not None:
        return Refuse(Reason.UNREADABLE, f"AWS could not tell the state in {MAX_ODD_LOOKS} looks")
    return Refuse(
        Reason.UNKNOWN_STATE, f"{progress.state!r} is no state of a campaign that is documented"
    )
