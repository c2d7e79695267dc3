"""The metrics that the dashboard shows and the alarms watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn

from infra.alarms import A_QUARTER_HOUR, AN_HOUR
from infra.jobs import PUT_AND_WAIT
from lambdas.campaigns.transitions import Mutation
from lambdas.rate_limit.quota import CampaignRates
from lambdas.shared import metric_names

MUTATIONS: Final = tuple(Mutation)
READS: Final = ("GetCampaignStateBatch",)
DESCRIPTIONS: Final = ("DescribeCampaign",)
"""With a quota of their own, and never urgent."""
EXPORTS: Final = ("StartExportTask", "CancelExportTask", "DescribeExportTasks")
COORDINATION: Final = (
    "GetItem",
    "UpdateItem",
    "PutItem",
    "DeleteItem",
    "Query",
    "SendTaskSuccess",
    "DescribeExecution",
    "GetExecutionHistory",
    "ListExecutions",
)
"""The operations that the functions call, but for the files of exports."""

QUOTAS: Final = CampaignRates()

MINUTE: Final = Duration.minutes(1)
PERIOD: Final = Duration.minutes(5)

SUM: Final[Mapping[str, Any]] = {"statistic": "Sum", "period": PERIOD}

Metric = cloudwatch.Metric | cloudwatch.MathExpression
Named = Mapping[str, cloudwatch.Metric]


def own(
    name: str, label: str, *, statistic: str = "Sum", period: Duration = PERIOD
) -> cloudwatch.Metric:
    """Return one of those that the functions publish."""
    return cloudwatch.Metric(
        namespace=metric_names.NAMESPACE,
        metric_name=name,
        dimensions_map={"service": metric_names.SERVICE},
        statistic=statistic,
        period=period,
        label=label,
    )


def calls(operations: Sequence[str]) -> list[Metric]:
    """Return the calls of each operation, by the minute."""
    return [own(metric_names.calls(name), name, period=MINUTE) for name in operations]


def throttles(operations: Sequence[str]) -> Named:
    """Return the throttled calls of each operation."""
    return {f"throttled{name}": own(metric_names.throttles(name), name) for name in operations}


def together(metrics: Named, label: str) -> cloudwatch.MathExpression:
    """Return the sum of metrics."""
    return cloudwatch.MathExpression(
        expression=_sum(metrics), using_metrics={**metrics}, label=label, period=PERIOD
    )


def crashes(errors: Named) -> cloudwatch.MathExpression:
    """Return the functions' errors without those that they raise in order to be retried."""
    return cloudwatch.MathExpression(
        expression=f"{_sum(errors)} - FILL(retried, 0)",
        using_metrics={**errors, "retried": own(metric_names.TRANSIENT_ERRORS, "Retried")},
        label="Errors that are not retried",
        period=PERIOD,
    )


def failed(machine: sfn.IStateMachine) -> cloudwatch.MathExpression:
    """Return the executions that failed without those whose request was rejected."""
    return cloudwatch.MathExpression(
        expression="failed - FILL(rejected, 0)",
        using_metrics={
            "failed": machine.metric_failed(**SUM),
            "rejected": own(metric_names.REQUESTS_REJECTED, "Rejected"),
        },
        label="Failed, not rejected",
        period=PERIOD,
    )


def waits_not_stored() -> cloudwatch.Metric:
    """Return the waits whose token the table did not take; one that times out is not among them.

    Source: Step Functions developer guide, 'Metrics': failed and timed-out service integrations are
    counted apart, by the integration's ARN. That it holds the account and the Region, unlike the
    Resource of the state, is only seen in accounts, not documented.
    """
    integration = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:{PUT_AND_WAIT}"
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name="ServiceIntegrationsFailed",
        dimensions_map={"ServiceIntegrationResourceArn": integration},
        statistic="Sum",
        period=A_QUARTER_HOUR,
        label="Waits not stored",
    )


def lost_events(rules: Sequence[Mapping[str, str]]) -> cloudwatch.MathExpression:
    """Return the events of rules, given by their dimensions, that no dead-letter queue took."""
    lost = {
        f"lost{number}": cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="InvocationsFailedToBeSentToDlq",
            dimensions_map={**dimensions},
            **SUM,
        )
        for number, dimensions in enumerate(rules)
    }
    return together(lost, "Lost events")


def no_progress() -> cloudwatch.MathExpression:
    """Return 1 for an hour in which jobs were looked at and none of them moved."""
    return cloudwatch.MathExpression(
        expression="IF(FILL(open, 0) > 0 AND FILL(progress, 0) < 1, 1, 0)",
        using_metrics={
            "open": own(metric_names.JOB_AGE, "Open", statistic="SampleCount"),
            "progress": own(metric_names.PROGRESS, "Progress"),
        },
        label="No progress",
        period=AN_HOUR,
    )


def _sum(metrics: Named) -> str:
    """Add metrics up; one that is not there would else make the sum be not there."""
    return " + ".join(f"FILL({name}, 0)" for name in metrics)
