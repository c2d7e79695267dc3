"""What a waiting execution may be woken by, and who of several is woken first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from lambdas.shared import items

KEPT_AFTER_WAIT: Final = 3_600
"""Seconds a waiter's item outlives its wait; time to live removes it some time later."""


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
        listed: only those whose item lists a value in an attribute, None for whoever waits.
    """

    on: str
    most: int | None = None
    listed: tuple[str, str] | None = None


def key_of(awaited: str) -> str:
    """Return the key under which executions wait for something."""
    return items.WAITER.partition.format(awaited=awaited)


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
