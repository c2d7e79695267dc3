"""When to look again: soon while something is young, seldom when it is old, never in step."""

from __future__ import annotations

from typing import Final, NamedTuple

JITTER: Final = 0.1
"""A wait is shortened by up to this share, so that jobs started together drift apart."""


class Pace(NamedTuple):
    """How waits grow with the age of what is waited for.

    Attributes:
        floor: the shortest wait, in seconds.
        cap: the longest.
        growth: the share of the age that a wait takes.
    """

    floor: float
    cap: float
    growth: float


CONFIRM: Final = Pace(floor=2, cap=60, growth=0.25)
"""A move was just made: seconds decide."""

DELETION: Final = Pace(floor=5, cap=60, growth=0.25)

WATCH: Final = Pace(floor=15, cap=900, growth=0.1)
"""A campaign runs for minutes to weeks."""

AFTER_SCHEDULE_END: Final = 5
"""Seconds: a campaign shows Completed "a few moments after" its schedule's end.
Source: Amazon Connect administrator guide, campaign states."""

EXPORT_STARTING: Final = Pace(floor=180, cap=600, growth=1.0)
"""Restoring takes ten minutes and more. Source: USER_ExportSnapshot, and observed exports."""

EXPORT_RUNNING: Final = Pace(floor=30, cap=900, growth=0.5)

EXPORT_CANCELING: Final = Pace(floor=10, cap=60, growth=0.5)

EXPORT_SLOT: Final = Pace(floor=30, cap=120, growth=0.25)
"""A slot or a source may come free at any moment."""

EXPORT_SHARE_OF_REMAINING: Final = 0.9
"""Of an export's estimated remaining time this much is waited before the next look."""


def backed_off(pace: Pace, refusals: int) -> Pace:
    """Return a pace whose shortest wait doubles with each refusal, up to its cap."""
    return pace._replace(floor=min(pace.cap, pace.floor * 2**refusals))


def throttled_seconds(passes: int, jitter: float) -> float:
    """Return how long to wait after throttled passes in a row, in seconds; none after none.

    As long as Step Functions' Retry waits for a throttled read, with full jitter: those who were
    throttled together come back apart.

    Args:
        passes: in a row in which nothing but throttles was answered.
        jitter: from 0 to 1, drawn by the caller.
    """
    return jitter * backed_off(CONFIRM, passes - 1).floor if passes else 0.0


def wait_seconds(pace: Pace, age: float, jitter: float) -> int:
    """Return how long to wait, in whole seconds of at least 1.

    Args:
        pace: how waits grow.
        age: seconds since what is waited for began.
        jitter: from 0 to 1, drawn by the caller.
    """
    wait = min(pace.cap, max(pace.floor, pace.growth * age))
    return max(1, round(wait * (1 - JITTER * jitter)))


def export_wait_seconds(percent: int, running_for: float, jitter: float) -> int:
    """Return how long to wait for an export that extracts, in whole seconds.

    What remains is estimated from the progress so far; most of it is waited, never all.

    Args:
        percent: PercentProgress, 0 to 100.
        running_for: seconds since TaskStartTime.
        jitter: from 0 to 1, drawn by the caller.
    """
    if not 0 < percent < 100:
        return wait_seconds(EXPORT_RUNNING, running_for, jitter)
    remaining = running_for * (100 - percent) / percent
    share = EXPORT_RUNNING._replace(growth=EXPORT_SHARE_OF_REMAINING)
    return wait_seconds(share, remaining, jitter)
