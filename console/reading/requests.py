"""One request, put together from what has been read of its executions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from console.reading.child import ChildHistory
from console.reading.graph import graph_of
from console.reading.model import Child, Graph, Request, RequestSummary, Resource, Step
from console.reading.parent import RequestHistory, parsed
from console.reading.resources import entries_of, resources_of
from console.reading.stages import stages_of
from console.reading.summaries import ended, identity
from console.reading.texts import clock_time, counted
from console.reading.visits import RUNNING, Visit
from lambdas.shared.limits import OUTLIVES_EXECUTION_SECONDS
from lambdas.shared.texts import timestamp

MAX_WAITS: Final = 3
"""Reasons in one line; the others are counted."""


class Read(NamedTuple):
    """What has been read of a request.

    Attributes:
        children: of all its Map Runs.
        definition: of the state machine as it ran, None if it could not be read.
        clean_up: the execution that cleans up after it, None if there is none.
        clean_up_history: that execution's.
        incomplete: what could not be read, in words.
        now: AWS's time, in epoch seconds.
        mutations_per_second: of campaigns, None if it is not known.
    """

    history: RequestHistory
    children: Sequence[ChildHistory]
    definition: Mapping[str, Any] | None
    clean_up: RequestSummary | None
    clean_up_history: RequestHistory | None
    incomplete: tuple[str, ...]
    now: float
    mutations_per_second: float | None


def request_from(read: Read, *, account: str, region: str) -> Request:
    """Return a request as it is known."""
    history = read.history
    outcome = _outcome(read)
    entries = entries_of(history, outcome)
    stages = stages_of(history, entries, account=account, region=region)
    resources = resources_of(
        history,
        read.children,
        entries,
        stages,
        now=read.now,
        mutations_per_second=read.mutations_per_second,
    )
    unreadable = (history.unreadable, *(child.unreadable for child in read.children))
    return Request(
        summary=summary_from(history, outcome),
        input=history.given,
        stages=stages,
        resources=resources,
        steps=tuple(_step(visit) for visit in history.visits.visits),
        children=tuple(_child(child) for child in read.children),
        graph=_graph(read),
        outcome=outcome,
        clean_up=read.clean_up,
        waits_for=_waits_for(history, resources, read.now),
        incomplete=(*read.incomplete, *filter(None, unreadable)),
    )


def summary_from(history: RequestHistory, outcome: object = None) -> RequestSummary:
    """Return a request's summary from its history."""
    visits = history.visits
    says = identity(history.given)
    name = history.execution_arn.rpartition(":")[2]
    phase, reason, summary = ended(visits.status, parsed(visits.output), visits.error, visits.cause)
    if visits.status != RUNNING and isinstance(outcome, dict):
        reason, summary = outcome.get("reason", reason), outcome.get("summary", summary)
    return RequestSummary(
        execution_arn=history.execution_arn,
        name=name,
        correlation_id=says.correlation_id or name,
        description=says.description,
        status=visits.status,
        phase=phase,
        reason=reason,
        summary=summary,
        started_at=timestamp(visits.started_at or 0.0),
        ended_at=_time(visits.ended_at),
        dry_run=says.dry_run,
        cleans_up=says.cleans_up,
        read=True,
    )


def _outcome(read: Read) -> Any:  # noqa: ANN401 - JSON
    """Return the request's outcome: its own, or the one that its clean-up publishes."""
    own = read.history.outcome
    if read.clean_up_history is not None and read.clean_up_history.publishes is not None:
        return read.clean_up_history.publishes
    return own


def _graph(read: Read) -> Graph:
    if read.definition is None:
        return Graph()
    executions = (read.history.visits, *(child.visits for child in read.children))
    return graph_of(read.definition, executions)


def _step(visit: Visit) -> Step:
    return Step(
        state_name=visit.state_name,
        type=visit.type,
        entered_at=timestamp(visit.entered_at),
        exited_at=_time(visit.exited_at),
        error=visit.failure.error if visit.failure else None,
        cause=visit.failure.cause if visit.failure else None,
    )


def _child(child: ChildHistory) -> Child:
    visits = child.visits
    current = visits.current
    return Child(
        execution_arn=child.execution_arn,
        name=child.name,
        status=visits.status,
        kind=child.kind,
        stage=child.stage,
        resource_ids=tuple(track.seen.id for track in child.tracks.values()),
        current_state=current.state_name if current is not None else None,
        visits=dict(visits.counts),
        started_at=timestamp(visits.started_at or 0.0),
        ended_at=_time(visits.ended_at),
    )


def _time(epoch_seconds: float | None) -> str | None:
    return None if epoch_seconds is None else timestamp(epoch_seconds)


def _waits_for(history: RequestHistory, resources: Iterable[Resource], now: float) -> str | None:
    """Return what a request waits for now, the most frequent reasons first."""
    current = history.visits.current
    if current is None or history.visits.status != RUNNING:
        return None
    if current.failure is not None:
        return (
            f"{current.state_name} failed with {current.failure.error}; Step Functions tries again"
        )
    if current.state_name == "AwaitLastStarts":
        until = clock_time(current.entered_at + OUTLIVES_EXECUTION_SECONDS, now)
        return f"waits until {until} for what functions may still start"
    if current.state_name == "ResolveJobs":
        return "finds out which resources the stage is about"
    return _in_one_line(
        (resource, resource.wait.reason)
        for resource in resources
        if resource.wait is not None and resource.child_arn is not None
    )


def _in_one_line(waits: Iterable[tuple[Resource, str]]) -> str | None:
    by_reason: dict[str, list[Resource]] = {}
    for resource, reason in waits:
        by_reason.setdefault(reason, []).append(resource)
    ordered = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    lines = [f"{who(each)}: {reason}" for reason, each in ordered[:MAX_WAITS]]
    if len(ordered) > MAX_WAITS:
        rest = sum(len(each) for _, each in ordered[MAX_WAITS:])
        lines.append(f"{counted(rest, 'other')} for other reasons")
    return "; ".join(lines) or None


def who(resources: Sequence[Resource]) -> str:
    """Return the id of one resource, or how many of which kind there are."""
    if len(resources) == 1:
        return short(resources[0].id)
    kinds = Counter(resource.kind.removesuffix("s") for resource in resources)
    return ", ".join(counted(number, kind) for kind, number in kinds.items())


def short(resource_id: str) -> str:
    """Return a short name: an ARN's parts that name the resource, or the id."""
    if not resource_id.startswith("arn:"):
        return resource_id
    return ":".join(resource_id.split(":")[5:]) or resource_id
