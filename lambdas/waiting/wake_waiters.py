"""Wakes the child executions that wait for an export that has ended or a campaign that changed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared import metric_names
from lambdas.shared.environment import COORDINATION_TABLE, setting
from lambdas.shared.observability import logger, metrics, observed
from lambdas.waiting.events import waiters_for
from lambdas.waiting.waiters import Waiters, Woken


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Wake the waiters for what an event of RDS or CloudTrail is about.

    An event only ends waits early. A lost, late or duplicate one does no harm, because every wait
    ends by itself.

    Raises:
        UnreadableEventError: when the event names no resource.
        AwsError: when a service did not respond; the same event again does no harm.
    """
    selectors = waiters_for(event)
    waiters = Waiters(setting(COORDINATION_TABLE))
    counts = [waiters.wake(selector) for selector in selectors]
    woken = Woken(sum(count.live for count in counts), sum(count.stale for count in counts))
    _measure(woken)
    logger.info(
        "waiters woken",
        selectors=[selector._asdict() for selector in selectors],
        **woken._asdict(),
    )
    return woken._asdict()


def _measure(woken: Woken) -> None:
    metrics.add_metric(metric_names.WAITERS_WOKEN, MetricUnit.Count, woken.live)
    metrics.add_metric(metric_names.WAITERS_STALE, MetricUnit.Count, woken.stale)
    metrics.add_metric(metric_names.EVENTS_FOR_NOBODY, MetricUnit.Count, int(woken == Woken(0, 0)))
