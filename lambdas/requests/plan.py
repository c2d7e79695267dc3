"""The plan of a request: stages in order, jobs in parallel, and what a failure skips."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

from pydantic import Field, TypeAdapter

from lambdas.jobs.contract import Job
from lambdas.jobs.pass_result import PassResult, TaskError
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.registry import AnyWork, kind_named
from lambdas.jobs.resolution import Resolved, entry_of_job
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.requests.contract import Request, Stage
from lambdas.requests.outcome import Outcome
from lambdas.shared.model import Internal


class Trace(Internal):
    """The request and the execution that a plan belongs to.

    Attributes:
        correlation_id: the caller's, or the execution's name.
        description: the caller's, for people.
    """

    correlation_id: str
    execution_arn: str
    description: str | None = None

    def named_as(self, other: Trace) -> Trace:
        """Return the same execution's trace with another one's correlation id and description."""
        return other.replace(execution_arn=self.execution_arn)


class DeferredJob(Internal):
    """A job whose resources become known only when its stage begins.

    Attributes:
        key: its place in the request.
        label: what the outcome calls it.
        kind: of its resources.
        target: of its resources.
        restores: what the outcome calls the earlier job whose changes it undoes, None if it undoes
            none.
        job: the job as it was accepted. Unlike work, it is read strictly: a function that is older
            than the request would otherwise leave out a condition that it does not know.
    """

    key: str
    label: str
    kind: str
    target: str
    restores: str | None = None
    job: dict[str, Any]

    def read(self) -> Job:
        """Return the job.

        Raises:
            UnknownKindError: this version has no such kind.
            ValidationError: this version has no such job of the kind.
        """
        job: Job = kind_named(self.kind).job.model_validate(self.job)
        return job

    def fail(self, *, reason: str, message: str, now: float) -> Entry:
        """Return the result of the job if it is not resolved, at `now` in epoch seconds."""
        return entry_of_job(
            self.label,
            kind=self.kind,
            target=self.target,
            phase=Phase.FAILED,
            reason=reason,
            message=message,
            now=now,
        )


class PlannedStage(Internal):
    """A stage that has not begun.

    Attributes:
        work: of the jobs whose resources are known.
        deferred: the other jobs, which `ResolveJobs` resolves when the stage begins.
    """

    run: Literal["on_success", "always"]
    work: tuple[AnyWork, ...] = ()
    deferred: tuple[DeferredJob, ...] = ()

    def fail_all(self, *, reason: str, message: str, now: float) -> Iterator[Entry]:
        """Yield a failed result for every resource, and for every job without known ones."""
        for work in self.work:
            yield from work.fail_all(reason=reason, message=message, now=now).entries
        for job in self.deferred:
            yield job.fail(reason=reason, message=message, now=now)


_ENTRIES: Final = TypeAdapter(tuple[Entry, ...])


class EndedExecution(Internal):
    """An execution that ended before its outcome was published and needs a clean-up.

    Attributes:
        trace: of its request.
        started_at: epoch seconds.
        ended_at: epoch seconds.
        reason: how it ended, such as `Reason.EXECUTION_ABORTED`.
        message: likewise, for people.
        entries: the results of its resources, as far as known.
        jobs_of: for each thing that the clean-up undoes, the jobs that started it.
        outcome: its outcome, if only publishing it failed.
        packed_entries: the entries as base64 of compressed JSON, if they are too many to be carried
            as they are.
    """

    trace: Trace
    started_at: float
    ended_at: float
    reason: str
    message: str
    entries: tuple[Entry, ...] = ()
    jobs_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    outcome: Outcome | None = None
    packed_entries: str | None = None

    def packed(self) -> EndedExecution:
        """Return the same with its entries compressed; they resemble each other."""
        compressed = zlib.compress(_ENTRIES.dump_json(self.all_entries, exclude_defaults=True))
        return self.replace(entries=(), packed_entries=b64encode(compressed).decode())

    @property
    def all_entries(self) -> tuple[Entry, ...]:
        """The entries, whether or not they are packed."""
        if self.packed_entries is None:
            return self.entries
        return _ENTRIES.validate_json(zlib.decompress(b64decode(self.packed_entries)))


class Plan(Internal):
    """What is left of a request, and its results so far.

    Attributes:
        started_at: epoch seconds.
        running: the work of the current stage.
        resolving: the stage that begins as soon as its jobs are resolved.
        waiting: the stages to come.
        entries: the results so far.
        workflow_failed: whether the map of a stage has failed as a whole.
        dry_run: whether nothing is changed.
        would_fail: whether a dry run has found a resource that would not reach its target.
        cleans_up: the execution that a clean-up is about, if its outcome is not published yet.
    """

    trace: Trace
    started_at: float
    running: tuple[AnyWork, ...] = ()
    resolving: PlannedStage | None = None
    waiting: tuple[PlannedStage, ...] = ()
    entries: tuple[Entry, ...] = ()
    workflow_failed: bool = False
    dry_run: bool = False
    would_fail: bool = False
    cleans_up: EndedExecution | None = None

    @property
    def has_failed(self) -> bool:
        """Whether a resource failed, or would fail if this were no dry run."""
        return self.would_fail or any(entry.phase is Phase.FAILED for entry in self.entries)

    def room_for(self, job: DeferredJob) -> int:
        """Return how many resources a deferred job may have.

        All results of a kind are at most twice as many as a request may name, and jobs that name
        this one in `of` have as many again: what is changed can be restored.
        """
        most: int = kind_named(job.kind).limit.most
        stages = (*filter(None, (self.resolving,)), *self.waiting)
        known = (work for stage in stages for work in stage.work if work.kind == job.kind)
        taken: int = sum(entry.kind == job.kind for entry in self.entries)
        taken += sum(len(work.resource_ids()) for work in known)
        later = (other.job.get("of") for stage in stages for other in stage.deferred)
        again: int = sum(name == job.label for name in later)
        return max(0, min(most, (2 * most - taken) // (1 + again)))

    @property
    def has_ended(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not self.running and self.resolving is None and not self.waiting

    def with_results(
        self, entries: Iterable[Entry], *, workflow_failed: bool, would_fail: bool
    ) -> Plan:
        """Return the plan after the work of a stage has ended."""
        return self.replace(
            running=(),
            resolving=None,
            entries=tuple(entries),
            workflow_failed=self.workflow_failed or workflow_failed,
            would_fail=self.would_fail or would_fail,
        )

    def at_stage(
        self,
        running: Iterable[Work],
        waiting: Iterable[PlannedStage],
        entries: Iterable[Entry],
        *,
        resolving: PlannedStage | None = None,
    ) -> Plan:
        """Return the plan at a stage that runs or is resolved, those to come, and the results."""
        return self.replace(
            running=tuple(running),
            resolving=resolving,
            waiting=tuple(waiting),
            entries=tuple(entries),
        )

    def cleaning_up_after(self, ended: EndedExecution | None) -> Plan:
        """Return the plan of a clean-up after an execution, None if its outcome is published."""
        return self.replace(cleans_up=ended)


def trace_of(request: Request, execution: Trace) -> Trace:
    """Return the trace of a request, with the caller's correlation id if there is one."""
    return Trace(
        correlation_id=request.correlation_id or execution.correlation_id,
        execution_arn=execution.execution_arn,
        description=request.description,
    )


def plan(request: Request, trace: Trace, now: float) -> Plan:
    """Return the plan of a request, its first stage begun; `now` is in epoch seconds."""
    stages = tuple(_planned(stage, number) for number, stage in enumerate(request.stages))
    whole = Plan(trace=trace, started_at=now, waiting=stages, dry_run=request.dry_run)
    return _begin_next_stage(whole, now)


def plan_of(work: Iterable[Work], trace: Trace, now: float) -> Plan:
    """Return a plan of one stage, which has begun; `now` is in epoch seconds."""
    stage = PlannedStage(run="always", work=tuple(work))
    waiting = (stage,) if stage.work else ()
    return _begin_next_stage(Plan(trace=trace, started_at=now, waiting=waiting), now)


def advance(
    before: Plan, results: Sequence[PassResult], now: float, *, lost: TaskError | None = None
) -> Plan:
    """Add the children's results to the plan, and begin the next stage.

    Args:
        before: the plan, with the work that was running.
        results: the children's last passes; a child that was lost has none.
        now: epoch seconds.
        lost: why no child has a result, if the whole map failed.
    """
    by_key = {result.key: result for result in results}
    entries = list(before.entries)
    reason = lost.error if lost else Reason.JOB_LOST
    message = lost.message if lost else "the child execution returned no result"
    for given in before.running:
        entries += close(given, by_key.get(given.key), now, reason=reason, message=message)
    if before.resolving is not None:
        entries += before.resolving.fail_all(reason=reason, message=message, now=now)
    would_fail = before.dry_run and any(result.phase is Phase.FAILED for result in results)
    after = before.with_results(entries, workflow_failed=lost is not None, would_fail=would_fail)
    return _begin_next_stage(after, now)


def begin_resolved_stage(before: Plan, resolved: Iterable[Resolved], now: float) -> Plan:
    """Begin the stage whose jobs have been resolved, or the next one if it has no work.

    Args:
        before: the plan, with the stage that was resolved.
        resolved: its jobs.
        now: epoch seconds.
    """
    jobs = tuple(resolved)
    work = [*before.resolving.work] if before.resolving is not None else []
    work += (each for job in jobs for each in job.work)
    running = _begin(work, before, before.waiting, now)
    entries = (*before.entries, *(entry for job in jobs for entry in job.entries))
    after = before.with_results(
        entries, workflow_failed=False, would_fail=any(job.would_fail for job in jobs)
    ).at_stage(running, before.waiting, entries)
    return after if running else _begin_next_stage(after, now)


def _begin_next_stage(before: Plan, now: float) -> Plan:
    """Begin the next stage that runs, and skip those before it."""
    running: tuple[Work, ...] = ()
    entries = list(before.entries)
    waiting = list(before.waiting)
    failed = before.has_failed
    resolving: PlannedStage | None = None
    while waiting and not running and resolving is None:
        stage = waiting.pop(0)
        if failed and stage.run != "always":
            skipped = _skip(stage, now)
            entries += (entry.planned() if before.dry_run else entry for entry in skipped)
        elif stage.deferred:
            resolving = stage
        else:
            running = _begin(stage.work, before, waiting, now)
    return before.at_stage(running, waiting, entries, resolving=resolving)


def _begin(
    work: Iterable[Work], plan: Plan, waiting: Iterable[PlannedStage], now: float
) -> tuple[Work, ...]:
    """Return the work of a stage as it begins, with what the stages to come mean for it."""
    restored = {job.restores for stage in waiting for job in stage.deferred}
    begun = (each.begun(now) for each in work)
    marked = (each.restored_later() if each.job_label in restored else each for each in begun)
    return tuple(each.as_dry_run(plan.entries) if plan.dry_run else each for each in marked)


def _planned(stage: Stage, number: int) -> PlannedStage:
    work: list[Work] = []
    deferred = []
    for index, job in enumerate(stage.jobs):
        key = f"{number}.{index}"
        kind = kind_named(job.kind)
        if kind.deferred(job):
            deferred.append(_deferred(job, key))
        else:
            work += kind.plan(job, key)
    return PlannedStage(run=stage.run, work=tuple(work), deferred=tuple(deferred))


def _deferred(job: Job, key: str) -> DeferredJob:
    return DeferredJob(
        key=key,
        label=job.label(key),
        kind=job.kind,
        target=job.target,
        restores=job.restored_job,
        job=job.model_dump(mode="json", exclude_unset=True),
    )


def close(
    given: Work, result: PassResult | None, now: float, *, reason: str, message: str
) -> tuple[Entry, ...]:
    """Return a result for every resource of work that has run, so that the outcome has them all.

    Args:
        given: the work as passed to its child execution.
        result: the child's last pass, None if there is none.
        now: epoch seconds.
        reason: of the resources without a result.
        message: likewise.
    """
    if result is None:
        return given.fail_all(reason=reason, message=message, now=now).entries
    if result.entries:
        return result.entries
    work = given if result.work is None else result.work
    if result.error is None:
        return work.fail_all(reason=reason, message=message, now=now).entries
    ended_at = result.ended_at / 1000 if result.ended_at else now
    error = result.error
    return work.fail_all(reason=error.error, message=error.message, now=ended_at).entries


def _skip(stage: PlannedStage, now: float) -> Iterator[Entry]:
    message = "a job of an earlier stage failed, and this stage runs on success only"
    return stage.fail_all(reason=Reason.STAGE_SKIPPED, message=message, now=now)
