"""When a batch of campaigns is polled."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from lambdas.jobs.cadence import Pace

DELETION: Final = Pace(floor=5, cap=60, growth=0.25)

WATCH: Final = Pace(floor=15, cap=900, growth=0.1)
"""A campaign runs for minutes to weeks."""

NAMED: Final = MappingProxyType({"deletion": DELETION, "watch": WATCH})

AFTER_SCHEDULE_END: Final = 5
"""Seconds: a campaign shows Completed "a few moments after" its schedule's end.
Source: Amazon Connect administrator guide, campaign states."""
