"""How long to wait between polls: the older the work, the longer, with jitter."""

from __future__ import annotations

from typing import Final, NamedTuple

JITTER: Final = 0.1
"""A wait is shortened by up to this share, so that jobs started together do not stay in step."""


class Pace(NamedTuple):
    """How waits grow with age.

    Attributes:
        floor: the shortest wait, in seconds.
        cap: the longest.
        growth: the share of the age that a wait takes.
    """

    floor: float
    cap: float
    growth: float


CONFIRM: Final = Pace(floor=2, cap=60, growth=0.25)
"""After a mutation: its effect shows within seconds."""


def backed_off(pace: Pace, refusals: int) -> Pace:
    """Return a pace whose shortest wait doubles with each refusal, up to its cap."""
    return pace._replace(floor=min(pace.cap, pace.floor * 2**refusals))


def throttled_seconds(passes: int, jitter: float) -> float:
    """Return how long to wait after throttled passes in a row, in seconds; 0 after none.

    As long as Step Functions' Retry waits after a throttled read, with full jitter, so that
    executions that were throttled together do not call again together.

    Args:
        passes: consecutive passes in which every call was throttled.
        jitter: from 0 to 1, drawn by the caller.
    """
    return jitter * backed_off(CONFIRM, passes - 1).floor if passes else 0.0


def wait_seconds(pace: Pace, age: float, jitter: float) -> int:
    """Return how long to wait, in whole seconds of at least 1.

    Args:
        pace: how waits grow.
        age: seconds since the work began.
        jitter: from 0 to 1, drawn by the caller.
    """
    wait = min(pace.cap, max(pace.floor, pace.growth * age))
    return max(1, round(wait * (1 - JITTER * jitter)))
