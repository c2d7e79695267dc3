"""What an operator sees first, and is woken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import cdk_monitoring_constructs as monitoring
from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import alarms
from infra.alarms import Alarm
from infra.dead_letters import DeadLetters
from infra.encryption import Encryption
from lambdas import metric_names
from lambdas.domain.campaign_states import Mutation

MUTATIONS: Final = tuple(Mutation)
READS: Final = ("GetCampaignStateBatch",)
EXPORTS: Final = ("StartExportTask", "CancelExportTask", "DescribeExportTasks")
COORDINATION: Final = ("PutItem", "DeleteItem", "Query", "SendTaskSuccess")
"""The operations that the functions call, but for the files of exports."""

MUTATIONS_PER_SECOND: Final = 1
READS_PER_SECOND: Final = 5
"""Of an account and Region, shared by all who call. Source: Amazon Connect administrator guide,
'Amazon Connect service quotas', throttling of outbound campaigns."""

MINUTE: Final = Duration.minutes(1)
PERIOD: Final = Duration.minutes(5)
RANGE: Final = Duration.hours(8)

Metric = cloudwatch.Metric | cloudwatch.MathExpression
Shown = Metric | monitoring.CustomMetricWithAlarm


class Graph(NamedTuple):
    """One graph of a section.

    Attributes:
        title: of the graph.
        metrics: its lines, some with an alarm.
        width: in columns of 24; a section's graphs share a row evenly unless given.
        quota: calls per second, drawn over stacked calls per minute.
    """

    title: str
    metrics: Sequence[Shown]
    width: int | None = None
    quota: int | None = None


class Monitoring(Construct):
    """One dashboard, whose sections are questions, and the alarms, all to one topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        machine: sfn.StateMachine,
        functions: Sequence[lambda_.Function],
        tells_outcomes: lambda_.Function,
        dead_letters: DeadLetters,
        encryption: Encryption,
        alarm_email: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name
        self.topic = self._alarm_topic(encryption, alarm_email)
        self._facade = monitoring.MonitoringFacade(
            self,
            "Facade",
            alarm_factory_defaults=monitoring.AlarmFactoryDefaults(
                actions_enabled=True,
                alarm_name_prefix=name,
                action=monitoring.SnsAlarmActionStrategy(on_alarm_topic=self.topic),
                datapoints_to_alarm=1,
            ),
            dashboard_factory=monitoring.DefaultDashboardFactory(
                self,
                "Dashboards",
                dashboard_name_prefix=name,
                detail_dashboard_range=RANGE,
            ),
        )
        self._what_runs(machine)
        self._what_failed(machine, tells_outcomes.log_group)
        self._what_is_throttled()
        self._what_waits()
        self._what_crashes(functions)
        self._what_was_dropped(dead_letters)

    def _what_runs(self, machine: sfn.StateMachine) -> None:
        self._section(
            "What is running?",
            Graph(
                "Executions of requests",
                [
                    machine.metric_started(label="Started", **_SUM),
                    machine.metric_succeeded(label="Succeeded", **_SUM),
                    _metric(metric_names.REQUESTS_REJECTED, "Rejected"),
                ],
            ),
            Graph(
                "Age of the oldest open job",
                [
                    self._alarm(
                        alarms.JOB_TOO_OLD,
                        _metric(metric_names.JOB_AGE, "Oldest", statistic="Maximum"),
                        period=alarms.LOOKS_COME_WITHIN,
                    )
                ],
            ),
            Graph(
                "Looks, and those that saw progress",
                [
                    _metric(metric_names.LOOKS, "Looks"),
                    _metric(metric_names.PROGRESS, "Progress"),
                    self._alarm(alarms.NO_PROGRESS, _no_progress(), period=alarms.AN_HOUR),
                ],
            ),
        )

    def _what_failed(self, machine: sfn.StateMachine, outcomes: logs.ILogGroup) -> None:
        failed = cloudwatch.MathExpression(
            expression="failed - FILL(rejected, 0)",
            using_metrics={
                "failed": machine.metric_failed(**_SUM),
                "rejected": _metric(metric_names.REQUESTS_REJECTED, "Rejected"),
            },
            label="Failed, but for rejected ones",
            period=PERIOD,
        )
        self._section(
            "What failed, and why?",
            Graph(
                "Executions that did not end well",
                [
                    self._alarm(alarms.EXECUTIONS_FAILED, failed),
                    self._alarm(
                        alarms.EXECUTIONS_TIMED_OUT,
                        machine.metric_timed_out(label="Timed out", **_SUM),
                    ),
                    self._alarm(
                        alarms.EXECUTIONS_ABORTED,
                        machine.metric_aborted(label="Aborted", **_SUM),
                    ),
                ],
            ),
            Graph(
                "Campaigns and exports, as they ended",
                [
                    _metric(metric_names.RESOURCES_COMPLETE, "Complete"),
                    _metric(metric_names.RESOURCES_FAILED, "Failed"),
                ],
            ),
        )
        self._facade.add_widget(
            cloudwatch.LogQueryWidget(
                title="The last requests that failed, in words",
                log_group_names=[outcomes.log_group_name],
                query_lines=[
                    "fields @timestamp, correlation_id, summary",
                    'filter message = "request finished" and phase = "FAILED"',
                    "sort @timestamp desc",
                    "limit 20",
                ],
                width=24,
                height=6,
            )
        )

    def _what_is_throttled(self) -> None:
        self._section(
            "Are we throttled?",
            Graph("Campaign mutations a minute", _calls(MUTATIONS), 6, MUTATIONS_PER_SECOND),
            Graph("Campaign reads a minute", _calls(READS), 6, READS_PER_SECOND),
            Graph("Calls of exports a minute", _calls(EXPORTS), 6),
            Graph("Calls of coordination a minute", _calls(COORDINATION), 6),
            self._throttled("Campaigns", alarms.CAMPAIGNS_THROTTLED, *MUTATIONS, *READS),
            self._throttled("Exports", alarms.EXPORTS_THROTTLED, *EXPORTS),
            self._throttled("Coordination", alarms.COORDINATION_THROTTLED, *COORDINATION),
        )

    def _throttled(self, what: str, alarm: Alarm, *operations: str) -> Graph:
        metrics = {
            f"throttled{name}": _metric(metric_names.throttles(name), name) for name in operations
        }
        together = cloudwatch.MathExpression(
            expression=_sum(metrics), using_metrics=metrics, label=f"{what} together", period=PERIOD
        )
        return Graph(
            f"{what}: throttled calls", [*metrics.values(), self._alarm(alarm, together)], 8
        )

    def _what_waits(self) -> None:
        self._section(
            "Are exports queueing, and are ends noticed?",
            Graph(
                "Longest wait for a slot",
                [_metric(metric_names.QUEUE_WAIT, "Longest", statistic="Maximum")],
            ),
            Graph(
                "From an export's end to its look",
                [
                    _metric(metric_names.NOTICED_AFTER, "Half of them", statistic="p50"),
                    _metric(metric_names.NOTICED_AFTER, "Slowest", statistic="Maximum"),
                ],
            ),
            Graph(
                "Who was woken",
                [
                    _metric(metric_names.WAITERS_WOKEN, "Woken"),
                    _metric(metric_names.WAITERS_STALE, "Had gone on"),
                    _metric(metric_names.EVENTS_FOR_NOBODY, "Events for nobody"),
                ],
            ),
        )

    def _what_crashes(self, functions: Sequence[lambda_.Function]) -> None:
        errors = {
            f"errors{number}": function.metric_errors(label=function.node.id, **_SUM)
            for number, function in enumerate(functions)
        }
        crashes = cloudwatch.MathExpression(
            expression=f"{_sum(errors)} - FILL(retried, 0)",
            using_metrics=errors | {"retried": _metric(metric_names.TRANSIENT_ERRORS, "Retried")},
            label="Errors, but for those raised to be retried",
            period=PERIOD,
        )
        self._section(
            "Do functions work?",
            Graph(
                "Errors",
                [
                    *errors.values(),
                    self._alarm(alarms.FUNCTIONS_FAILING, crashes),
                ],
            ),
            Graph(
                "Duration, slowest of a hundred",
                [
                    function.metric_duration(statistic="p99", period=PERIOD, label=function.node.id)
                    for function in functions
                ],
            ),
            Graph(
                "Throttles of functions",
                [
                    function.metric_throttles(label=function.node.id, **_SUM)
                    for function in functions
                ],
            ),
        )

    def _what_was_dropped(self, dead_letters: DeadLetters) -> None:
        queues = (
            (alarms.UNDELIVERED_EVENTS, dead_letters.events, "Undelivered events"),
            (alarms.FAILED_INVOCATIONS, dead_letters.invocations, "Failed invocations"),
        )
        self._section(
            "Was anything dropped?",
            Graph(
                "Dead letters",
                [
                    self._alarm(
                        alarm,
                        queue.metric_approximate_number_of_messages_visible(
                            statistic="Maximum", period=PERIOD, label=label
                        ),
                    )
                    for alarm, queue, label in queues
                ],
            ),
        )

    def _section(self, question: str, *graphs: Graph) -> None:
        self._facade.monitor_custom(
            human_readable_name=question,
            alarm_friendly_name="".join(filter(str.isalnum, question)),
            metric_groups=[
                monitoring.CustomMetricGroup(
                    title=graph.title,
                    metrics=list(graph.metrics),
                    graph_widget_width=graph.width,
                    graph_widget_type=_type_of(graph),
                    horizontal_annotations=_quota(graph),
                )
                for graph in graphs
            ],
        )

    def _alarm(
        self, alarm: Alarm, metric: Metric, *, period: Duration = PERIOD
    ) -> monitoring.CustomMetricWithAlarm:
        return monitoring.CustomMetricWithAlarm(
            metric=metric,
            alarm_friendly_name=alarm.name,
            add_alarm={
                alarm.name: monitoring.CustomThreshold(
                    threshold=alarm.above,
                    comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                    period=period,
                    datapoints_to_alarm=alarm.periods,
                    evaluation_periods=alarm.periods,
                    treat_missing_data_override=cloudwatch.TreatMissingData.NOT_BREACHING,
                    alarm_name_override=f"{self._name}-{alarm.name}",
                    alarm_description_override=f"{alarm.means} {alarm.do}",
                )
            },
        )

    def _alarm_topic(self, encryption: Encryption, email: str | None) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", master_key=encryption.key, enforce_ssl=True)
        # A topic with a policy of its own has no longer the one that lets alarms of its account in.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if email is not None:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic


_SUM: Final[Mapping[str, Any]] = {"statistic": "Sum", "period": PERIOD}


def _metric(
    name: str, label: str, *, statistic: str = "Sum", period: Duration = PERIOD
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=metric_names.NAMESPACE,
        metric_name=name,
        dimensions_map={"service": metric_names.SERVICE},
        statistic=statistic,
        period=period,
        label=label,
    )


def _calls(operations: Sequence[str]) -> list[Shown]:
    return [_metric(metric_names.calls(name), name, period=MINUTE) for name in operations]


def _no_progress() -> cloudwatch.MathExpression:
    """Return 1 for an hour in which jobs were looked at and none of them moved."""
    return cloudwatch.MathExpression(
        expression="IF(FILL(open, 0) > 0 AND FILL(progress, 0) < 1, 1, 0)",
        using_metrics={
            "open": _metric(metric_names.JOB_AGE, "Open", statistic="SampleCount"),
            "progress": _metric(metric_names.PROGRESS, "Progress"),
        },
        label="No progress",
        period=alarms.AN_HOUR,
    )


def _sum(metrics: Mapping[str, cloudwatch.IMetric]) -> str:
    """Add metrics up; one that is not there would else make the sum be not there."""
    return " + ".join(f"FILL({name}, 0)" for name in metrics)


def _type_of(graph: Graph) -> monitoring.GraphWidgetType:
    stacked = graph.quota is not None
    return monitoring.GraphWidgetType.STACKED_AREA if stacked else monitoring.GraphWidgetType.LINE


def _quota(graph: Graph) -> list[cloudwatch.HorizontalAnnotation]:
    if graph.quota is None:
        return []
    return [
        cloudwatch.HorizontalAnnotation(
            value=graph.quota * MINUTE.to_seconds(),
            label=f"Quota of the account: {graph.quota} a second",
            color=cloudwatch.Color.RED,
        )
    ]
