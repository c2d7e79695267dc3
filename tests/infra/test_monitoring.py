"""Alarms go into ALARM for what they say, reach people, and read published metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.monitoring import alarms, metrics
from lambdas.jobs.cadence import CONFIRM
from lambdas.jobs.registry import KINDS
from lambdas.shared import metric_names
from tests.infra.sources import operations, path_of
from tests.infra.stack_parts import Functions, Template, of_type, properties_of, text
from tools import diagram

ALARMS = {alarm.name: alarm for alarm in alarms.every()}
METRICS_OF_AN_ALARM = 10
"""The most that CloudWatch takes in one. Source: CloudWatch user guide, 'Using metric math'."""


@pytest.fixture(scope="module")
def made(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms of the template, by their names without the stack's."""
    found = properties_of(template, "AWS::CloudWatch::Alarm")
    return {alarm["AlarmName"].removeprefix("Orchestrator-"): alarm for alarm in found}


@pytest.fixture(scope="module")
def dashboard(template: Template) -> dict[str, Any]:
    (properties,) = properties_of(template, "AWS::CloudWatch::Dashboard")
    body: dict[str, Any] = json.loads(diagram.resolved(properties["DashboardBody"]))
    return body


def test_every_alarm_goes_into_alarm_when_it_says(made: dict[str, dict[str, Any]]) -> None:
    assert made.keys() == ALARMS.keys()
    for name, alarm in ALARMS.items():
        assert made[name]["Threshold"] == alarm.above
        assert made[name]["ComparisonOperator"] == "GreaterThanThreshold"
        assert made[name]["DatapointsToAlarm"] == alarm.periods
        assert made[name]["EvaluationPeriods"] == alarm.periods
        assert made[name]["TreatMissingData"] == "notBreaching"


def test_every_alarm_says_what_it_means_and_what_to_do_and_reaches_the_topic(
    template: Template, made: dict[str, dict[str, Any]]
) -> None:
    (topic,) = of_type(template, "AWS::SNS::Topic")
    for name, alarm in ALARMS.items():
        assert made[name]["AlarmDescription"] == f"{alarm.means} {alarm.do}"
        assert made[name]["AlarmActions"] == [{"Ref": topic}]
        assert made[name]["ActionsEnabled"] is True
    assert template["Outputs"]["AlarmTopicArn"]["Value"] == {"Ref": topic}


def test_alarms_may_publish_to_the_topic_and_nobody_in_plain_http(template: Template) -> None:
    (policy,) = properties_of(template, "AWS::SNS::TopicPolicy")
    refusal, allowed = policy["PolicyDocument"]["Statement"]
    assert refusal["Effect"] == "Deny"
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_every_rule_is_watched_for_events_that_no_queue_took(
    full_template: Template,
) -> None:
    (alarm,) = (
        alarm
        for alarm in properties_of(full_template, "AWS::CloudWatch::Alarm")
        if alarm["AlarmName"].endswith("-LostEvents")
    )
    watched = [
        {d["Name"]: text(d["Value"]) for d in metric["MetricStat"]["Metric"]["Dimensions"]}
        for metric in alarm["Metrics"]
        if "MetricStat" in metric
    ]
    (bus,) = of_type(full_template, "AWS::Events::EventBus")
    rules = of_type(full_template, "AWS::Events::Rule")
    on_bus = [r for r in rules if "EventBusName" in full_template["Resources"][r]["Properties"]]
    wanted = [{"RuleName": f"${{{rule}}}"} for rule in rules if rule not in on_bus]
    wanted += [
        {"EventBusName": f"${{{bus}}}", "RuleName": f"${{{rule}.Arn}}.split('/')[2]"}
        for rule in on_bus
    ]
    assert sorted(map(sorted, (w.items() for w in watched))) == sorted(
        map(sorted, (w.items() for w in wanted))
    )


def test_waits_are_watched_by_the_integration_that_they_use(
    made: dict[str, dict[str, Any]], states: dict[str, Any]
) -> None:
    (metric,) = (m["MetricStat"]["Metric"] for m in made["WaitsNotStored"]["Metrics"])
    (dimension,) = metric["Dimensions"]
    account = "${AWS::Region}:${AWS::AccountId}"
    integration = states["AwaitExportEvent"]["Resource"].rpartition(":states:::")[2]
    assert text(dimension["Value"]) == f"arn:${{AWS::Partition}}:states:{account}:{integration}"
    assert (metric["Namespace"], metric["MetricName"]) == (
        "AWS/States",
        "ServiceIntegrationsFailed",
    )


def test_whom_the_settings_name_is_written_to(template: Template, full_template: Template) -> None:
    assert properties_of(template, "AWS::SNS::Subscription") == []
    (subscription,) = (
        subscription
        for subscription in properties_of(full_template, "AWS::SNS::Subscription")
        if subscription["TopicArn"]["Ref"].startswith("Monitoring")
    )
    assert (subscription["Protocol"], subscription["Endpoint"]) == (
        "email",
        "operators@example.com",
    )


def test_no_alarm_has_more_metrics_than_cloudwatch_takes(made: dict[str, dict[str, Any]]) -> None:
    for name, alarm in made.items():
        read = [metric for metric in alarm["Metrics"] if "MetricStat" in metric]
        assert len(read) <= METRICS_OF_AN_ALARM, name


def test_every_metric_of_the_products_own_is_one_that_functions_publish(
    made: dict[str, dict[str, Any]], dashboard: dict[str, Any], functions: Functions
) -> None:
    named = {value for name, value in vars(metric_names).items() if name.isupper()}
    for operation in _operations(functions):
        named |= {metric_names.calls(operation), metric_names.throttles(operation)}
    read = {
        metric["MetricStat"]["Metric"]["MetricName"]
        for alarm in made.values()
        for metric in alarm["Metrics"]
        if metric.get("MetricStat", {}).get("Metric", {}).get("Namespace") == "Orchestrator"
    } | {line[1] for line in _lines(dashboard) if line[0] == metric_names.NAMESPACE}
    assert read - named == set()


def test_calls_and_throttles_of_every_operation_are_watched(functions: Functions) -> None:
    watched = {
        *(name for kind in KINDS for name in kind.operations),
        *metrics.COORDINATION,
    }
    assert watched == _operations(functions)


def test_own_metrics_are_read_with_the_one_dimension_they_are_published_with(
    dashboard: dict[str, Any],
) -> None:
    own = [line for line in _lines(dashboard) if line[0] == metric_names.NAMESPACE]
    assert {tuple(line[2:4]) for line in own} == {("service", metric_names.SERVICE)}


def test_calls_of_campaigns_are_drawn_below_their_quota(dashboard: dict[str, Any]) -> None:
    quotas = {
        widget["properties"]["title"]: (
            widget["properties"]["stacked"],
            widget["properties"]["annotations"]["horizontal"][0]["value"],
        )
        for widget in dashboard["widgets"]
        if widget["properties"].get("title", "").startswith("Campaign ")
    }
    assert quotas == {
        "Campaign mutations a minute": (True, 60),
        "Campaign reads a minute": (True, 300),
    }
    assert dashboard["periodOverride"] == "inherit", "a minute's quota is drawn over minutes"


def test_the_last_failures_are_read_from_the_log_that_has_them(dashboard: dict[str, Any]) -> None:
    (query,) = (
        widget["properties"]["query"] for widget in dashboard["widgets"] if widget["type"] == "log"
    )
    assert query.startswith("SOURCE '${RequestsAdvancePlanLogs")
    logged = 'logger.info("request ended", phase=outcome.phase, summary=outcome.summary)'
    assert logged in path_of("lambdas.requests.advance_plan").read_text(encoding="utf-8")
    assert 'message = "request ended" and phase = "FAILED"' in query


def test_every_function_is_on_the_dashboard(
    dashboard: dict[str, Any], functions: Functions
) -> None:
    shown = {line[3] for line in _lines(dashboard) if line[0] == "AWS/Lambda"}
    assert shown == {f"${{{name}}}" for name in functions}


def test_no_job_that_is_open_goes_unseen_for_longer_than_its_alarms_period() -> None:
    paces = [CONFIRM, *(pace for kind in KINDS for pace in kind.paces.values())]
    assert max(pace.cap for pace in paces) <= alarms.POLLS_COME_WITHIN.to_seconds()


def _operations(functions: Functions) -> set[str]:
    """Return the operations of all functions, except for those that read the files of exports."""
    return {
        operation.name
        for properties in functions.values()
        for operation in operations(properties["Handler"].rpartition(".")[0])
        if operation.service != "s3"
    }


def _lines(dashboard: dict[str, Any]) -> list[list[Any]]:
    """Return every metric that a graph shows, or computes with."""
    return [
        metric
        for widget in dashboard["widgets"]
        for metric in widget["properties"].get("metrics", ())
        if isinstance(metric[0], str)
    ]
