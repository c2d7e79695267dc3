"""What wakes those who wait for timers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.waiting.handles import Hurried, key_of

TIMERS = key_of("timers")


def hurried_by(event: Mapping[str, Any]) -> tuple[Hurried, ...]:
    return (Hurried(TIMERS),) if event.get("source") == "timers" else ()
