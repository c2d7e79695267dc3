"""The resources of a request: those of its plans, as its child executions have left them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from console.reading.child import ChildHistory, state_of
from console.reading.model import Resource, Stage, Wait
from console.reading.observed import observe
from console.reading.parent import RequestHistory
from console.reading.stages import all_deferred, all_work, place
from console.reading.visits import RUNNING
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.requests.clean_up import message_of, reason_of
from lambdas.requests.outcome import Outcome
from lambdas.requests.plan import DeferredJob
from lambdas.shared.texts import timestamp

Place = tuple[tuple[int, ...], int]
"""Where a resource stands in its request: its unit of work, and its place there."""

_LAST: Final = (1_000_000,)


def entries_of(history: RequestHistory, outcome: object) -> tuple[Entry, ...]:
    """Return the results so far: those of the outcome or, before there is one, of the plan.

    Args:
        history: of the request.
        outcome: of the request, published by it or by its clean-up.
    """
    if isinstance(outcome, dict):
        return Outcome.model_validate(outcome).resources
    return history.plan.entries if history.plan is not None else ()


def resources_of(
    history: RequestHistory,
    children: Iterable[ChildHistory],
    entries: Sequence[Entry],
    stages: Sequence[Stage],
    *,
    now: float,
    mutations_per_second: float | None,
) -> tuple[Resource, ...]:
    """Return the resources in the order of the request.

    Args:
        history: of the request.
        children: of all its Map Runs.
        entries: the results so far.
        stages: of the request.
        now: epoch seconds.
        mutations_per_second: of campaigns, None if it is not known.
    """
    by_key = {child.key: child for child in children}
    found: dict[Place, Resource] = {}
    for key, work in _units(history).items():
        child = by_key.get(key)
        if child is None or not child.tracks:
            resources = _not_begun(work, history)
        else:
            resources = iter(child.resources(now, mutations_per_second))
        for number, resource in enumerate(resources):
            found[place(key), number] = resource
    if history.visits.status == RUNNING and history.plan is not None:
        for job in all_deferred(history.plan):
            found[place(job.key), 0] = _deferred(job, history)
    return tuple(_with_results(found, history, entries, stages))


def _units(history: RequestHistory) -> dict[str, Work]:
    """Return every unit of work that a plan has named, as it was when it began."""
    units: dict[str, Work] = {}
    for plan in history.plans:
        units |= {work.key: work for work in all_work(plan)}
    return units


def _not_begun(work: Work, history: RequestHistory) -> Iterator[Resource]:
    wait = _wait_for_stage(history, place(work.key)[:1])
    for seen in observe(work).values():
        yield Resource(
            job=work.job_label,
            kind=work.kind,
            id=seen.id,
            name=seen.name,
            target=seen.target,
            phase=Phase.PENDING,
            wait=wait,
        )


def _deferred(job: DeferredJob, history: RequestHistory) -> Resource:
    return Resource(
        job=job.label,
        kind=job.kind,
        id=job.label,
        target=job.target,
        phase=Phase.PENDING,
        wait=_wait_for_stage(history, place(job.key)[:1]),
    )


def _wait_for_stage(history: RequestHistory, number: tuple[int, ...]) -> Wait | None:
    """Return the wait of what has not begun."""
    current = history.visits.current
    started_at = history.visits.started_at
    if current is None or started_at is None or history.plan is None:
        return None
    running = {place(work.key)[:1] for work in history.plan.running}
    resolving = history.plan.resolving
    if resolving is not None:
        running |= {place(job.key)[:1] for job in resolving.deferred}
    reason = "begins" if number in running else "waits for the stages before it"
    if resolving is not None and number in running:
        reason = "waits until it is known which resources it is about"
    return Wait(state_name=current.state_name, reason=reason, since=timestamp(started_at))


def _with_results(
    found: Mapping[Place, Resource],
    history: RequestHistory,
    entries: Sequence[Entry],
    stages: Sequence[Stage],
) -> Iterator[Resource]:
    """Yield the resources in order, with the results that the request has for them.

    A result that no unit of work has is that of a job which is about nothing, or of a resource
    that needed no work.
    """
    results = {(entry.job, entry.id): entry for entry in entries}
    places = {
        job.label: ((stage.number, index), index)
        for stage in stages
        for index, job in enumerate(stage.jobs)
    }
    shown = dict(found)
    known = {(resource.job, resource.id) for resource in found.values()}
    for number, entry in enumerate(entries):
        if (entry.job, entry.id) not in known:
            at, _ = places.get(entry.job, (_LAST, 0))
            shown[at, 1_000 + number] = _of_entry(entry)
    for _, resource in sorted(shown.items()):
        result = results.get((resource.job, resource.id))
        if result is not None:
            yield _ended(resource, result)
        elif history.visits.status != RUNNING and resource.reason is None:
            yield _lost(resource, history)
        else:
            yield resource


def _of_entry(entry: Entry) -> Resource:
    return Resource(
        job=entry.job,
        kind=entry.kind,
        id=entry.id,
        target=entry.target,
        phase=entry.phase,
        initial_state=entry.initial_state,
        percent=entry.details.get("percent_progress"),
        polls=entry.polls,
    )


def _ended(resource: Resource, entry: Entry) -> Resource:
    """Return a resource with its result in the outcome, which a clean-up may have added to."""
    return resource.model_copy(
        update={
            "name": entry.name or resource.name,
            "phase": str(entry.phase),
            "state": state_of(entry),
            "reason": entry.reason,
            "message": entry.message,
            "warnings": entry.warnings,
            "would": entry.would,
            "wait": None,
            "ended_at": entry.ended_at,
        }
    )


def _lost(resource: Resource, history: RequestHistory) -> Resource:
    """Return a resource whose execution ended before it had a result."""
    visits = history.visits
    ended_at = timestamp(visits.ended_at) if visits.ended_at is not None else None
    return resource.model_copy(
        update={
            "phase": str(Phase.FAILED),
            "reason": str(reason_of(visits.status, visits.error)),
            "message": message_of(visits.status, visits.error, visits.cause),
            "wait": None,
            "ended_at": ended_at,
        }
    )
