"""What a function returns for a request that it rejects."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from lambdas.requests.acceptance import RequestRejected
from lambdas.requests.outcome import rejection
from lambdas.requests.plan import Trace
from lambdas.requests.response import Response
from lambdas.shared import clock, metric_names
from lambdas.shared.observability import logger, metrics


def rejected(error: RequestRejected, trace: Trace) -> dict[str, Any]:
    """Count and log a rejection and return its `{"outcome": Outcome}`."""
    correlation_id = error.correlation_id or trace.correlation_id
    logger.set_correlation_id(correlation_id)
    logger.warning("request rejected", faults=str(error))
    metrics.add_metric(metric_names.REQUESTS_REJECTED, MetricUnit.Count, 1)
    outcome = rejection(
        faults=error.faults,
        correlation_id=correlation_id,
        description=error.description,
        execution_arn=trace.execution_arn,
        now=clock.now(),
    )
    return Response(outcome=outcome).as_payload()
