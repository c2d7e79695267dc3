"""An export has ended: whoever waits for it, or for its slot, looks at once."""

from __future__ import annotations

from typing import Any, Final

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import metric_names
from lambdas.aws.waiters import Waiters, Woken
from lambdas.domain import wakes
from lambdas.environment import COORDINATION_TABLE, setting
from lambdas.observability import logger, metrics, observed

SLOTS_PER_END: Final = 1
"""An export that ends frees one slot."""


@observed
@event_source(data_class=EventBridgeEvent)
def handler(event: EventBridgeEvent, _context: LambdaContext) -> dict[str, Any]:
    """Wake the waiters of an RDS event's source, and the first one that waits for a slot.

    Events hurry and nothing more: one that is lost, late, doubled or for nobody does no harm,
    because every wait ends by itself.
    """
    source_arn = event.detail["SourceArn"]
    waiters = Waiters(setting(COORDINATION_TABLE))
    of_source = waiters.wake(wakes.source_key(source_arn))
    of_slot = waiters.wake(wakes.EXPORT_SLOT, SLOTS_PER_END)
    woken = Woken(of_source.live + of_slot.live, of_source.stale + of_slot.stale)
    _measure(woken)
    logger.info("export ended", source_arn=source_arn, event_id=event.detail["EventID"])
    return woken._asdict()


def _measure(woken: Woken) -> None:
    metrics.add_metric(metric_names.WAITERS_WOKEN, MetricUnit.Count, woken.live)
    metrics.add_metric(metric_names.WAITERS_STALE, MetricUnit.Count, woken.stale)
    metrics.add_metric(metric_names.EVENTS_FOR_NOBODY, MetricUnit.Count, int(woken == Woken(0, 0)))
