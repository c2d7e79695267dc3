"""What the state machine needs of a kind: its loop, and the fields of its work that it reads.

Fields are named by their path in the kind's work; synthesis fails for one that its model lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.jobs.phases import Phase

FieldPath = tuple[str, ...]
"""The names of fields, from a model to one that is nested in it."""


@dataclass(frozen=True)
class Wait:
    """A state that waits until the next pass.

    Attributes:
        name: of the state.
        comment: what it waits for.
    """

    name: str
    comment: str


@dataclass(frozen=True)
class Loop:
    """The loop of a kind in the graph: reconcile, route by phase, wait, reconcile again.

    Attributes:
        route: the name of the Choice behind the reconciler.
        waits: where work waits in a phase.
        otherwise: where it waits in any other phase.
        plain_wait: where it waits when no event can end the wait early.
        waits_for_keys_of: by attribute of a waiter's item, the mapping in the work whose keys it
            lists, for `wake_waiters` to find the waiter by one of them.
    """

    route: str
    otherwise: Wait
    plain_wait: str
    waits: Mapping[Phase, Wait] = field(default_factory=dict)
    waits_for_keys_of: Mapping[str, FieldPath] = field(default_factory=dict)


@dataclass(frozen=True)
class OneResource:
    """A kind whose work is one resource; the fields of the work that its result is made of.

    Attributes:
        until_known: the fields of which one stands for `id` until that is known.
    """

    id: FieldPath
    target: FieldPath
    initial_state: FieldPath
    final_state: FieldPath
    polls: FieldPath
    details: FieldPath
    until_known: tuple[FieldPath, ...] = ()


@dataclass(frozen=True)
class ResourceMap:
    """A kind whose work is several resources, by id in a mapping of the work.

    Attributes:
        open: the mapping from ids to the progress of each.
        target: of the work.
        initial_state: of the progress of one.
        final_state: of the progress of one.
        polls: of the progress of one.
    """

    open: FieldPath
    target: FieldPath
    initial_state: FieldPath
    final_state: FieldPath
    polls: FieldPath


Resources = OneResource | ResourceMap
