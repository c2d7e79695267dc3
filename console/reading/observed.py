"""What a reconcile pass says about each resource of its work, for every kind.

The part that all kinds share reads the fields that `Kind.resources` names. What only one kind has,
mutations and waits above all, is in `console.reading.kinds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from console.reading.model import MarkType
from lambdas.jobs.loop import FieldPath, ResourceMap
from lambdas.jobs.registry import kind_named
from lambdas.jobs.work import Work

ONE: str = ""
"""The key of the resource of work that is about one: its id may become known later."""


class Observed(NamedTuple):
    """One resource as the last pass left it."""

    id: str
    target: str
    state: str | None
    initial_state: str | None
    polls: int
    name: str | None = None
    percent: int | None = None
    phase: str | None = None


class WaitFacts(NamedTuple):
    """What the words of a wait may say.

    Attributes:
        until: the time of the next pass, in words.
        at: returns a time in epoch seconds in words.
        mutations_per_second: the rate of the stack, None if it is not known.
    """

    until: str
    at: Callable[[float], str]
    mutations_per_second: float | None


InWords = Callable[[WaitFacts], str]
"""Why a resource waits."""


class Happened(NamedTuple):
    """Something that a pass did, or that was done to it."""

    type: MarkType
    text: str


def observe(work: Work) -> dict[str, Observed]:
    """Return the resources of work that have not ended, by key."""
    resources = kind_named(work.kind).resources
    if isinstance(resources, ResourceMap):
        return {
            key: Observed(
                id=key,
                target=str(_value(work, resources.target)),
                state=_value(progress, resources.final_state),
                initial_state=_value(progress, resources.initial_state),
                polls=_value(progress, resources.polls),
                name=getattr(progress, "name", None),
            )
            for key, progress in _value(work, resources.open).items()
        }
    if work.entries:
        return {}
    known = (_value(work, path) for path in (resources.id, *resources.until_known))
    details = _value(work, resources.details)
    return {
        ONE: Observed(
            id=next(filter(None, known), work.job_label),
            target=str(_value(work, resources.target)),
            state=_value(work, resources.final_state),
            initial_state=_value(work, resources.initial_state),
            polls=_value(work, resources.polls),
            percent=getattr(details, "percent_progress", None),
        )
    }


def key_of(work: Work, resource_id: str) -> str:
    """Return the key of a resource by the id in its entry."""
    return resource_id if isinstance(kind_named(work.kind).resources, ResourceMap) else ONE


def _value(model: Any, path: FieldPath) -> Any:  # noqa: ANN401 - a field of any kind's work
    for name in path:
        model = getattr(model, name, None)
    return model
