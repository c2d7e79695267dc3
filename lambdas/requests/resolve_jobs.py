"""When a stage begins: finds out the resources of its deferred jobs, and begins it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from lambdas.jobs import measures
from lambdas.jobs.phases import Reason
from lambdas.jobs.resolution import Context, Resolved
from lambdas.jobs.resolvers import RESOLVERS
from lambdas.requests.conclusion import response_to
from lambdas.requests.plan import DeferredJob, Plan, begin_resolved_stage
from lambdas.shared import clock
from lambdas.shared.aws import LAST_CALL_SECONDS
from lambdas.shared.errors import PermanentError, TransientError
from lambdas.shared.limits import RETRIES_WHEN_UNAVAILABLE
from lambdas.shared.observability import logger, observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}` while there is work, `{"outcome": Outcome}` when there is none.

    Args:
        event: `plan`, whose stage `resolving` begins; `retries`, how many there have been.
        context: of the invocation, for the time that is left.

    Raises:
        TransientError: a job could not be resolved, and there are retries left.
    """
    before = Plan.model_validate(event["plan"])
    logger.set_correlation_id(before.trace.correlation_id)
    deferred = before.resolving.deferred if before.resolving is not None else ()
    timeout = clock.now() + context.get_remaining_time_in_millis() / 1_000
    is_last = event.get("retries", 0) >= RETRIES_WHEN_UNAVAILABLE
    resolved = [
        _resolve(job, before, timeout - LAST_CALL_SECONDS, is_last=is_last) for job in deferred
    ]
    now = clock.now()
    plan = begin_resolved_stage(before, resolved, now)
    measures.count_results(plan.entries[len(before.entries) :])
    return response_to(plan, now).as_payload()


def _resolve(deferred: DeferredJob, plan: Plan, until: float, *, is_last: bool) -> Resolved:
    """Resolve a job; one that cannot be resolved fails, and its siblings run all the same."""
    context = Context(
        execution_arn=plan.trace.execution_arn,
        entries=plan.entries,
        now=clock.now(),
        at_most=plan.room_for(deferred),
        until=until,
        dry_run=plan.dry_run,
    )
    try:
        resolved = RESOLVERS[deferred.kind](deferred.read(), deferred.key, context)
        if plan.dry_run:
            resolved = resolved.as_dry_run()
    except ValidationError as error:
        rule = f"this version of the functions cannot read the job: {error.errors()[0]['msg']}"
        return _failed(deferred, Reason.UNKNOWN_KIND, rule)
    except (PermanentError, TransientError) as error:
        if isinstance(error, TransientError) and not is_last:
            raise
        return _failed(deferred, type(error).__name__, str(error))
    logger.info(
        "job resolved",
        job=deferred.label,
        units_of_work=len(resolved.work),
        results=[entry.reason for entry in resolved.entries],
    )
    return resolved


def _failed(deferred: DeferredJob, reason: str, message: str) -> Resolved:
    logger.warning("job not resolved", job=deferred.label, reason=reason, error=message)
    entry = deferred.fail(reason=reason, message=message, now=clock.now())
    return Resolved(entries=(entry,))
