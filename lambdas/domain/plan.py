"""What runs next: stages in order, jobs at the same time, and what a failure skips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from lambdas.domain.limits import CAMPAIGNS_PER_BATCH
from lambdas.domain.looks import Look, TaskError
from lambdas.domain.model import Frozen
from lambdas.domain.outcomes import Entry
from lambdas.domain.phases import Phase, Reason
from lambdas.domain.requests import CampaignJob, ExportJob, ExportTarget, Job, Request
from lambdas.domain.work import (
    CampaignProgress,
    CampaignWork,
    ExportProgress,
    ExportWork,
    Work,
)


class Trace(Frozen):
    """Whose plan this is."""

    correlation_id: str
    execution_arn: str


class PlannedStage(Frozen):
    """A stage that has not begun."""

    run: Literal["on_success", "always"]
    work: tuple[Work, ...]


class Plan(Frozen):
    """How far a request has come.

    Attributes:
        started_at: epoch seconds.
        running: the work of the present stage that is not settled.
        waiting: the stages to come.
        settled: the account so far.
    """

    trace: Trace
    started_at: float
    running: tuple[Work, ...] = ()
    waiting: tuple[PlannedStage, ...]
    settled: tuple[Entry, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not self.running and not self.waiting


def plan(request: Request, trace: Trace, now: float) -> Plan:
    """Lay a request out as stages of work; nothing runs yet. `now` is in epoch seconds."""
    stages = tuple(
        PlannedStage(
            run=stage.run,
            work=tuple(
                work
                for index, job in enumerate(stage.jobs)
                for work in _work(job, f"{number}.{index}")
            ),
        )
        for number, stage in enumerate(request.stages)
    )
    return Plan(trace=trace, started_at=now, waiting=stages)


def clean_up_plan(left_behind: Iterable[tuple[str, str]], trace: Trace, now: float) -> Plan:
    """Plan to cancel exports, and those alone.

    Args:
        left_behind: the identifier and the source ARN of each.
        trace: whose plan this is.
        now: epoch seconds.
    """
    work = tuple(
        ExportWork(
            kind="export",
            key=f"0.{index}",
            job=ExportJob(kind="export", source_arn=source_arn, target=ExportTarget.CANCELED),
            progress=ExportProgress(asked_for=task_id, nothing_else=True),
        )
        for index, (task_id, source_arn) in enumerate(left_behind)
    )
    stages = (PlannedStage(run="always", work=work),) if work else ()
    return Plan(trace=trace, started_at=now, waiting=stages)


def advance(
    before: Plan, results: Sequence[Look], now: float, *, lost: TaskError | None = None
) -> Plan:
    """Take in what the children came back with, and begin the next stage when one is due.

    Args:
        before: the plan, with the work that was running.
        results: the children's last looks; a child that was lost has none.
        now: epoch seconds.
        lost: why the children have no results at all, where the whole map failed.
    """
    by_key = {result.key: result for result in results}
    running: list[Work] = []
    settled = list(before.settled)
    for given in before.running:
        result = by_key.get(given.key)
        if result is not None and result.phase is Phase.UNSETTLED and result.work is not None:
            running.append(_for_a_fresh_child(result.work))
        elif result is not None and result.settled:
            settled += result.settled
        else:
            settled += _close(given, result, lost, now).settled
    waiting = list(before.waiting)
    while waiting and not running:
        stage = waiting.pop(0)
        failed = any(entry.phase is Phase.FAILED for entry in settled)
        if failed and stage.run != "always":
            settled += _skip(stage, now)
        else:
            running = list(stage.work)
    return before.model_copy(
        update={
            "running": tuple(running),
            "waiting": tuple(waiting),
            "settled": tuple(settled),
        }
    )


def _work(job: Job, key: str) -> Iterator[Work]:
    if not isinstance(job, CampaignJob):
        yield ExportWork(kind=job.kind, key=key, job=job)
        return
    for start in range(0, len(job.campaign_ids), CAMPAIGNS_PER_BATCH):
        batch = job.campaign_ids[start : start + CAMPAIGNS_PER_BATCH]
        yield CampaignWork(
            kind=job.kind,
            key=f"{key}.{start // CAMPAIGNS_PER_BATCH}",
            api_version=job.api_version,
            target=job.target,
            deadline_seconds=job.deadline,
            open=dict.fromkeys(batch, CampaignProgress()),
        )


def _for_a_fresh_child(work: Work) -> Work:
    return work.model_copy(update={"memo": work.memo.model_copy(update={"child_looks": 0})})


def _close(given: Work, result: Look | None, lost: TaskError | None, now: float) -> Work:
    """Close whatever a child left open, so that nothing is missing from the account."""
    error = lost if result is None else result.error
    work = given if result is None or result.work is None else result.work
    return work.fail_all(
        reason=error.error if error else Reason.JOB_LOST,
        message=error.message if error else "the child execution gave no account",
        now=now,
    )


def _skip(stage: PlannedStage, now: float) -> Iterator[Entry]:
    for work in stage.work:
        yield from work.fail_all(
            reason=Reason.STAGE_SKIPPED,
            message="a job of an earlier stage failed, and this stage runs on success only",
            now=now,
        ).settled
