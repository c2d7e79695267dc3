"""Between the stages: take in what the children did, and say what runs next."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import clock
from lambdas.domain.outcomes import account
from lambdas.domain.plan import Plan, advance
from lambdas.domain.work import Look
from lambdas.observability import logger, observed


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}` while there is work, `{"outcome": Outcome}` when there is none.

    Args:
        event: `plan`, and `results`: what the children returned, nothing for one that was lost.
    """
    results = [Look.model_validate(result) for result in event["results"] if result]
    plan = advance(Plan.model_validate(event["plan"]), results, clock.now())
    if not plan.finished:
        return {"plan": plan.model_dump(mode="json", exclude_defaults=True)}
    outcome = account(
        entries=plan.settled,
        correlation_id=plan.trace.correlation_id,
        execution_arn=plan.trace.execution_arn,
        started_at=plan.started_at,
        now=clock.now(),
    )
    logger.info("request finished", phase=outcome.phase, summary=outcome.summary)
    return {"outcome": outcome.model_dump(mode="json")}
