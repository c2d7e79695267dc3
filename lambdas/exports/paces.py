"""When an export is polled."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from lambdas.jobs.cadence import Pace, wait_seconds

STARTING: Final = Pace(floor=180, cap=600, growth=1.0)
"""Restoring takes ten minutes and more. Source: USER_ExportSnapshot, and observed exports."""

RUNNING: Final = Pace(floor=30, cap=900, growth=0.5)

CANCELING: Final = Pace(floor=10, cap=60, growth=0.5)

SLOT: Final = Pace(floor=30, cap=120, growth=0.25)
"""A slot or a source may become free at any time."""

SNAPSHOT: Final = Pace(floor=60, cap=600, growth=0.25)
"""A snapshot takes minutes; RDS's event of its creation ends the wait."""

NAMED: Final = MappingProxyType(
    {
        "starting": STARTING,
        "running": RUNNING,
        "canceling": CANCELING,
        "slot": SLOT,
        "snapshot": SNAPSHOT,
    }
)

SHARE_OF_REMAINING: Final = 0.9
"""The share of an export's estimated remaining time to wait before the next poll."""


def extraction_seconds(percent: int, running_for: float, jitter: float) -> int:
    """Return how long to wait for an export that extracts data, in whole seconds.

    The remaining time is estimated from the progress so far; the wait is most of it, never all.

    Args:
        percent: PercentProgress, 0 to 100.
        running_for: seconds since TaskStartTime.
        jitter: from 0 to 1, drawn by the caller.
    """
    if not 0 < percent < 100:
        return wait_seconds(RUNNING, running_for, jitter)
    remaining = running_for * (100 - percent) / percent
    return wait_seconds(RUNNING._replace(growth=SHARE_OF_REMAINING), remaining, jitter)
