"""The only Logger, Tracer and Metrics."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared.errors import TransientError
from lambdas.shared.metric_names import NAMESPACE, SERVICE, TRANSIENT_ERRORS

_CORRELATION: Final = "trace.correlation_id || plan.trace.correlation_id || execution_arn || id"

logger: Final = Logger(service=SERVICE)
tracer: Final = Tracer(service=SERVICE, auto_patch=False)
metrics: Final = Metrics(namespace=NAMESPACE, service=SERVICE)

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def observed(handler: Handler) -> Handler:
    """Log, trace and measure an invocation; every log line identifies the request."""

    @wraps(handler)
    def invoke(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        trace = event.get("trace") or event.get("plan", {}).get("trace") or event
        keys = {
            "execution_arn": trace.get("execution_arn"),
            "job": event.get("work", {}).get("key"),
        }
        logger.append_keys(**{name: value for name, value in keys.items() if value})
        try:
            return handler(event, context)
        except TransientError:
            metrics.add_metric(TRANSIENT_ERRORS, MetricUnit.Count, 1)
            raise

    logged = logger.inject_lambda_context(
        invoke, correlation_id_path=_CORRELATION, clear_state=True
    )
    measured = metrics.log_metrics(logged)
    # A plan may be larger than an X-Ray segment, 64 KB. Source: X-Ray developer guide, 'Segment
    # documents'.
    traced: Handler = tracer.capture_lambda_handler(measured, capture_response=False)
    return traced
