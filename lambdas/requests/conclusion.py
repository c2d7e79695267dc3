"""What a function answers with a plan: the work to run, or the outcome where there is none left."""

from __future__ import annotations

from typing import Any

from lambdas.requests.clean_up import outcome_of_ended_execution
from lambdas.requests.outcome import Outcome, account
from lambdas.requests.plan import Plan


def payload_of(plan: Plan, now: float) -> dict[str, Any]:
    """Return `{"plan": Plan}` while there is work, `{"outcome": Outcome}` when there is none.

    A clean-up adds `publish`, the outcome of the execution that it cleans up after: that one is
    published instead of its own. `now` is in epoch seconds.
    """
    if not plan.finished:
        return {"plan": plan.model_dump(mode="json", exclude_defaults=True)}
    payload = {"outcome": outcome_of(plan, now).model_dump(mode="json")}
    if plan.cleans_up is not None:
        published = outcome_of_ended_execution(plan.cleans_up, plan.settled)
        payload["publish"] = published.model_dump(mode="json")
    return payload


def outcome_of(plan: Plan, now: float) -> Outcome:
    """Close the account of a plan that is finished; `now` is in epoch seconds."""
    return account(
        entries=plan.settled,
        correlation_id=plan.trace.correlation_id,
        description=plan.trace.description,
        execution_arn=plan.trace.execution_arn,
        started_at=plan.started_at,
        now=now,
        workflow_failed=plan.workflow_failed,
    )
