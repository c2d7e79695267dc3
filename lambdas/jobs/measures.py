"""What a look measures of its work, besides the calls that it makes."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit

from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.work import CampaignWork
from lambdas.exports.decisions import ExportTask
from lambdas.exports.work import ExportProgress, ExportWork
from lambdas.jobs.memo import Memo
from lambdas.jobs.pass_result import Look
from lambdas.jobs.work import Work
from lambdas.shared import clock, metric_names
from lambdas.shared.observability import metrics


def looked(look: Look) -> Look:
    """Count a look; of one after which there is another, tell how long its work is under way."""
    metrics.add_metric(metric_names.LOOKS, MetricUnit.Count, 1)
    if look.work is not None:
        _open(look.work)
    return look


def campaign_seen(before: str | None, after: str | None) -> None:
    """Count a campaign whose state has changed since the look before."""
    if before != after:
        _progressed()


def export_seen(before: ExportProgress, after: ExportProgress) -> None:
    """Count an export whose status or percentage has changed since the look before."""
    percentages = [progress.details.get("percent_progress") for progress in (before, after)]
    if before.state != after.state or percentages[0] != percentages[1]:
        _progressed()


def noticed(task: ExportTask | None, memo: Memo) -> None:
    """Measure how long ago a task ended that has just been seen to have, but for the first look."""
    if task is not None and task.ended_at is not None and memo.looks > 1:
        late = max(0.0, clock.now() - task.ended_at)
        metrics.add_metric(metric_names.NOTICED_AFTER, MetricUnit.Seconds, late)


def _open(work: Work) -> None:
    now = clock.now()
    if not (isinstance(work, CampaignWork) and work.target is CampaignTarget.FINISHED):
        metrics.add_metric(metric_names.JOB_AGE, MetricUnit.Seconds, work.memo.age(now))
    if isinstance(work, ExportWork) and work.progress.queued_since is not None:
        waited = now - work.progress.queued_since
        metrics.add_metric(metric_names.QUEUE_WAIT, MetricUnit.Seconds, waited)


def _progressed() -> None:
    metrics.add_metric(metric_names.PROGRESS, MetricUnit.Count, 1)
