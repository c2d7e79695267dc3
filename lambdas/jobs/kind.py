"""What describes a kind of job to everything that is not the kind's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from lambdas.jobs.cadence import Pace
from lambdas.jobs.contract import Job
from lambdas.jobs.loop import Loop, Resources
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work

J = TypeVar("J", bound=Job)
W = TypeVar("W", bound=Work)


class Limit(NamedTuple, Generic[J]):
    """How many things of a kind one request may name.

    Attributes:
        most: of all its jobs together.
        things: what they are called.
        count: how many of them a job names.
    """

    most: int
    things: str
    count: Callable[[J], int]


def id_of(entry: Entry) -> str:
    """Return the id of a resource's entry."""
    return entry.id


@dataclass(frozen=True)
class Kind(Generic[J, W]):
    """One kind of job.

    Attributes:
        name: the `kind` of its jobs, its work and its resources.
        job: the public model of its jobs.
        work: the unit of work of a child execution.
        plan: the units of work of a job, given the job's label.
        limit: how much of it one request may name.
        reconciler: the module of the function that brings its work closer to its target.
        loop: the states of its loop in the graph.
        resources: where its work tells of resources that are open.
        paces: the cadences by which it is polled, by name.
        operations: the API operations that its function calls, as metrics count them.
        undone_by: which of the things that a clean-up undoes a resource's entry is about.
    """

    name: str
    job: type[J]
    work: type[W]
    plan: Callable[[J, str], Iterator[W]]
    limit: Limit[J]
    reconciler: str
    loop: Loop
    resources: Resources
    paces: Mapping[str, Pace]
    operations: tuple[str, ...]
    undone_by: Callable[[Entry], str] = id_of

    @property
    def task(self) -> str:
        """The name of the reconciler's function and of its state: `ReconcileExport`."""
        module = self.reconciler.rpartition(".")[2]
        return re.sub(r"(?:^|_)([a-z])", lambda found: found[1].upper(), module)
