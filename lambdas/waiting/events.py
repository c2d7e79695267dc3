"""The events that may end a wait early; each kind reads its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lambdas.campaigns import wakes as of_campaigns
from lambdas.exports import wakes as of_exports
from lambdas.snapshots import wakes as of_snapshots
from lambdas.waiting.handles import WaiterSelector

Reader = Callable[[Mapping[str, Any]], tuple[WaiterSelector, ...]]

READERS: Final[tuple[Reader, ...]] = (
    of_exports.waiters_for,
    of_snapshots.waiters_for,
    of_campaigns.waiters_for,
)


class UnreadableEventError(Exception):
    """An event is of no kind, or names no resource; the message has its source."""


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    """Return which waiters an event wakes, in order.

    Raises:
        UnreadableEventError: when it is an event of no kind, or names no resource.
    """
    selectors = tuple(selector for read in READERS for selector in read(event))
    if not selectors:
        source = event.get("source")
        raise UnreadableEventError(f"an event of {source!r} names no resource")
    return selectors
