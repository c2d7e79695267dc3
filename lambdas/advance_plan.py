"""Between the stages: take in what the children did, and say what runs next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import clock, metric_names
from lambdas.domain.looks import Look, TaskError
from lambdas.domain.outcomes import Entry, account
from lambdas.domain.phases import Phase
from lambdas.domain.plan import Plan, advance
from lambdas.observability import logger, metrics, observed


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}` while there is work, `{"outcome": Outcome}` when there is none.

    Args:
        event: `plan`; `results`, what the children returned, nothing for one that was lost; and
            `error`, where the whole map failed.
    """
    before = Plan.model_validate(event["plan"])
    results = [Look.model_validate(result) for result in event["results"] if result]
    lost = TaskError.model_validate(event["error"]) if "error" in event else None
    plan = advance(before, results, clock.now(), lost=lost)
    _measure(plan.settled[len(before.settled) :])
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


def _measure(entries: Sequence[Entry]) -> None:
    """Count how the resources ended that have just ended."""
    for phase, name in (
        (Phase.COMPLETE, metric_names.RESOURCES_COMPLETE),
        (Phase.FAILED, metric_names.RESOURCES_FAILED),
    ):
        count = sum(entry.phase is phase for entry in entries)
        metrics.add_metric(name, MetricUnit.Count, count)
