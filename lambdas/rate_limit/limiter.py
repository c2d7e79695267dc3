"""A rate limit that all executions share, kept in the coordination table."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from aws_lambda_powertools.metrics import MetricUnit

from lambdas.rate_limit import quota as rates
from lambdas.rate_limit.quota import Rate, Reservation, Reserved
from lambdas.shared import clock, items, metric_names
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import AwsError, ConditionalCheckFailedException
from lambdas.shared.observability import logger, metrics

MAX_TRIES: Final = 8
"""Of one reservation, when other executions reserve at the same moment."""

PAUSE_SECONDS: Final = 0.2
"""The longest pause between two tries."""

KEPT_SECONDS: Final = 86_400
"""An item that has not been used for so long has no effect."""

LATE_SECONDS: Final = 5
"""How far a function may overrun into the time that others have reserved."""

MAX_THROTTLES: Final = 3
"""In one pass: another caller uses up the quota."""


class Slots(Protocol):
    """Reserved calls, made one after the other."""

    @property
    def again_at(self) -> float:
        """When to reserve more calls, in epoch seconds."""

    def take(self) -> bool:
        """Sleep until the next call may be made; return False if none is left."""

    def throttled(self) -> None:
        """Record that AWS throttled one of these calls."""


class Limiter(Protocol):
    """Reserves calls within a rate limit."""

    def reserve(self, wanted: int, until: float = math.inf) -> Slots:
        """Reserve a number of calls, or as many of them as fit into the horizon.

        Args:
            wanted: calls.
            until: no call is made after this time, in epoch seconds, except for the first one if
                it may be made at once, so that every caller makes progress.
        """


class Unlimited:
    """No limit, until a call is throttled."""

    def reserve(self, wanted: int, until: float = math.inf) -> Slots:  # noqa: ARG002 - any number
        """Return calls that only `until` limits."""
        return _AnyNumber(until)


class RateLimiter:
    """A rate limit with a name, which every function that uses the name shares."""

    def __init__(
        self, table: str, name: str, rate: Rate, connect: Callable[[str], Any] = client
    ) -> None:
        self._table = table
        self._key = items.RATE.key(rate=name)
        self._rate = rate
        self._dynamodb = connect("dynamodb")

    def reserve(self, wanted: int, until: float = math.inf) -> Slots:
        """Reserve calls; without a limit if the table cannot be reached."""
        try:
            for _ in range(MAX_TRIES):
                reserved = self._read()
                reservation = rates.reserve(reserved, self._rate, wanted, clock.now(), until)
                if not reservation.slots or self._written(reserved, reservation):
                    return _Reserved(self, reservation.slots, reservation.again_at, until)
                clock.sleep(random.random() * PAUSE_SECONDS)
        except AwsError as error:
            logger.warning("rate limiter not reached", error=str(error))
            metrics.add_metric(metric_names.RATE_LIMITER_UNAVAILABLE, MetricUnit.Count, 1)
            return _AnyNumber(until)
        return _Reserved(self, (), again_at=0.0, until=until)

    def slow_down(self) -> None:
        """Increase the distance between all executions' calls for a while."""
        until = clock.now() + rates.SLOWED_SECONDS
        try:
            with api_call("UpdateItem"):
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=self._key,
                    UpdateExpression=(
                        f"SET {items.SLOWED_UNTIL} = :slowed, {items.EXPIRES_AT} = :expires"
                    ),
                    ExpressionAttributeValues={":slowed": _number(until), ":expires": _expiry()},
                )
        except AwsError as error:
            logger.warning("rate limiter not slowed down", error=str(error))

    def _read(self) -> Reserved:
        with api_call("GetItem"):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=self._key, ConsistentRead=True
            )
        item = answer.get("Item", {})
        return Reserved(
            until=_epoch_seconds(item, items.RESERVED_UNTIL),
            slowed_until=_epoch_seconds(item, items.SLOWED_UNTIL),
        )

    def _written(self, before: Reserved, reservation: Reservation) -> bool:
        """Store a reservation; return False if another one was stored in between."""
        try:
            with api_call("UpdateItem"):
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=self._key,
                    UpdateExpression=f"SET #until = :until, {items.EXPIRES_AT} = :expires",
                    ConditionExpression="attribute_not_exists(#until) OR #until = :before",
                    ExpressionAttributeNames={"#until": items.RESERVED_UNTIL},
                    ExpressionAttributeValues={
                        ":until": _number(reservation.reserved.until),
                        ":before": _number(before.until),
                        ":expires": _expiry(),
                    },
                )
        except ConditionalCheckFailedException:
            return False
        return True


class _AnyNumber:
    """Calls that only time limits; the first one is always allowed."""

    again_at: Final = 0.0

    def __init__(self, until: float) -> None:
        self._until = until
        self._taken = 0
        self._open = True

    def take(self) -> bool:
        if self._taken and clock.now() > self._until:
            self._open = False
        self._taken += 1
        return self._open

    def throttled(self) -> None:
        self._open = False


class _Reserved:
    """Calls reserved by a limiter; a late caller keeps the distances and loses the last calls.

    The first one is always allowed, because reserving it may itself have taken long.
    """

    def __init__(
        self, limiter: RateLimiter, slots: Sequence[float], again_at: float, until: float
    ) -> None:
        self.again_at = again_at
        self._limiter = limiter
        self._slots = deque(slots)
        self._good_until = min(slots[-1] + LATE_SECONDS, until) if slots else 0.0
        self._late = 0.0
        self._taken = 0
        self._throttles = 0

    def take(self) -> bool:
        if not self._slots:
            return False
        slot = self._slots.popleft()
        self._late = max(self._late, clock.now() - slot)
        if self._taken and slot + self._late > self._good_until:
            self._slots.clear()
            return False
        self._taken += 1
        clock.sleep(max(0.0, slot + self._late - clock.now()))
        return True

    def throttled(self) -> None:
        self._throttles += 1
        self._limiter.slow_down()
        if self._throttles >= MAX_THROTTLES:
            self._slots.clear()


def _epoch_seconds(item: items.Attributes, name: str) -> float:
    return float(item[name]["N"]) if name in item else 0.0


def _number(epoch_seconds: float) -> dict[str, str]:
    return {"N": f"{epoch_seconds:.3f}"}


def _expiry() -> dict[str, str]:
    return items.expiry(clock.now() + KEPT_SECONDS)[items.EXPIRES_AT]
