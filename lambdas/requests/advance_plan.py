"""Between stages: adds the children's results to the plan, and begins the next stage."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.jobs import measures
from lambdas.jobs.pass_result import TaskError
from lambdas.jobs.registry import ChildResult
from lambdas.requests.conclusion import response_to
from lambdas.requests.plan import Plan, advance
from lambdas.shared import clock
from lambdas.shared.observability import logger, observed


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}` while there is work, `{"outcome": Outcome}` when there is none.

    Args:
        event: `plan`; `results`, what the children returned, null for one that was lost; and
            `error`, if the whole map failed.
    """
    before = Plan.model_validate(event["plan"])
    results = [ChildResult.model_validate(result) for result in event["results"] if result]
    lost = TaskError.model_validate(event["error"]) if "error" in event else None
    now = clock.now()
    plan = advance(before, results, now, lost=lost)
    measures.count_results(plan.entries[len(before.entries) :])
    response = response_to(plan, now)
    if response.outcome is not None:
        outcome = response.outcome
        logger.info("request ended", phase=outcome.phase, summary=outcome.summary)
    return response.as_payload()
