"""The kinds of jobs. A kind is registered here and nowhere else.

For the request functions and the stack. A reconciler imports nothing of other kinds, and so does
not import this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, PlainValidator, SerializeAsAny

from lambdas.campaigns.kind import CAMPAIGNS
from lambdas.exports.kind import EXPORT
from lambdas.jobs.contract import Job
from lambdas.jobs.kind import Kind
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.work import Work
from lambdas.snapshots.kind import SNAPSHOT

KINDS: Final[tuple[Kind[Any, Any], ...]] = (CAMPAIGNS, EXPORT, SNAPSHOT)

_BY_NAME: Final[Mapping[str, Kind[Any, Any]]] = MappingProxyType(
    {kind.name: kind for kind in KINDS}
)


class UnknownKindError(Exception):
    """A payload is of a kind that this version does not know."""


def kind_named(name: object) -> Kind[Any, Any]:
    """Return a kind by its name.

    Raises:
        UnknownKindError: when no kind has that name.
    """
    kind = _BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None:
        raise UnknownKindError(f"{name!r} is none of the kinds {', '.join(_BY_NAME)}")
    return kind


def _read_work(value: object) -> Work:
    if isinstance(value, Work):
        return value
    kind = value.get("kind") if isinstance(value, dict) else None
    work: Work = kind_named(kind).work.model_validate(value)
    return work


AnyWork = Annotated[SerializeAsAny[Work], PlainValidator(_read_work)]
"""Work of any kind in a payload."""

if TYPE_CHECKING:
    AnyJob = Job
else:
    AnyJob = Annotated[reduce(or_, (kind.job for kind in KINDS)), Field(discriminator="kind")]
"""A job of any kind in a request."""


class ChildResult(PassResult):
    """The output of a child execution, as the plan reads it."""

    work: AnyWork | None = None
