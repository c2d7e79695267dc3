"""How waiters are found, and which of several is woken first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from lambdas.shared import items

KEPT_AFTER_WAIT: Final = 3_600
"""Seconds that a waiter's item outlives its wait; time to live removes it some time later."""


@dataclass(frozen=True)
class Wake:
    """How a waiter is found.

    Attributes:
        on: what it waits for.
        order: of several that wait for the same thing, the lowest is woken first.
        expires_at: epoch seconds from which its item may be removed.
    """

    on: str
    order: str
    expires_at: int


class WaiterSelector(NamedTuple):
    """The waiters that an event wakes.

    Attributes:
        on: what they wait for.
        most: how many of those that still wait, None for all of them.
        listed: an attribute and a value that their items list there, None for any item.
    """

    on: str
    most: int | None = None
    listed: tuple[str, str] | None = None


def key_of(awaited: str) -> str:
    """Return the partition key of the waiters for something."""
    return items.WAITER.partition.format(awaited=awaited)


def wake(on: str, since: float, now: float, wait_seconds: int) -> Wake:
    """Return how to find a waiter that waits from `now`; times in epoch seconds.

    Args:
        on: what it waits for.
        since: since when it has waited, maybe in several waits.
        now: the current time.
        wait_seconds: when it polls without a wake.
    """
    return Wake(
        on=on,
        order=f"{since:017.6f}",
        expires_at=int(now) + wait_seconds + KEPT_AFTER_WAIT,
    )
