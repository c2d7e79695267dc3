"""The door: a valid request becomes a plan, anything else an account of its faults."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import clock
from lambdas.domain.acceptance import RequestRejected, parse
from lambdas.domain.outcomes import rejection
from lambdas.domain.plan import Trace, plan
from lambdas.environment import setting
from lambdas.observability import logger, metrics, observed


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}`, or `{"outcome": Outcome}` for a request that is rejected.

    Args:
        event: `request`, the execution's input as it came; `execution_arn` and `execution_name`.
    """
    try:
        request = parse(event["request"], region=setting("AWS_REGION"))
    except RequestRejected as rejected:
        logger.warning("request rejected", faults=str(rejected))
        metrics.add_metric("RequestsRejected", MetricUnit.Count, 1)
        outcome = rejection(
            faults=rejected.faults,
            correlation_id=rejected.correlation_id or event["execution_name"],
            execution_arn=event["execution_arn"],
            now=clock.now(),
        )
        return {"outcome": outcome.model_dump(mode="json")}
    trace = Trace(
        correlation_id=request.correlation_id or event["execution_name"],
        execution_arn=event["execution_arn"],
    )
    metrics.add_metric("RequestsAccepted", MetricUnit.Count, 1)
    accepted = plan(request, trace, clock.now())
    return {"plan": accepted.model_dump(mode="json", exclude_defaults=True)}
