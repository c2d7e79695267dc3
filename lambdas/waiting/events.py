"""The events that may end a wait early: each kind reads its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lambdas.campaigns import wakes as of_campaigns
from lambdas.exports import wakes as of_exports
from lambdas.waiting.handles import Hurried

Reader = Callable[[Mapping[str, Any]], tuple[Hurried, ...]]

READERS: Final[tuple[Reader, ...]] = (of_exports.hurried_by, of_campaigns.hurried_by)


class UnreadableEventError(Exception):
    """An event is none of these, or does not say whom it is about; the text names its source."""


def hurried_by(event: Mapping[str, Any]) -> tuple[Hurried, ...]:
    """Return whom an event hurries, one after the other, as EventBridge hands it to a function.

    Raises:
        UnreadableEventError: when it is no event of any kind, or does not say whom it is about.
    """
    hurried = tuple(whom for read in READERS for whom in read(event))
    if not hurried:
        source = event.get("source")
        raise UnreadableEventError(f"an event of {source!r} does not say whom it is about")
    return hurried
