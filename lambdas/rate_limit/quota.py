"""When an API may be called whose quota all executions share: a generic cell rate algorithm.

Its only state is the time at which the rate will have caught up with what is reserved.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from lambdas.shared.model import Frozen

HORIZON_SECONDS: Final = 15
"""How far ahead calls are reserved. A function sleeps at most so long for its reads and again for
its mutations, a quarter of its time each, and one that is killed wastes no more than that."""

SLOWED_SECONDS: Final = 10
"""How long all calls are slowed down after a throttled one: others use the same quota."""

SLOWDOWN: Final = 1.5
"""The factor by which the distance between calls grows then."""


class Rate(Frozen):
    """A quota of calls, as AWS states it.

    Attributes:
        per_second: calls.
        burst: calls at the same moment, after a pause.
    """

    per_second: Annotated[float, Field(gt=0, le=1_000)]
    burst: Annotated[int, Field(ge=1, le=1_000)]

    @property
    def interval(self) -> float:
        """Seconds from call to call."""
        return 1 / self.per_second

    @property
    def tolerance(self) -> float:
        """Seconds that calls may be ahead of the rate.

        One call of the burst is kept in reserve, because the delay of calls varies.
        """
        return max(0, self.burst - 2) * self.interval


READS: Final = "campaign-reads"
MUTATIONS: Final = "campaign-mutations"
DESCRIPTIONS: Final = "campaign-descriptions"
"""The names of the rates in the table."""


class CampaignRates(Frozen):
    """The quotas of the campaign APIs v1 and v2 together, per account and Region.

    Source: Amazon Connect service quotas, outbound campaigns API throttling. Whether the operations
    share one quota is not documented; that they do is the safe assumption. DescribeCampaign has one
    of its own.
    """

    mutations: Rate = Rate(per_second=1, burst=2)
    reads: Rate = Rate(per_second=5, burst=10)
    descriptions: Rate = Rate(per_second=25, burst=35)


CAMPAIGN_RATES_JSON: Final[TypeAdapter[CampaignRates | Literal[False]]] = TypeAdapter(
    CampaignRates | Literal[False]
)
"""The setting, as functions receive it; false switches the limit off."""


class Reserved(NamedTuple):
    """The stored state of a rate limit; epoch seconds.

    Attributes:
        until: when the rate will have caught up with all that is reserved.
        slowed_until: until when calls are further apart.
    """

    until: float = 0.0
    slowed_until: float = 0.0


class Reservation(NamedTuple):
    """Reserved calls.

    Attributes:
        slots: the time of each, in epoch seconds.
        again_at: when to reserve more, in epoch seconds.
        reserved: the state to store.
    """

    slots: tuple[float, ...]
    again_at: float
    reserved: Reserved


def reserve(
    reserved: Reserved, rate: Rate, wanted: int, now: float, until: float = math.inf
) -> Reservation:
    """Reserve calls, as many of those wanted as fit into the horizon.

    Args:
        reserved: the stored state.
        rate: the shared rate.
        wanted: calls.
        now: epoch seconds.
        until: no call is reserved for a later time, in epoch seconds, except for one at once.
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
