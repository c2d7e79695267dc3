"""Which resources of a template exist once it is deployed, asked of each resource's own service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from localcloud.orchestrator import LocalOrchestrator

READ_BY: Final = {
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "get_dashboard", "DashboardName"),
    "AWS::Events::EventBus": ("events", "describe_event_bus", "Name"),
    "AWS::IAM::ManagedPolicy": ("iam", "get_policy", "PolicyArn"),
    "AWS::IAM::Role": ("iam", "get_role", "RoleName"),
    "AWS::KMS::Key": ("kms", "describe_key", "KeyId"),
    "AWS::S3::Bucket": ("s3", "get_public_access_block", "Bucket"),
    "AWS::S3::BucketPolicy": ("s3", "get_bucket_policy", "Bucket"),
    "AWS::SNS::Subscription": ("sns", "get_subscription_attributes", "SubscriptionArn"),
    "AWS::SNS::Topic": ("sns", "get_topic_attributes", "TopicArn"),
    "AWS::SQS::Queue": ("sqs", "get_queue_attributes", "QueueUrl"),
}
"""Types of which an operation reads one resource by its physical id, or raises an error."""


class DeployedStack:
    """The deployed resources of an assembly's stack.

    Attributes:
        template: as synthesised.
        types: the types of its resources, by logical id.
        ids: the physical ids of the stack's resources, by logical id.
    """

    def __init__(self, deployed: LocalOrchestrator, assembly: Path) -> None:
        self.template = json.loads((assembly / "Orchestrator.template.json").read_text())
        self.types = {name: item["Type"] for name, item in self.template["Resources"].items()}
        self.outputs = deployed.outputs
        self.client = deployed.aws.client
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        self.ids: dict[str, str] = {
            item["LogicalResourceId"]: item["PhysicalResourceId"]
            for page in pages.paginate(StackName="Orchestrator")
            for item in page["StackResourceSummaries"]
        }

    def missing(self) -> list[str]:
        """Return the logical ids of the resources that are not as the template says.

        Raises:
            ClientError: a service does not know a resource.
        """
        return [name for name in self.types if not self._exists(name)]

    def of_type(self, resource_type: str) -> list[str]:
        """Return the logical ids of the resources of a type."""
        return [name for name, found in self.types.items() if found == resource_type]

    def _exists(self, name: str) -> bool:
        if self.types[name] not in READ_BY:
            return CHECKED_BY[self.types[name]](self, name)
        service, operation, parameter = READ_BY[self.types[name]]
        return bool(getattr(self.client(service), operation)(**{parameter: self.ids[name]}))


def _alarm(stack: DeployedStack, name: str) -> bool:
    found = stack.client("cloudwatch").describe_alarms(AlarmNames=[stack.ids[name]])
    return bool(found["MetricAlarms"])


def _table(stack: DeployedStack, name: str) -> bool:
    found = stack.client("dynamodb").describe_time_to_live(TableName=stack.ids[name])
    expected = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    return bool(found["TimeToLiveDescription"] == expected)


def _rule(stack: DeployedStack, name: str) -> bool:
    events = stack.client("events")
    buses = ("default", stack.outputs["EventBusName"])
    rules = [rule["Name"] for bus in buses for rule in events.list_rules(EventBusName=bus)["Rules"]]
    return stack.ids[name] in rules


def _inline_policy(stack: DeployedStack, name: str) -> bool:
    policy = stack.template["Resources"][name]["Properties"]["PolicyName"]
    return policy in _inline_policies(stack)


def _inline_policies(stack: DeployedStack) -> Iterator[str]:
    for role in stack.of_type("AWS::IAM::Role"):
        found = stack.client("iam").list_role_policies(RoleName=stack.ids[role])
        yield from found["PolicyNames"]


def _event_invoke_config(stack: DeployedStack, name: str) -> bool:
    function = stack.ids[name].partition(":")[0]
    config = stack.client("lambda").get_function_event_invoke_config(FunctionName=function)
    return bool(config)


def _function(stack: DeployedStack, name: str) -> bool:
    found = stack.client("lambda").get_function_configuration(FunctionName=stack.ids[name])
    return bool(found["Layers"])


def _layer_version(stack: DeployedStack, name: str) -> bool:
    layer, _, version = stack.ids[name].rpartition(":")
    found = stack.client("lambda").get_layer_version(LayerName=layer, VersionNumber=int(version))
    return bool(found)


def _permission(stack: DeployedStack, _name: str) -> bool:
    woken = [name for name in stack.of_type("AWS::Lambda::Function") if "WakeWaiters" in name]
    functions = stack.client("lambda")
    return all(functions.get_policy(FunctionName=stack.ids[name]) for name in woken)


def _log_group(stack: DeployedStack, name: str) -> bool:
    found = stack.client("logs").describe_log_groups(logGroupNamePrefix=stack.ids[name])
    return bool(found["logGroups"])


def _topic_policy(stack: DeployedStack, _name: str) -> bool:
    topic = stack.client("sns").get_topic_attributes(TopicArn=stack.outputs["AlarmTopicArn"])
    return "cloudwatch.amazonaws.com" in topic["Attributes"]["Policy"]


def _queue_policy(stack: DeployedStack, _name: str) -> bool:
    sqs = stack.client("sqs")
    urls = [stack.outputs[name] for name in ("UndeliveredEventsUrl", "FailedInvocationsUrl")]
    queues = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]) for url in urls]
    return all("Policy" in queue.get("Attributes", {}) for queue in queues)


def _traced_and_logged(stack: DeployedStack, name: str) -> bool:
    machine: dict[str, Any] = stack.client("stepfunctions").describe_state_machine(
        stateMachineArn=stack.ids[name]
    )
    logging, tracing = machine["loggingConfiguration"], machine["tracingConfiguration"]
    return bool(logging["level"] == "ERROR" and logging["destinations"] and tracing["enabled"])


CHECKED_BY: Final[dict[str, Callable[[DeployedStack, str], bool]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Policy": _inline_policy,
    "AWS::Lambda::EventInvokeConfig": _event_invoke_config,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::LayerVersion": _layer_version,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::StepFunctions::StateMachine": _traced_and_logged,
}
"""The other types, of which more is checked than that they exist."""
