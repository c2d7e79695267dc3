"""What a pass measures of its work, besides the calls that it makes."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit

from lambdas.jobs.memo import Memo
from lambdas.jobs.pass_result import Look
from lambdas.jobs.work import Work
from lambdas.shared import clock, metric_names
from lambdas.shared.observability import metrics


def looked(look: Look) -> Look:
    """Count a pass; of one after which there is another, tell how long its work is under way."""
    metrics.add_metric(metric_names.LOOKS, MetricUnit.Count, 1)
    if look.work is not None:
        _open(look.work)
    return look


def compared(before: object, after: object) -> None:
    """Count progress where a resource shows something else than in the pass before."""
    if before != after:
        metrics.add_metric(metric_names.PROGRESS, MetricUnit.Count, 1)


def noticed(ended_at: float | None, memo: Memo) -> None:
    """Measure how long ago a resource ended that was just seen to have, unless at the first pass.

    Args:
        ended_at: epoch seconds, None where it has not ended, or does not say when.
        memo: of its work.
    """
    if ended_at is not None and memo.looks > 1:
        late = max(0.0, clock.now() - ended_at)
        metrics.add_metric(metric_names.NOTICED_AFTER, MetricUnit.Seconds, late)


def _open(work: Work) -> None:
    now = clock.now()
    if not work.only_watches:
        metrics.add_metric(metric_names.JOB_AGE, MetricUnit.Seconds, work.memo.age(now))
    if work.queued_for_room_since is not None:
        waited = now - work.queued_for_room_since
        metrics.add_metric(metric_names.QUEUE_WAIT, MetricUnit.Seconds, waited)
