"""What wakes those who wait for timers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.waiting.handles import WaiterSelector, key_of

TIMERS = key_of("timers")


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    return (WaiterSelector(TIMERS),) if event.get("source") == "timers" else ()
