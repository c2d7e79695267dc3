"""The metrics that the dashboard shows and the alarms watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from aws_cdk import Aws, Duration, Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_stepfunctions as sfn

from infra.monitoring.alarms import A_QUARTER_HOUR, AN_HOUR
from infra.workflow.jobs import PUT_AND_WAIT
from lambdas.shared import metric_names

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
"""The operations that the functions call, except for those of each kind and of exports' files."""

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


def lost_events(rules: Sequence[events.Rule]) -> cloudwatch.MathExpression:
    """Return the events of rules that no dead-letter queue took."""
    lost = {
        f"lost{number}": cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="InvocationsFailedToBeSentToDlq",
            dimensions_map=_dimensions_of(rule),
            **SUM,
        )
        for number, rule in enumerate(rules)
    }
    return together(lost, "Lost events")


def no_progress() -> cloudwatch.MathExpression:
    """Return 1 for an hour in which jobs were polled and none of them made progress."""
    return cloudwatch.MathExpression(
        expression="IF(FILL(open, 0) > 0 AND FILL(progress, 0) < 1, 1, 0)",
        using_metrics={
            "open": own(metric_names.JOB_AGE, "Open", statistic="SampleCount"),
            "progress": own(metric_names.PROGRESS, "Progress"),
        },
        label="No progress",
        period=AN_HOUR,
    )


def _dimensions_of(rule: events.Rule) -> Mapping[str, str]:
    """Return by which the metrics of a rule are found.

    Source: EventBridge user guide, 'Monitoring Amazon EventBridge': by its name alone on the
    default bus, by its bus's name too on any other.
    """
    bus = cast(events.CfnRule, rule.node.default_child).event_bus_name
    if bus is None:
        return {"RuleName": rule.rule_name}
    # Its Ref is not its name alone; its ARN ends in rule/BUS/NAME.
    return {"EventBusName": bus, "RuleName": Fn.select(2, Fn.split("/", rule.rule_arn))}


def _sum(metrics: Named) -> str:
    """Add metrics up; one that is not there would else make the sum be not there."""
    return " + ".join(f"FILL({name}, 0)" for name in metrics)
