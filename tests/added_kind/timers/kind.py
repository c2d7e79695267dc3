"""Timers as the registry of kinds knows them."""

from __future__ import annotations

from collections.abc import Iterator

from lambdas.timers.contract import TimerJob
from lambdas.timers.paces import TICKING
from lambdas.timers.work import TimerWork

from lambdas.jobs.kind import Calls, Kind, Limit
from lambdas.jobs.loop import Loop, OneResource, Wait
from lambdas.shared.limits import MAX_TIMERS_PER_REQUEST


def _plan(job: TimerJob, key: str) -> Iterator[TimerWork]:
    yield TimerWork(key=key, job_label=job.label(key), **job.model_dump(exclude={"id"}))


TIMER = Kind(
    name="timer",
    job=TimerJob,
    work=TimerWork,
    plan=_plan,
    limit=Limit(MAX_TIMERS_PER_REQUEST, "timers", lambda _job: 1),
    reconciler="lambdas.timers.reconcile_timer",
    loop=Loop(
        route="RouteTimer",
        otherwise=Wait("AwaitTimer", "Until the timer's time has elapsed."),
        plain_wait="AwaitNextPollOfTimer",
    ),
    resources=OneResource(
        id=("name",),
        target=("target",),
        initial_state=("initial_state",),
        final_state=("state",),
        polls=("polling", "polls"),
        details=("details",),
    ),
    paces={"ticking": TICKING},
    title="Timers",
    calls=(Calls(("DescribeTimer",), "Calls of timers"),),
)
