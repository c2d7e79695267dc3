"""How a child execution budgets its history, which Step Functions limits to 25,000 events.

A child polls until its deadline, however far away that is, and is never replaced by another one.
So polls are spread: at any age, the share of the budget that is spent is at most the square root
of the share of the deadline that has passed. Polls are frequent at first and never run out.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import Final, NamedTuple

MAX_EVENTS: Final = 25_000
"""Source: Step Functions service quotas, maximum execution history size."""

FREE_EVENTS: Final = 1_000
"""May be spent at any age, so that a distant deadline does not slow down the first polls."""

SPREAD_EVENTS: Final = 17_000
"""Spread over the time until the deadline. The rest is for passes that use up their retries, for
passes after the deadline, and for wakes."""

WAKES_AHEAD_EVENTS: Final = 2_000
"""How far wakes may run ahead of the spread; beyond it no event ends a wait early."""

_SPENDABLE_EVENTS: Final = FREE_EVENTS + SPREAD_EVENTS + WAKES_AHEAD_EVENTS

PASS_EVENTS: Final = 15
"""Of one pass without retries, and the wait after it."""


class Budget(NamedTuple):
    """What one child execution may still spend of its history.

    Attributes:
        events: in its history so far.
        age: seconds since its work began.
        deadline: seconds from then to the work's deadline.
    """

    events: int
    age: float
    deadline: float

    def stretch(self, wait_seconds: int) -> int:
        """Return a wait, lengthened if the budget does not allow the next poll so soon.

        After wakes have run ahead of the spread, the rest is spent evenly until the deadline.
        """
        share = max(0.0, (self.events + PASS_EVENTS - FREE_EVENTS) / SPREAD_EVENTS)
        spread = self.deadline * min(1.0, share) ** 2 - self.age
        polls_left = max(1.0, (_SPENDABLE_EVENTS - self.events) / PASS_EVENTS)
        even = (self.deadline - self.age) / polls_left
        return max(wait_seconds, ceil(min(spread, even)))

    @property
    def allows_wakes(self) -> bool:
        """Whether an event may end the next wait early."""
        spread = SPREAD_EVENTS * sqrt(min(1.0, self.age / self.deadline))
        return self.events <= FREE_EVENTS + spread + WAKES_AHEAD_EVENTS
