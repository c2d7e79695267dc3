"""What a dry run foresees of a resource."""

from __future__ import annotations

from typing import NamedTuple


class Foreseen(NamedTuple):
    """What a request would do about a resource, and how that would end.

    Attributes:
        would: the operations that it would call, in order.
        state: AWS's word for the state that it would leave; None if there would be nothing.
        reason: one of `Reason`.
        message: likewise, for people.
        fails: whether the resource would not reach its target.
    """

    would: tuple[str, ...]
    state: str | None
    reason: str
    message: str
    fails: bool = False
