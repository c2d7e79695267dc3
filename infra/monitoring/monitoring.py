"""The dashboard and the alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cdk_monitoring_constructs as monitoring
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.monitoring import alarms, metrics
from infra.monitoring.alarm_topic import alarm_topic
from infra.monitoring.alarms import Alarm
from infra.monitoring.metrics import (
    COORDINATION,
    MINUTE,
    PERIOD,
    SUM,
    Metric,
    own,
)
from infra.platform.dead_letters import DeadLetters
from infra.platform.platform import Platform
from infra.settings import Settings
from lambdas.jobs.registry import KINDS
from lambdas.rate_limit.quota import Rate
from lambdas.shared import metric_names

RANGE: Final = Duration.hours(8)

Shown = Metric | monitoring.CustomMetricWithAlarm


class Graph(NamedTuple):
    """One graph of a section.

    Attributes:
        title: of the graph.
        metrics: its lines, some with an alarm.
        width: in columns of 24; a section's graphs share a row evenly unless given.
        quota: drawn over stacked calls per minute.
    """

    title: str
    metrics: Sequence[Shown]
    width: int | None = None
    quota: Rate | None = None


class Monitoring(Construct):
    """One dashboard, whose sections are questions, and the alarms, which all notify one topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        platform: Platform,
        machine: sfn.StateMachine,
        functions: Sequence[lambda_.Function],
        logs_outcomes: lambda_.Function,
        rules: Sequence[events.Rule],
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = settings.stack_name
        self.topic = alarm_topic(
            self, "Alarms", encryption=platform.encryption, email=settings.alarm_email
        )
        self._facade = monitoring.MonitoringFacade(
            self,
            "Facade",
            alarm_factory_defaults=monitoring.AlarmFactoryDefaults(
                actions_enabled=True,
                alarm_name_prefix=self._name,
                action=monitoring.SnsAlarmActionStrategy(on_alarm_topic=self.topic),
                datapoints_to_alarm=1,
            ),
            dashboard_factory=monitoring.DefaultDashboardFactory(
                self,
                "Dashboards",
                dashboard_name_prefix=self._name,
                detail_dashboard_range=RANGE,
            ),
        )
        self._what_runs(machine)
        self._what_failed(machine, logs_outcomes.log_group)
        self._what_is_throttled()
        self._what_waits()
        self._what_crashes(functions)
        self._what_was_dropped(platform.dead_letters, rules)

    def _what_runs(self, machine: sfn.StateMachine) -> None:
        self._section(
            "What is running?",
            Graph(
                "Executions of requests",
                [
                    machine.metric_started(label="Started", **SUM),
                    machine.metric_succeeded(label="Succeeded", **SUM),
                    own(metric_names.REQUESTS_REJECTED, "Rejected"),
                ],
            ),
            Graph(
                "Age of the oldest open job",
                [
                    self._alarm(
                        alarms.JOB_TOO_OLD,
                        own(metric_names.JOB_AGE, "Oldest", statistic="Maximum"),
                        period=alarms.POLLS_COME_WITHIN,
                    )
                ],
            ),
            Graph(
                "Reconcile passes, and those that saw progress",
                [
                    own(metric_names.RECONCILE_PASSES, "Passes"),
                    own(metric_names.PROGRESS, "Progress"),
                    self._alarm(alarms.NO_PROGRESS, metrics.no_progress(), period=alarms.AN_HOUR),
                ],
            ),
        )

    def _what_failed(self, machine: sfn.StateMachine, outcomes: logs.ILogGroup) -> None:
        self._section(
            "What failed, and why?",
            Graph(
                "Executions that did not succeed",
                [
                    self._alarm(alarms.EXECUTIONS_FAILED, metrics.failed(machine)),
                    self._alarm(
                        alarms.EXECUTIONS_TIMED_OUT,
                        machine.metric_timed_out(label="Timed out", **SUM),
                    ),
                    self._alarm(
                        alarms.EXECUTIONS_ABORTED,
                        machine.metric_aborted(label="Aborted", **SUM),
                    ),
                ],
            ),
            Graph(
                "Resources, by how they ended",
                [
                    own(metric_names.RESOURCES_COMPLETE, "Complete"),
                    own(metric_names.RESOURCES_FAILED, "Failed"),
                ],
            ),
        )
        self._facade.add_widget(
            cloudwatch.LogQueryWidget(
                title="The last requests that failed",
                log_group_names=[outcomes.log_group_name],
                query_lines=[
                    "fields @timestamp, correlation_id, summary",
                    'filter message = "request ended" and phase = "FAILED"',
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
            *(
                Graph(f"{calls.title} a minute", metrics.calls(calls.operations), 6, calls.quota)
                for kind in KINDS
                for calls in kind.calls
                if calls.title is not None
            ),
            Graph("Calls of coordination a minute", metrics.calls(COORDINATION), 6),
            *(
                self._throttled(kind.title, alarms.throttled(kind), *kind.operations)
                for kind in KINDS
            ),
            self._throttled(
                "Coordination",
                alarms.COORDINATION_THROTTLED,
                *COORDINATION,
                besides=[own(metric_names.RATE_LIMITER_UNAVAILABLE, "Calls without the limiter")],
            ),
        )

    def _throttled(
        self, what: str, alarm: Alarm, *operations: str, besides: Sequence[Shown] = ()
    ) -> Graph:
        throttles = metrics.throttles(operations)
        together = metrics.together(throttles, f"{what} together")
        shown = [*throttles.values(), *besides, self._alarm(alarm, together)]
        return Graph(f"{what}: throttled calls", shown, 8)

    def _what_waits(self) -> None:
        self._section(
            "Are exports queueing, and are ends noticed?",
            Graph(
                "Longest wait for a slot",
                [own(metric_names.QUEUE_WAIT, "Longest", statistic="Maximum")],
            ),
            Graph(
                "From an export's end to the poll that saw it",
                [
                    own(metric_names.NOTICED_AFTER, "Median", statistic="p50"),
                    own(metric_names.NOTICED_AFTER, "Slowest", statistic="Maximum"),
                ],
            ),
            Graph(
                "Wakes",
                [
                    own(metric_names.WAITERS_WOKEN, "Woken"),
                    own(metric_names.WAITERS_STALE, "Stale"),
                    own(metric_names.EVENTS_FOR_NOBODY, "No waiter"),
                ],
            ),
            Graph(
                "Waits without a stored token",
                [
                    self._alarm(
                        alarms.WAITS_NOT_STORED,
                        metrics.waits_not_stored(),
                        period=alarms.A_QUARTER_HOUR,
                    )
                ],
            ),
        )

    def _what_crashes(self, functions: Sequence[lambda_.Function]) -> None:
        errors = {
            f"errors{number}": function.metric_errors(label=function.node.id, **SUM)
            for number, function in enumerate(functions)
        }
        self._section(
            "Do the functions work?",
            Graph(
                "Errors",
                [
                    *errors.values(),
                    self._alarm(alarms.FUNCTIONS_FAILING, metrics.crashes(errors)),
                ],
            ),
            Graph(
                "Duration, p99",
                [
                    function.metric_duration(statistic="p99", period=PERIOD, label=function.node.id)
                    for function in functions
                ],
            ),
            Graph(
                "Throttled invocations",
                [
                    function.metric_throttles(label=function.node.id, **SUM)
                    for function in functions
                ],
            ),
        )

    def _what_was_dropped(self, dead_letters: DeadLetters, rules: Sequence[events.Rule]) -> None:
        queues = (
            (alarms.UNDELIVERED_EVENTS, dead_letters.events, "Undelivered events"),
            (alarms.FAILED_INVOCATIONS, dead_letters.invocations, "Failed invocations"),
            (alarms.FAILED_CLEAN_UPS, dead_letters.clean_ups, "Failed clean-ups"),
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
            Graph(
                "Events that were lost",
                [self._alarm(alarms.LOST_EVENTS, metrics.lost_events(rules))],
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


def _type_of(graph: Graph) -> monitoring.GraphWidgetType:
    stacked = graph.quota is not None
    return monitoring.GraphWidgetType.STACKED_AREA if stacked else monitoring.GraphWidgetType.LINE


def _quota(graph: Graph) -> list[cloudwatch.HorizontalAnnotation]:
    if graph.quota is None:
        return []
    return [
        cloudwatch.HorizontalAnnotation(
            value=graph.quota.per_second * MINUTE.to_seconds(),
            label=f"Quota of the account: {graph.quota.per_second:g} a second",
            color=cloudwatch.Color.RED,
        )
    ]
