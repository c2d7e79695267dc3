"""Between stages: adds the children's results to the plan, and begins the next stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.jobs.pass_result import TaskError
from lambdas.jobs.phases import Phase
from lambdas.jobs.registry import ChildResult
from lambdas.jobs.resource_result import Entry
from lambdas.requests.conclusion import response_to
from lambdas.requests.plan import Plan, advance
from lambdas.shared import clock, metric_names
from lambdas.shared.observability import logger, metrics, observed


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
    _measure(plan.entries[len(before.entries) :])
    response = response_to(plan, now)
    if response.outcome is not None:
        outcome = response.outcome
        logger.info("request ended", phase=outcome.phase, summary=outcome.summary)
    return response.as_payload()


def _measure(entries: Sequence[Entry]) -> None:
    """Count the new results by phase."""
    for phase, name in (
        (Phase.COMPLETE, metric_names.RESOURCES_COMPLETE),
        (Phase.FAILED, metric_names.RESOURCES_FAILED),
    ):
        count = sum(entry.phase is phase for entry in entries)
        metrics.add_metric(name, MetricUnit.Count, count)
