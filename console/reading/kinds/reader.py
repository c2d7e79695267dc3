"""How the passes of a kind are read, and what all kinds have in common.

What happened, and why a resource waits, are read from the progress before and after a pass: what a
pass returns is what the next one begins with, so it holds all that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from console.reading.observed import Happened, InWords, WaitFacts
from lambdas.jobs.work import Work


class KindReader(NamedTuple):
    """How the passes of a kind are read.

    Attributes:
        happened: what a pass did about a resource, from the work before and after it.
        waits: why the resource waits after a pass, likewise.
        throttles: how many calls about the resource were throttled in the pass.
        phase: of a resource that differs from that of its work, None if it does not.
        passes: what a resource waits for while a pass runs.
    """

    happened: Callable[[Any, Any, str], Iterator[Happened]]
    waits: Callable[[Any, Any, str], InWords]
    throttles: Callable[[Any, Any, str], int]
    phase: Callable[[Any, str], str | None]
    passes: InWords


def next_poll(facts: WaitFacts) -> str:
    """Say when the next poll is."""
    return f"next poll at {facts.until}"


def throttled(facts: WaitFacts) -> str:
    """Say when the throttled call is made again."""
    return f"throttled; tries again at {facts.until}"


def a_pass_runs(_facts: WaitFacts) -> str:
    """Say that a pass runs."""
    return "a pass runs"


def that_of_the_work(_work: Work, _key: str) -> None:
    """Return that a resource is in the phase of its work."""
