"""What a function returns for a plan: the plan, or the outcome if no work is left."""

from __future__ import annotations

from lambdas.requests.clean_up import outcome_of_ended_execution
from lambdas.requests.fitting import fitted
from lambdas.requests.outcome import Outcome, request_outcome
from lambdas.requests.plan import Plan
from lambdas.requests.response import Response


def response_to(plan: Plan, now: float) -> Response:
    """Return the plan while there is work, the outcome when there is none left.

    A clean-up adds the outcome of the execution that it cleans up after, which is published instead
    of its own. `now` is in epoch seconds.
    """
    if not plan.has_ended:
        return fitted(Response(plan=plan))
    publish = None
    if plan.cleans_up is not None:
        publish = outcome_of_ended_execution(plan.cleans_up, plan.entries)
    return fitted(Response(outcome=outcome_of(plan, now), publish=publish))


def outcome_of(plan: Plan, now: float) -> Outcome:
    """Return the outcome of a plan that has ended; `now` is in epoch seconds."""
    return request_outcome(
        entries=plan.entries,
        correlation_id=plan.trace.correlation_id,
        description=plan.trace.description,
        execution_arn=plan.trace.execution_arn,
        started_at=plan.started_at,
        now=now,
        workflow_failed=plan.workflow_failed,
        dry_run=plan.dry_run,
        would_fail=plan.would_fail,
    )
