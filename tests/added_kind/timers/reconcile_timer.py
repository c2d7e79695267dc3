"""One pass over a timer."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from lambdas.timers.paces import TICKING
from lambdas.timers.wakes import TIMERS
from lambdas.timers.work import TimerWork

from lambdas.jobs import measures, pass_result
from lambdas.jobs.cadence import wait_seconds
from lambdas.jobs.dry_run import Foreseen
from lambdas.jobs.history import Budget
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared import clock
from lambdas.shared.observability import observed
from lambdas.waiting.handles import wake


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    now = clock.now()
    work = TimerWork.model_validate(event["work"])
    polling = work.polling.polled(now)
    age = polling.age(now)
    state = "Rung" if age >= work.seconds else "Ticking"
    progress = {"polling": polling, "initial_state": work.initial_state or state, "state": state}
    work = work.replace(**progress)
    if work.dry_run:
        foreseen = Foreseen((), "Rung", Reason.TIME_ELAPSED, "waits for its time")
        work = work.close(
            phase=Phase.PLANNED, reason=foreseen.reason, message=foreseen.message, now=now
        ).foreseeing(foreseen)
        return pass_result.last_pass(work, Phase.PLANNED).as_payload()
    if state == "Rung":
        reason = Reason.TIME_ELAPSED
        work = work.close(
            phase=Phase.COMPLETE, reason=reason, message="its time has elapsed", now=now
        )
        return measures.count_pass(pass_result.last_pass(work, Phase.COMPLETE)).as_payload()
    budget = Budget(event["history_events"], age, work.deadline_seconds)
    wait = budget.stretch(wait_seconds(TICKING, age, 0.5))
    found = wake(TIMERS, polling.started_at or now, now, wait) if budget.allows_wakes else None
    result = pass_result.next_pass(work, Phase.IN_PROGRESS, wait, found)
    return measures.count_pass(result).as_payload()
