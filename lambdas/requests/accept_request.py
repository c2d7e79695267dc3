"""Validates a request: a valid one becomes a plan whose first stage runs, others are rejected."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.requests.acceptance import RequestRejected, clean_up, parse
from lambdas.requests.conclusion import response_to
from lambdas.requests.inputs import input_of
from lambdas.requests.plan import Trace, plan, trace_of
from lambdas.requests.rejections import rejected
from lambdas.requests.response import Response
from lambdas.shared import clock, metric_names
from lambdas.shared.arns import account_of
from lambdas.shared.environment import setting
from lambdas.shared.observability import logger, metrics, observed


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}`, or `{"outcome": Outcome}` for a request that is rejected.

    For a request to clean up after an execution: `{"clean_up": CleanUp}`.

    Args:
        event: `request`, the unchanged input of the execution, which may be an event;
            `execution_arn` and `execution_name`.
    """
    trace = Trace(correlation_id=event["execution_name"], execution_arn=event["execution_arn"])
    try:
        given = input_of(event["request"])
        requested = clean_up(given, own_execution_arn=trace.execution_arn)
        if requested is not None:
            logger.set_correlation_id(trace.correlation_id)
            logger.info("clean-up accepted", of_execution=requested.execution_arn)
            metrics.add_metric(metric_names.REQUESTS_ACCEPTED, MetricUnit.Count, 1)
            return Response(clean_up=requested).as_payload()
        request = parse(
            given, region=setting("AWS_REGION"), account=account_of(trace.execution_arn)
        )
    except RequestRejected as rejection:
        return rejected(rejection, trace)
    trace = trace_of(request, trace)
    logger.set_correlation_id(trace.correlation_id)
    logger.info("request accepted", stages=len(request.stages))
    metrics.add_metric(metric_names.REQUESTS_ACCEPTED, MetricUnit.Count, 1)
    now = clock.now()
    return response_to(plan(request, trace, now), now).as_payload()
