"""What happened to a resource in a pass, and why it waits after it, for each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from console.reading.kinds.campaigns import CAMPAIGNS
from console.reading.kinds.exports import EXPORT
from console.reading.kinds.reader import KindReader, a_pass_runs, next_poll, that_of_the_work
from console.reading.kinds.snapshots import SNAPSHOT
from console.reading.observed import Happened
from lambdas.jobs.registry import UnknownKindError, kind_named
from lambdas.jobs.work import Work

_READERS: Final[Mapping[str, KindReader]] = MappingProxyType(
    {"campaigns": CAMPAIGNS, "export": EXPORT, "snapshot": SNAPSHOT}
)


def reader_of(kind: str) -> KindReader:
    """Return how the passes of a kind are read; of a kind without a reader, its states only."""
    return _READERS.get(kind, _OTHER)


def comment_on(kind: str, state_name: str) -> str | None:
    """Return what a state of a kind's loop waits for, None if it does not wait."""
    try:
        loop = kind_named(kind).loop
    except UnknownKindError:
        return None
    waits = (*loop.waits.values(), loop.otherwise)
    return next((wait.comment for wait in waits if wait.name == state_name), None)


def _nothing(_before: Work, _after: Work, _key: str) -> Iterator[Happened]:
    return iter(())


_OTHER: Final = KindReader(
    happened=_nothing,
    waits=lambda _before, _after, _key: next_poll,
    throttles=lambda _before, _after, _key: 0,
    phase=that_of_the_work,
    passes=a_pass_runs,
)
