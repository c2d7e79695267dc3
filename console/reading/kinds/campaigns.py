"""How the passes of a batch of campaigns are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from console.reading.kinds.reader import KindReader, next_poll, throttled
from console.reading.observed import Happened, InWords, WaitFacts
from console.reading.texts import counted
from lambdas.campaigns import transitions
from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.work import CampaignProgress, CampaignWork


def _operation(work: CampaignWork, progress: CampaignProgress) -> str | None:
    """Return the mutation that a campaign's state and target ask for, None if none."""
    if progress.state is None:
        return None
    if work.target is CampaignTarget.RESTORED:
        decision = transitions.restore(progress.state, progress.move)
    else:
        decision = transitions.decide(progress.state, work.target)
    return decision.mutation.value if isinstance(decision, transitions.Act) else None


def _happened(before: CampaignWork, after: CampaignWork, key: str) -> Iterator[Happened]:
    was, now = before.open[key], after.open[key]
    call = _operation(after, now)
    if now.attempts > was.attempts:
        what = call or "a mutation"
        if now.refusal is None:
            yield Happened("mutation", f"{what} accepted")
        else:
            yield Happened("error", f"{what} refused: {now.refusal}")
    elif _throttles(before, after, key):
        yield Happened("throttle", f"{call} throttled")
    if now.unexplained_polls > was.unexplained_polls:
        yield Happened("error", "AWS returned no state that is documented")


def _throttles(before: CampaignWork, after: CampaignWork, key: str) -> int:
    throttled = after.throttled_passes > before.throttled_passes
    return int(throttled and _operation(after, after.open[key]) is not None)


def _waits(before: CampaignWork, after: CampaignWork, key: str) -> InWords:
    was, now = before.open[key], after.open[key]
    call = _operation(after, now)
    if now.polls == was.polls:
        return lambda facts: f"waits for its turn in the rate of reads; next pass at {facts.until}"
    if _throttles(before, after, key):
        return throttled
    if now.unexplained_polls:
        polls = counted(now.unexplained_polls, "poll")
        return lambda facts: f"no known state in {polls}; next poll at {facts.until}"
    if (accepted_at := now.delete_accepted_at) is not None:
        return lambda facts: (
            f"deletion accepted at {facts.at(accepted_at)}; next poll at {facts.until}"
        )
    if now.attempts > was.attempts:
        what = call or "a mutation"
        if now.refusal is None:
            return lambda facts: f"{what} accepted; next poll at {facts.until}"
        return lambda facts: f"{what} refused as {now.refusal}; tries again at {facts.until}"
    if call is not None and now.restored_at is None:
        return lambda facts: (
            f"waits for its turn in the rate of {_rate(facts)}; next pass at {facts.until}"
        )
    if after.target is CampaignTarget.FINISHED:
        return lambda facts: f"is watched until it ends; next poll at {facts.until}"
    return next_poll


def _rate(facts: WaitFacts) -> str:
    rate = facts.mutations_per_second
    return "campaign mutations" if rate is None else f"{rate:g} per second"


def _passes(facts: WaitFacts) -> str:
    return f"a pass runs, in the rate of {_rate(facts)}"


def _phase(work: CampaignWork, key: str) -> str:
    progress = work.open[key]
    deleting = progress.delete_accepted_at is not None
    return "DELETING" if deleting else "IN_PROGRESS"


CAMPAIGNS: Final = KindReader(_happened, _waits, _throttles, _phase, _passes)
