"""When an API may be called that all executions share: a generic cell rate algorithm.

All it has to remember of the past is one moment: when the rate will have caught up with what is
reserved.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from lambdas.shared.model import Frozen

HORIZON_SECONDS: Final = 15
"""How far ahead calls are reserved: a function sleeps no longer than that for its reads and for its
mutations, a quarter of its time each, and whoever is gone wastes no more of the others' time."""

SLOWED_SECONDS: Final = 10
"""How long a throttle that came all the same, for others share the quota, slows everyone down."""

SLOWDOWN: Final = 1.5
"""How many times as far apart calls are then."""


class Rate(Frozen):
    """A quota of calls, as AWS states it.

    Attributes:
        per_second: calls.
        burst: calls at the same moment, after a rest.
    """

    per_second: Annotated[float, Field(gt=0, le=1_000)]
    burst: Annotated[int, Field(ge=1, le=1_000)]

    @property
    def interval(self) -> float:
        """Seconds from call to call."""
        return 1 / self.per_second

    @property
    def tolerance(self) -> float:
        """Seconds by which calls may run ahead of the rate.

        One call of the burst is kept back: calls arrive sooner or later after their moment.
        """
        return max(0, self.burst - 2) * self.interval


class CampaignRates(Frozen):
    """Of the campaign APIs v1 and v2 together, per account and Region.

    Source: Amazon Connect service quotas, outbound campaigns API throttling. Whether the operations
    share one quota is not documented; that they do is the safe reading.
    """

    mutations: Rate = Rate(per_second=1, burst=2)
    reads: Rate = Rate(per_second=5, burst=10)


class Reserved(NamedTuple):
    """What is remembered of a rate; epoch seconds.

    Attributes:
        until: when the rate will have caught up with all that is reserved.
        slowed_until: till when calls are further apart.
    """

    until: float = 0.0
    slowed_until: float = 0.0


class Reservation(NamedTuple):
    """Calls that may be made.

    Attributes:
        slots: the moment of each, in epoch seconds.
        again_at: when it is worth asking for more, in epoch seconds.
        reserved: what is to be remembered.
    """

    slots: tuple[float, ...]
    again_at: float
    reserved: Reserved


def reserve(
    reserved: Reserved, rate: Rate, wanted: int, now: float, until: float = math.inf
) -> Reservation:
    """Reserve calls, as many of those wanted as have their moment within the horizon.

    Args:
        reserved: what is remembered.
        rate: that all callers keep to together.
        wanted: calls.
        now: epoch seconds.
        until: no call is reserved for a later moment, in epoch seconds, but one for now may be.
    """
    latest = max(now, min(now + HORIZON_SECONDS, until))
    interval = rate.interval * (SLOWDOWN if now < reserved.slowed_until else 1)
    first = max(reserved.until, now)
    moments = (max(now, first + number * interval - rate.tolerance) for number in range(wanted + 1))
    slots = tuple(moment for moment in moments if moment <= latest)[:wanted]
    until = first + len(slots) * interval
    next_one = max(now, until - rate.tolerance)
    return Reservation(
        slots=slots,
        again_at=next_one - HORIZON_SECONDS / 2,
        reserved=reserved._replace(until=until) if slots else reserved,
    )
