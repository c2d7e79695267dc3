"""How a child execution spends its history, which Step Functions ends at 25,000 events.

A child polls until its deadline, however far that is, and is never replaced by another one. So
polls are spread: by any age, no more of the budget is spent than the square root of the share of
the deadline that has passed. Polls are frequent while work is young and never run out.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import Final, NamedTuple

MAX_EVENTS: Final = 25_000
"""Source: Step Functions service quotas, maximum execution history size."""

FREE_EVENTS: Final = 1_000
"""May be spent at any age, so that a far deadline does not slow the first polls down."""

SPREAD_EVENTS: Final = 17_000
"""Are spread over the time until the deadline. What is left is for passes that are retried to the
last, for those that follow each other after the deadline, and for wakes."""

WAKES_AHEAD_EVENTS: Final = 2_000
"""By so much wakes may run ahead of what is spread; then a wait ends by itself alone."""

_SPENDABLE_EVENTS: Final = FREE_EVENTS + SPREAD_EVENTS + WAKES_AHEAD_EVENTS

PASS_EVENTS: Final = 15
"""Of one poll that nothing disturbs, with its wait."""


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
        """Return a wait, longer where the next poll would come before the budget has it.

        Work that wakes have made run ahead goes on evenly with what is left until the deadline.
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
