"""The door: a valid request becomes a plan, anything else an account of its faults."""

from __future__ import annotations

from typing import Any, Final

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import clock, metric_names
from lambdas.domain import events
from lambdas.domain.acceptance import RequestRejected, clean_up, parse
from lambdas.domain.outcomes import rejection
from lambdas.domain.plan import Plan, Trace, clean_up_plan, plan
from lambdas.environment import COORDINATION_TABLE, SNAPSHOT_EXPORTS, setting
from lambdas.observability import logger, metrics, observed

LAST_NOTES_SECONDS: Final = 30
"""How long a function that outlives its execution may take to note what it is about to start: its
cold start and one DescribeExportTasks."""


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}`, or `{"outcome": Outcome}` for a request that is rejected.

    Args:
        event: `request`, the execution's input as it came, which may be an event; `execution_arn`
            and `execution_name`.
    """
    trace = Trace(correlation_id=event["execution_name"], execution_arn=event["execution_arn"])
    try:
        accepted = _plan(event["request"], trace)
    except RequestRejected as rejected:
        correlation_id = rejected.correlation_id or trace.correlation_id
        logger.set_correlation_id(correlation_id)
        logger.warning("request rejected", faults=str(rejected))
        metrics.add_metric(metric_names.REQUESTS_REJECTED, MetricUnit.Count, 1)
        outcome = rejection(
            faults=rejected.faults,
            correlation_id=correlation_id,
            execution_arn=trace.execution_arn,
            now=clock.now(),
        )
        return {"outcome": outcome.model_dump(mode="json")}
    logger.set_correlation_id(accepted.trace.correlation_id)
    logger.info("request accepted", stages=len(accepted.waiting))
    metrics.add_metric(metric_names.REQUESTS_ACCEPTED, MetricUnit.Count, 1)
    return {"plan": accepted.model_dump(mode="json", exclude_defaults=True)}


def _plan(given: object, trace: Trace) -> Plan:
    exports = events.SNAPSHOT_EXPORTS_JSON.validate_json(setting(SNAPSHOT_EXPORTS))
    raw = events.input_of_event(given, exports)
    asked = clean_up(raw)
    if asked is not None:
        # Only a clean-up needs boto3, which is half of this function's cold start.
        from lambdas.aws.started_exports import StartedExports  # noqa: PLC0415

        clock.sleep(LAST_NOTES_SECONDS)
        left_behind = StartedExports(setting(COORDINATION_TABLE)).of(asked.execution_arn)
        return clean_up_plan(left_behind, trace, clock.now())
    request = parse(raw, region=setting("AWS_REGION"))
    correlation_id = request.correlation_id or trace.correlation_id
    own = trace.model_copy(update={"correlation_id": correlation_id})
    return plan(request, own, clock.now())
