"""An export has ended, or somebody has moved a campaign: whoever waits for it looks at once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared import metric_names
from lambdas.shared.environment import COORDINATION_TABLE, setting
from lambdas.shared.observability import logger, metrics, observed
from lambdas.waiting.events import hurried_by
from lambdas.waiting.waiters import Waiters, Woken


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Wake whom an event of RDS or of CloudTrail hurries.

    Events hurry and nothing more: one that is lost, late, doubled or for nobody does no harm,
    because every wait ends by itself.

    Raises:
        UnreadableEventError: when the event does not say whom it is about.
        AwsError: when a service did not answer; the same event again does no harm.
    """
    hurried = hurried_by(event)
    waiters = Waiters(setting(COORDINATION_TABLE))
    counts = [waiters.wake(whom) for whom in hurried]
    woken = Woken(sum(count.live for count in counts), sum(count.stale for count in counts))
    _measure(woken)
    logger.info("event taken in", hurried=[whom._asdict() for whom in hurried], **woken._asdict())
    return woken._asdict()


def _measure(woken: Woken) -> None:
    metrics.add_metric(metric_names.WAITERS_WOKEN, MetricUnit.Count, woken.live)
    metrics.add_metric(metric_names.WAITERS_STALE, MetricUnit.Count, woken.stale)
    metrics.add_metric(metric_names.EVENTS_FOR_NOBODY, MetricUnit.Count, int(woken == Woken(0, 0)))
