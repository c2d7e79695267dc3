"""The metrics of a reconcile pass, besides those of its API calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aws_lambda_powertools.metrics import MetricUnit

from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.polling import Polling
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.shared import clock, metric_names
from lambdas.shared.observability import metrics


def count_pass(result: PassResult) -> PassResult:
    """Count a pass, and measure the age of work that has not ended."""
    metrics.add_metric(metric_names.RECONCILE_PASSES, MetricUnit.Count, 1)
    if result.work is not None:
        _open(result.work)
    return result


def count_results(entries: Iterable[Entry]) -> None:
    """Count results by phase."""
    phases = Counter[Phase](entry.phase for entry in entries)
    for phase, name in (
        (Phase.COMPLETE, metric_names.RESOURCES_COMPLETE),
        (Phase.FAILED, metric_names.RESOURCES_FAILED),
    ):
        metrics.add_metric(name, MetricUnit.Count, phases[phase])


def count_progress(before: object, after: object) -> None:
    """Count progress where a resource has changed since the previous pass."""
    if before != after:
        metrics.add_metric(metric_names.PROGRESS, MetricUnit.Count, 1)


def measure_lateness(ended_at: float | None, polling: Polling) -> None:
    """Measure how long ago a resource ended whose end was just seen, except in the first pass.

    Args:
        ended_at: epoch seconds; None if it has not ended or its end time is not known.
        polling: of its work.
    """
    if ended_at is not None and polling.polls > 1:
        late = max(0.0, clock.now() - ended_at)
        metrics.add_metric(metric_names.NOTICED_AFTER, MetricUnit.Seconds, late)


def _open(work: Work) -> None:
    now = clock.now()
    if not work.only_watches:
        metrics.add_metric(metric_names.JOB_AGE, MetricUnit.Seconds, work.polling.age(now))
    if work.queued_for_room_since is not None:
        waited = now - work.queued_for_room_since
        metrics.add_metric(metric_names.QUEUE_WAIT, MetricUnit.Seconds, waited)
