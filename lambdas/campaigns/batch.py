"""The decisions about a batch of campaigns, without the calls to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Final

from lambdas.campaigns import paces
from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.transitions import (
    Act,
    CampaignState,
    Decision,
    Mutation,
    Reached,
    Refuse,
    Wait,
    accept_ended,
    changed_since,
    decide,
    is_documented,
    is_gone,
    restore,
)
from lambdas.campaigns.wakes import CAMPAIGNS
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.jobs import cadence
from lambdas.jobs.cadence import Pace
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.jobs.resource_result import EndPhase
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH, RETRIES_WHEN_THROTTLED
from lambdas.waiting.handles import Wake, wake

MAX_ATTEMPTS: Final = 6
"""Mutations of one campaign: the longest legal way to a target takes two, the rest are lost
races."""

MAX_THROTTLED_PASSES: Final = RETRIES_WHEN_THROTTLED
"""Consecutive passes in which every mutation was throttled."""

SUSPECTED_GROUP: Final = 5
"""Campaigns of a read that AWS refused are read in groups of five, then alone. To find one invalid
id of 25 takes 11 calls, and 25 of 25 take 31. Halving would take 11 and 49."""

MAX_DELETION_SECONDS: Final = 1_800
"""How long a campaign may still exist after its deletion was accepted; AWS documents no time."""

MAX_CONFIRM_SECONDS: Final = 60
"""How long AWS may return the state from before a mutation that it accepted; it documents no time.
After that, another caller has made that state."""


def read_groups(campaigns: Mapping[str, CampaignProgress]) -> list[tuple[str, ...]]:
    """Return the groups of campaigns to read with one call each, those polled least first."""
    polls = {name: progress.polls for name, progress in campaigns.items()}
    groups: list[tuple[str, ...]] = []
    for size in sorted({progress.group_size for progress in campaigns.values()}):
        of_size = [name for name, progress in campaigns.items() if progress.group_size == size]
        of_size.sort(key=polls.__getitem__)
        groups += [tuple(of_size[at : at + size]) for at in range(0, len(of_size), size)]
    return sorted(groups, key=lambda group: polls[group[0]])


def suspected(progress: CampaignProgress, group: int) -> CampaignProgress:
    """Record that AWS refused to read a group of this size with this campaign in it."""
    size = SUSPECTED_GROUP if group > SUSPECTED_GROUP else 1
    return progress.replace(group_size=size)


def seen(progress: CampaignProgress, state: str | None) -> CampaignProgress:
    """Record one poll; a state of None is one that AWS did not return."""
    unexplained = state is None or not is_documented(state)
    known = state if state is not None else progress.state
    return progress.replace(
        initial_state=progress.initial_state or known,
        state=known,
        polls=progress.polls + 1,
        unexplained_polls=progress.unexplained_polls + 1 if unexplained else 0,
        group_size=CAMPAIGNS_PER_BATCH,
    )


def next_decision(
    progress: CampaignProgress, target: CampaignTarget, now: float, *, accepts_ended: bool = False
) -> Decision:
    """Return what to do after the last poll.

    Args:
        progress: of the campaign.
        target: what should be true of it.
        now: epoch seconds.
        accepts_ended: whether a campaign that has ended by itself has reached the target.
    """
    state = progress.state
    if progress.unexplained_polls:
        return _wait_for_known_state(progress)
    decision = _decide(progress, target, accepts_ended=accepts_ended)
    at_first_poll = progress.polls == 1 and progress.attempts == 0
    match decision:
        case None:
            return _wait_for_known_state(progress)
        case Reached(Reason.TARGET_REACHED) if at_first_poll:
            gone = target is CampaignTarget.DELETED
            return Reached(Reason.ALREADY_GONE if gone else Reason.ALREADY_THERE)
        case Reached(Reason.CAMPAIGN_GONE) if is_gone(progress.initial_state):
            return _refuse_missing(progress)
        case Reached(Reason.ENDED_BY_ITSELF) if is_gone(state) and _never_existed(progress):
            return _refuse_missing(progress)
        case Refuse(Reason.CAMPAIGN_GONE):
            return _refuse_missing(progress)
        case Act() | Wait() if progress.delete_accepted_at is not None:
            return _await_deletion(progress, now - progress.delete_accepted_at)
        case Act() if progress.restored_at is not None:
            return _await_restored(progress, now - progress.restored_at)
        case Act(mutation) if progress.attempts >= MAX_ATTEMPTS:
            last = f"refused as {progress.refusal}" if progress.refusal else "accepted"
            return Refuse(
                Reason.LOST_RACE,
                f"the campaign is {state} after {progress.attempts} mutations, the last one {last};"
                f" {mutation} is not tried again",
            )
    return decision


def decide_for(work: CampaignWork, campaign_id: str, now: float) -> Decision:
    """Return what to do about a campaign of a batch; `now` in epoch seconds."""
    return next_decision(
        work.open[campaign_id], work.target, now, accepts_ended=work.if_ended == "accept"
    )


def _decide(
    progress: CampaignProgress, target: CampaignTarget, *, accepts_ended: bool
) -> Decision | None:
    state = progress.state or ""
    if target is CampaignTarget.RESTORED:
        return restore(state, progress.move)
    decision = decide(state, target)
    return accept_ended(decision, state) if accepts_ended else decision


def describe(progress: CampaignProgress) -> str:
    """Describe what the last poll found."""
    if not is_gone(progress.state):
        return f"the campaign is {progress.state}"
    if _never_existed(progress):
        return "the campaign does not exist"
    return f"the campaign no longer exists; it was {progress.initial_state} when first read"


def _refuse_missing(progress: CampaignProgress) -> Refuse:
    """Distinguish a campaign that no longer exists from one that never did, as far as is known."""
    reason = Reason.CAMPAIGN_NOT_FOUND if _never_existed(progress) else Reason.CAMPAIGN_GONE
    return Refuse(reason, describe(progress))


def _never_existed(progress: CampaignProgress) -> bool:
    return progress.initial_state in (None, CampaignState.GONE)


def throttled(work: CampaignWork) -> CampaignWork:
    """Count one more pass in which every mutation was throttled."""
    return work.with_throttled_passes(work.throttled_passes + 1)


def accepted(progress: CampaignProgress, mutation: Mutation, now: float) -> CampaignProgress:
    """Record that AWS accepted a mutation, at `now` in epoch seconds."""
    return progress.replace(
        attempts=progress.attempts + 1,
        delete_accepted_at=now if mutation is Mutation.DELETE else None,
        restored_at=now if progress.move is not None else None,
        refusal=None,
    )


def refused(progress: CampaignProgress, refusal: str, state: str | None = None) -> CampaignProgress:
    """Record how AWS refused a mutation, and the state that its response holds."""
    return progress.replace(
        attempts=progress.attempts + 1,
        refusal=refusal,
        state=state or progress.state,
    )


def unscheduled(work: CampaignWork) -> list[str]:
    """Return the watched campaigns whose schedule has not been read.

    Only API v2 has schedules. Source: botocore, Campaign of connectcampaigns and v2.
    """
    if work.target is not CampaignTarget.FINISHED or work.api_version is not ApiVersion.V2:
        return []
    return [name for name, progress in work.open.items() if progress.schedule_ends_at is None]


def to_withdraw(progress: CampaignProgress, *calls: str) -> CampaignProgress:
    """Record the calls that had no effect and are still noted."""
    return progress.replace(to_withdraw=calls)


def forgotten(progress: CampaignProgress) -> CampaignProgress:
    """Record that the notes about what is to be undone are deleted."""
    return progress.replace(is_forgotten=True)


def scheduled(progress: CampaignProgress, ends_at: float | None) -> CampaignProgress:
    """Record when a schedule ends, in epoch seconds; None if it does not."""
    return progress.replace(schedule_ends_at=ends_at or 0.0)


def phase_of(work: CampaignWork, now: float) -> Phase:
    """Return the phase of a batch that has not ended, at `now` in epoch seconds."""
    decisions = (decide_for(work, campaign_id, now) for campaign_id in work.open)
    deleting = all(decision == Wait(deleting=True) for decision in decisions)
    return Phase.DELETING if deleting else Phase.IN_PROGRESS


def end_of(work: CampaignWork) -> EndPhase:
    """Return how a batch ended whose campaigns all have a result."""
    if any(entry.phase is Phase.FAILED for entry in work.entries):
        return Phase.FAILED
    return Phase.PLANNED if work.dry_run else Phase.COMPLETE


def wake_of(work: CampaignWork, now: float, wait: int) -> Wake:
    """Return what ends a wait early: changes that other callers make to the campaigns."""
    return wake(CAMPAIGNS, work.polling.started_at or now, now, wait)


def wait_seconds(work: CampaignWork, now: float, jitter: float) -> int:
    """Return whole seconds until the next poll; `now` in epoch seconds."""
    age = work.polling.age(now)
    if work.target is CampaignTarget.FINISHED:
        wait = _watch_seconds(work, age, now, jitter)
    else:
        wait = cadence.wait_seconds(_pace(work, now), age, jitter)
    return _before_deadline(work, wait, now)


def wait_until(work: CampaignWork, moment: float, now: float, jitter: float) -> int:
    """Return whole seconds until a time or the deadline, at least 1, and more after throttling.

    Args:
        work: the batch.
        moment: when a call is allowed again, in epoch seconds.
        now: epoch seconds.
        jitter: from 0 to 1, drawn by the caller.
    """
    wait = max(moment - now, cadence.throttled_seconds(work.throttled_passes, jitter))
    return _before_deadline(work, wait, now)


def _before_deadline(work: CampaignWork, wait: float, now: float) -> int:
    return max(1, ceil(min(wait, work.deadline_seconds - work.polling.age(now))))


def _pace(work: CampaignWork, now: float) -> Pace:
    pace = paces.DELETION if phase_of(work, now) is Phase.DELETING else cadence.CONFIRM
    refusals = [progress.attempts for progress in work.open.values() if progress.refusal]
    return cadence.backed_off(pace, max(refusals)) if refusals else pace


def _watch_seconds(work: CampaignWork, age: float, now: float, jitter: float) -> int:
    """Poll rarely, but just after a schedule's end, and more often from then on."""
    waits = [cadence.wait_seconds(paces.WATCH, age, jitter)]
    for progress in work.open.values():
        if progress.schedule_ends_at:
            left = progress.schedule_ends_at + paces.AFTER_SCHEDULE_END - now
            late = cadence.wait_seconds(paces.WATCH, -left, jitter)
            waits.append(ceil(left) if left > 0 else late)
    return min(waits)


def _await_deletion(progress: CampaignProgress, seconds: float) -> Decision:
    """Wait until the deleted campaign no longer exists, for as long as that can reasonably take."""
    if seconds < MAX_DELETION_SECONDS:
        return Wait(deleting=True)
    return Refuse(
        Reason.DELETION_UNFINISHED,
        f"the campaign is still {progress.state}, {MAX_DELETION_SECONDS} s after its deletion was"
        " accepted; it may have been created again",
    )


def _await_restored(progress: CampaignProgress, seconds: float) -> Decision:
    """Wait for the state to which the accepted mutation leads; never make it a second time.

    What that mutation undid is undone. If the campaign is found in that state again for longer
    than AWS may take to show a change, another caller has made it so.
    """
    if seconds < MAX_CONFIRM_SECONDS or progress.move is None:
        return Wait()
    return changed_since(progress.state or "", progress.move)


def _wait_for_known_state(progress: CampaignProgress) -> Decision:
    """Wait while the state is unknown, for a limited number of polls."""
    if progress.unexplained_polls < MAX_UNEXPLAINED_POLLS:
        return Wait()
    if progress.state is None or is_documented(progress.state):
        return Refuse(
            Reason.UNREADABLE, f"AWS did not return the state in {MAX_UNEXPLAINED_POLLS} polls"
        )
    return Refuse(
        Reason.UNKNOWN_STATE, f"{progress.state!r} is not a documented state of a campaign"
    )
