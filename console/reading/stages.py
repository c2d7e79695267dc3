"""The stages of a request: what they were to do, and how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from console.reading.model import PlannedJob, Stage
from console.reading.parent import RequestHistory
from console.reading.summaries import request_of
from console.reading.visits import RUNNING
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.plan import DeferredJob, Plan

StagePhase = Literal["PENDING", "IN_PROGRESS", "COMPLETE", "FAILED", "SKIPPED", "PLANNED"]

SKIPPED: Final = "SKIPPED"


class StageOfRequest(NamedTuple):
    """A stage as it was asked for."""

    number: int
    run: str
    jobs: tuple[PlannedJob, ...]


def stages_of(
    history: RequestHistory, entries: Sequence[Entry], *, account: str, region: str
) -> tuple[Stage, ...]:
    """Return the stages of a request; none if it was rejected."""
    if not history.plans:
        return ()
    planned = _requested(history.given, account, region) or _in_plans(history.plans)
    return tuple(
        Stage(
            number=stage.number,
            run=stage.run,
            phase=_phase(stage, history, entries),
            jobs=stage.jobs,
        )
        for stage in planned
    )


def place(key: str) -> tuple[int, ...]:
    """Return the place of a job or of a unit of work in its request: stage, job, batch."""
    return tuple(int(part) for part in key.split(".") if part.isdecimal())


def _requested(given: object, account: str, region: str) -> tuple[StageOfRequest, ...]:
    """Return the stages that an input names, none if it is no request by itself."""
    try:
        request = parse(request_of(given), account=account, region=region)
    except RequestRejected:
        return ()
    return tuple(
        StageOfRequest(
            number,
            stage.run,
            tuple(
                PlannedJob(
                    label=job.label(f"{number}.{index}"),
                    id=job.id,
                    kind=job.kind,
                    target=str(job.target),
                )
                for index, job in enumerate(stage.jobs)
            ),
        )
        for number, stage in enumerate(request.stages)
    )


def _in_plans(plans: Iterable[Plan]) -> tuple[StageOfRequest, ...]:
    """Return the stages of a clean-up, or of a request that an event stands for."""
    jobs: dict[int, dict[str, PlannedJob]] = {}
    for plan in plans:
        for key, label, kind, target in _jobs(plan):
            stage = place(key)[0] if place(key) else 0
            job = PlannedJob(label=label, kind=kind, target=target)
            jobs.setdefault(stage, {}).setdefault(label, job)
    return tuple(
        StageOfRequest(number, "always", tuple(jobs[number].values())) for number in sorted(jobs)
    )


def _jobs(plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    for work in all_work(plan):
        yield work.key, work.job_label, work.kind, target_of(work)
    for job in all_deferred(plan):
        yield job.key, job.label, job.kind, job.target


def all_work(plan: Plan) -> Iterator[Work]:
    """Yield the units of work that a plan runs or will run."""
    yield from plan.running
    for stage in (*filter(None, (plan.resolving,)), *plan.waiting):
        yield from stage.work


def all_deferred(plan: Plan) -> Iterator[DeferredJob]:
    """Yield the jobs whose resources are not known."""
    for stage in (*filter(None, (plan.resolving,)), *plan.waiting):
        yield from stage.deferred


def target_of(work: Any) -> str:  # noqa: ANN401 - a field of any kind's work
    """Return the target of a unit of work."""
    return str(work.target if hasattr(work, "target") else work.job.target)


def _phase(stage: StageOfRequest, history: RequestHistory, entries: Sequence[Entry]) -> StagePhase:
    plan = history.plan
    runs = history.visits.status == RUNNING and history.outcome is None
    if plan is not None and runs:
        if stage.number in _numbers(plan, waiting=False):
            return "IN_PROGRESS"
        if stage.number in _numbers(plan, waiting=True):
            return "PENDING"
    begun = {number for each in history.plans for number in _numbers(each, waiting=False)}
    return _ended(stage, entries, has_begun=stage.number in begun)


def _numbers(plan: Plan, *, waiting: bool) -> set[int]:
    """Return the numbers of the stages that run, or that are still to come."""
    stages = plan.waiting if waiting else tuple(filter(None, (plan.resolving,)))
    keys = [work.key for stage in stages for work in stage.work]
    keys += [job.key for stage in stages for job in stage.deferred]
    keys += [] if waiting else [work.key for work in plan.running]
    return {place(key)[0] for key in keys if place(key)}


def _ended(stage: StageOfRequest, entries: Sequence[Entry], *, has_begun: bool) -> StagePhase:
    labels = {job.label for job in stage.jobs}
    mine = [entry for entry in entries if entry.job in labels]
    if not mine:
        return "FAILED" if has_begun else SKIPPED
    if all(entry.reason == Reason.STAGE_SKIPPED for entry in mine):
        return SKIPPED
    if any(entry.phase is Phase.FAILED for entry in mine):
        return "FAILED"
    return "PLANNED" if any(entry.phase is Phase.PLANNED for entry in mine) else "COMPLETE"
