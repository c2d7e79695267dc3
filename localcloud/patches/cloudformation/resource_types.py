"""Resource types that moto's CloudFormation skips, although moto implements their services."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from localcloud.patches.patching import Moto, Patches, moto


class Backends(NamedTuple):
    """Where a stack's resources are."""

    account: str
    region: str

    def of(self, service: str) -> Moto:
        """Return moto's backend of a service."""
        models = moto(f"{service}.models")
        region = "aws" if service == "s3" else self.region
        return vars(models)[f"{service}_backends"][self.account][region]


@dataclass
class Resource:
    """A resource as a stack keeps it."""

    physical_resource_id: str
    remove: Callable[[], object]

    def is_created(self) -> bool:
        """Return that it is there."""
        return True

    def delete(self, *_: str) -> None:
        """Remove it."""
        self.remove()


Put = Callable[[Backends, dict[str, Any]], Resource]


class _ResourceType:
    """Takes the place of a subclass of moto's CloudFormationModel."""

    def __init__(self, put: Put) -> None:
        self._put = put

    def create_from_cloudformation_json(
        self,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: str,
    ) -> Resource:
        del resource_name
        return self._put(Backends(account_id, region_name), cloudformation_json["Properties"])

    def update_from_cloudformation_json(
        self, original_resource: Resource, new_resource_name: str, **template: Moto
    ) -> Resource:
        original_resource.delete()
        return self.create_from_cloudformation_json(new_resource_name, **template)


def apply(patches: Patches) -> None:
    """Add the types to those that CloudFormation knows."""
    known = moto("cloudformation.parsing").get_model_map()
    for name, put in _TYPES.items():
        patches.add_item(known, name, _ResourceType(put))


def _invoke_config(backends: Backends, properties: dict[str, Any]) -> Resource:
    name = str(properties["FunctionName"])
    settings = {k: v for k, v in properties.items() if k not in ("FunctionName", "Qualifier")}
    functions = moto("awslambda.utils").get_backend(*backends)

    def remove() -> None:
        functions.get_function(name).event_invoke_config = []

    remove()
    functions.put_function_event_invoke_config(name, settings)
    return Resource(f"{name}:$LATEST", remove)


def _bucket_policy(backends: Backends, properties: dict[str, Any]) -> Resource:
    buckets, bucket = backends.of("s3"), properties["Bucket"]
    buckets.put_bucket_policy(bucket, json.dumps(properties["PolicyDocument"]).encode())
    return Resource(bucket, lambda: buckets.delete_bucket_policy(bucket))


def _queue_policy(backends: Backends, properties: dict[str, Any]) -> Resource:
    names = [url.rpartition("/")[2] for url in properties["Queues"]]
    queues = backends.of("sqs").queues
    return _policy([queues[name] for name in names], names, properties, no_policy=None)


def _topic_policy(backends: Backends, properties: dict[str, Any]) -> Resource:
    arns = properties["Topics"]
    topics = [backends.of("sns").get_topic(arn) for arn in arns]
    return _policy(topics, arns, properties, no_policy="{}")


def _policy(
    owners: list[Moto], names: list[str], properties: dict[str, Any], no_policy: str | None
) -> Resource:
    def attach(policy: str | None) -> None:
        for owner in owners:
            owner.policy = policy

    attach(json.dumps(properties["PolicyDocument"]))
    return Resource(f"policy-of-{names[0]}", lambda: attach(no_policy))


def _subscription(backends: Backends, properties: dict[str, Any]) -> Resource:
    topics = backends.of("sns")
    made = topics.subscribe(
        properties["TopicArn"], properties.get("Endpoint"), properties["Protocol"]
    )
    return Resource(made.arn, lambda: topics.unsubscribe(made.arn))


def _alarm(backends: Backends, properties: dict[str, Any]) -> Resource:
    alarms = backends.of("cloudwatch")
    name = properties["AlarmName"]
    alarms.put_metric_alarm(
        name=name,
        namespace=properties.get("Namespace"),
        metric_name=properties.get("MetricName"),
        metric_data_queries=[_metric_query(query) for query in properties.get("Metrics", ())],
        comparison_operator=properties["ComparisonOperator"],
        evaluation_periods=properties["EvaluationPeriods"],
        datapoints_to_alarm=properties.get("DatapointsToAlarm"),
        period=properties.get("Period"),
        threshold=properties.get("Threshold"),
        statistic=properties.get("Statistic"),
        description=properties.get("AlarmDescription", ""),
        dimensions=properties.get("Dimensions", []),
        actions_enabled=properties.get("ActionsEnabled", True),
        alarm_actions=properties.get("AlarmActions", []),
        ok_actions=properties.get("OKActions", []),
        treat_missing_data=properties.get("TreatMissingData"),
    )
    return Resource(name, lambda: alarms.delete_alarms([name]))


def _metric_query(query: dict[str, Any]) -> Moto:
    models = moto("cloudwatch.models")
    stat = query.get("MetricStat")
    metric_stat = None
    if stat is not None:
        dimensions = [
            models.Dimension(one["Name"], one["Value"])
            for one in stat["Metric"].get("Dimensions", ())
        ]
        metric = models.Metric(
            stat["Metric"]["MetricName"], stat["Metric"]["Namespace"], dimensions
        )
        metric_stat = models.MetricStat(metric, stat["Period"], stat["Stat"], stat.get("Unit"))
    return models.MetricDataQuery(
        query_id=query["Id"],
        label=query.get("Label"),
        period=query.get("Period"),
        return_data=query.get("ReturnData", True),
        expression=query.get("Expression"),
        metric_stat=metric_stat,
    )


_TYPES: dict[str, Put] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
}
