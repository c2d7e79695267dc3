"""Every AWS API call is counted, and its errors are mapped to the classes of `errors`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools.metrics import MetricUnit

from lambdas.shared import metric_names
from lambdas.shared.errors import ThrottlingException, named_errors
from lambdas.shared.observability import metrics


@contextmanager
def api_call(operation: str) -> Iterator[None]:
    """Count a call and its throttling, as <operation>Calls and <operation>Throttles.

    Raises:
        AwsError: see `errors`.
    """
    metrics.add_metric(metric_names.calls(operation), MetricUnit.Count, 1)
    try:
        with named_errors(operation):
            yield
    except ThrottlingException:
        metrics.add_metric(metric_names.throttles(operation), MetricUnit.Count, 1)
        raise
