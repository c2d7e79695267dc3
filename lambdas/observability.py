"""The only Logger, Tracer and Metrics."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICE: Final = "orchestrator"
_CORRELATION: Final = "(work || plan).trace.correlation_id || execution_arn"

logger: Final = Logger(service=SERVICE)
tracer: Final = Tracer(service=SERVICE)
metrics: Final = Metrics(namespace="Orchestrator", service=SERVICE)

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def observed(handler: Handler) -> Handler:
    """Log, trace and measure an invocation; every line carries whose request it is."""

    @wraps(handler)
    def invoke(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        work = event.get("work") or {}
        if work:
            logger.append_keys(job=work["key"], execution_arn=work["trace"]["execution_arn"])
        return handler(event, context)

    logged = logger.inject_lambda_context(
        invoke, correlation_id_path=_CORRELATION, clear_state=True
    )
    measured = metrics.log_metrics(logged)
    traced: Handler = tracer.capture_lambda_handler(measured)
    return traced
