"""Times and durations as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from lambdas.shared.texts import timestamp

_UNITS: Final = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))


def iso(moment: datetime) -> str:
    """Return a time of a response of AWS as the model has it."""
    return timestamp(moment.timestamp())


def clock_time(epoch_seconds: float, now: float) -> str:
    """Return a time of day, with its date unless that is today's; all of them in UTC."""
    moment, today = (datetime.fromtimestamp(each, UTC) for each in (epoch_seconds, now))
    day = "" if moment.date() == today.date() else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """Return a duration in the largest unit of which there are at least two, without a rest."""
    for size, unit in _UNITS:
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:,.0f} seconds"


def counted(number: int, what: str) -> str:
    """Return a number of things: `1 campaign`, `3 campaigns`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
