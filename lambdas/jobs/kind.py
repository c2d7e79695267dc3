"""What the rest of the project needs to know of a kind of job."""

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
from lambdas.rate_limit.quota import Rate

J = TypeVar("J", bound=Job)
W = TypeVar("W", bound=Work)


class Limit(NamedTuple, Generic[J]):
    """How many resources of a kind one request may name.

    Attributes:
        most: of all its jobs together.
        plural: what they are called.
        count: how many of them a job names.
    """

    most: int
    plural: str
    count: Callable[[J], int]


class Calls(NamedTuple):
    """API operations that are monitored together.

    Attributes:
        operations: as metrics count them.
        title: their title on the dashboard; None for calls that it shows only when throttled.
        quota: the rate that AWS allows, if documented.
    """

    operations: tuple[str, ...]
    title: str | None = None
    quota: Rate | None = None


def never(_job: Job) -> bool:
    """Return that a job's resources are known when the request is accepted."""
    return False


def of_no_job(_job: Job, _earlier: Job) -> str | None:
    """Return the rule that no job of a kind is about another job's resources."""
    return "is not supported by jobs of this kind"


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
        plan: the units of work of a job, given the job's place in the request.
        limit: how much of it one request may name.
        reconciler: the module of the function that runs its reconcile passes.
        loop: the states of its loop in the graph.
        resources: the fields of its work that hold the resources without a result.
        paces: the cadences by which it is polled, by name.
        title: the heading of its dashboard section and of its alarm on throttled calls.
        calls: the calls that its function makes of its service.
        undone_by: the identifier of what a clean-up undoes, from a resource's entry.
        deferred: whether a job's resources become known only when its stage begins.
        check_of: the rule that a job breaks by naming an earlier one in `of`, None if it may.
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
    title: str
    calls: tuple[Calls, ...]
    undone_by: Callable[[Entry], str] = id_of
    deferred: Callable[[J], bool] = never
    check_of: Callable[[J, Job], str | None] = of_no_job

    @property
    def operations(self) -> tuple[str, ...]:
        """All operations that its function calls of its service."""
        return tuple(name for calls in self.calls for name in calls.operations)

    @property
    def task(self) -> str:
        """The name of the reconciler's function and of its state: `ReconcileExport`."""
        module = self.reconciler.rpartition(".")[2]
        return re.sub(r"(?:^|_)([a-z])", lambda found: found[1].upper(), module)
