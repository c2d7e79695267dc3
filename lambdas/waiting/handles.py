"""What a waiting execution may be woken by, and who of several is woken first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from lambdas.waiting.events import CampaignCalled, ExportEnded, WakeEvent

KEPT_AFTER_WAIT: Final = 3_600
"""Seconds a waiter's item outlives its wait; time to live removes it some time later."""

EXPORT_SLOT: Final = "waiter#export-slot"
"""The key under which executions wait for one of the account's export slots."""

SLOTS_PER_END: Final = 1
"""An export that ends frees one slot."""

CAMPAIGNS: Final = "waiter#campaigns"
"""The key under which executions wait for what somebody else does to their campaigns."""


@dataclass(frozen=True)
class Wake:
    """How a waiting execution can be found.

    Attributes:
        on: what it waits for.
        order: of several that wait for the same, the lowest is woken first.
        expires_at: epoch seconds, from when on its item may be removed.
    """

    on: str
    order: str
    expires_at: int


class Hurried(NamedTuple):
    """Whom an event hurries.

    Attributes:
        on: those who wait for this.
        most: as many as are still waiting, None for all of them.
        campaign_id: only those whose batch holds this campaign, None for whoever waits.
    """

    on: str
    most: int | None = None
    campaign_id: str | None = None


def source_key(source_arn: str) -> str:
    """Return the key under which executions wait for a source's export."""
    return f"waiter#{source_arn}"


def wake(on: str, since: float, now: float, wait_seconds: int) -> Wake:
    """Return how to find an execution that waits from `now`; times in epoch seconds.

    Args:
        on: what it waits for.
        since: since when it has been waiting, this wait being perhaps one of many.
        now: the present.
        wait_seconds: when it looks anyway.
    """
    return Wake(
        on=on,
        order=f"{since:017.6f}",
        expires_at=int(now) + wait_seconds + KEPT_AFTER_WAIT,
    )


def hurried_by(event: WakeEvent) -> tuple[Hurried, ...]:
    """Return whom an event hurries, one after the other."""
    match event:
        case ExportEnded(source_arn):
            return (Hurried(source_key(source_arn)), Hurried(EXPORT_SLOT, SLOTS_PER_END))
        case CampaignCalled(campaign_id):
            return (Hurried(CAMPAIGNS, campaign_id=campaign_id),)
