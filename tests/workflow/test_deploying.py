"""Deployment and smoke test, as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.project import ROOT
from localcloud.deployment import deploy
from localcloud.functions.environment import REGION, isolated_environment
from localcloud.orchestrator import LocalOrchestrator
from localcloud.turns import CALLERS_CREDENTIALS
from localcloud.world import World
from tests.processes import shared_processes
from tools.account import BOOTSTRAP_PARAMETER

ANSWERED, FAILED, NOTHING_TO_ASK, NOT_USABLE = 0, 1, 2, 2


def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**isolated_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def run_in(
    orchestrator: LocalOrchestrator, module: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    with orchestrator.clock.released():
        return run(module, *arguments, **account(orchestrator))


def account(orchestrator: LocalOrchestrator) -> dict[str, str]:
    return {**orchestrator.aws.environment, **CALLERS_CREDENTIALS, "AWS_REGION": REGION}


def orchestrator(assembly: Path, **world: Any) -> LocalOrchestrator:
    return LocalOrchestrator(World.model_validate(world), assembly, processes=shared_processes())


def test_a_stack_that_works_passes_and_changes_nothing(assembly: Path) -> None:
    with orchestrator(assembly) as deployed:
        deployed.begin()
        done = run_in(deployed, "tools.smoke")
        calls = [call.operation for call in deployed.simulators.ledger.records]

    assert done.returncode == ANSWERED, done.stderr
    assert [job["reason"] for job in json.loads(done.stdout)["resources"]] == ["NothingToCancel"]
    assert calls == ["DescribeExportTasks"]


def test_a_stack_without_access_to_rds_fails(assembly: Path) -> None:
    denied = {"operation": "DescribeExportTasks", "error": "AccessDenied", "rate": 1.0}
    with orchestrator(assembly, faults=[denied]) as deployed:
        deployed.begin()
        done = run_in(deployed, "tools.smoke")

    assert done.returncode == FAILED
    assert "AccessDenied" in done.stderr


def test_what_is_missing_in_an_account_is_a_one_line_error(assembly: Path) -> None:
    with orchestrator(assembly) as deployed:
        no_stack = run_in(deployed, "tools.smoke", "Other")
        deployed.aws.client("ssm").delete_parameter(Name=BOOTSTRAP_PARAMETER)
        not_bootstrapped = run_in(deployed, "tools.deploy")

    assert_one_line(no_stack, NOTHING_TO_ASK, "Other does not exist")
    assert_one_line(not_bootstrapped, NOT_USABLE, "not bootstrapped", "make bootstrap")


def test_without_credentials_or_a_region_nothing_is_tried() -> None:
    for module in ("tools.smoke", "tools.deploy"):
        assert_one_line(run(module, AWS_REGION=REGION), NOT_USABLE, "no AWS credentials")
    assert_one_line(run("tools.deploy", **CALLERS_CREDENTIALS), NOT_USABLE, "no Region")


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_every_resource_of_the_template_exists_also_after_an_update(
    assembly: Path, assembly_with_every_trigger: Path
) -> None:
    with orchestrator(assembly) as deployed:
        assert_complete(deployed, assembly)
        before = deployed.outputs

        updated = deploy(deployed.aws, assembly_with_every_trigger)

        assert_complete(deployed, assembly_with_every_trigger)
        assert updated.outputs == before
        deployed.begin()
        done = run_in(deployed, "tools.smoke")
    assert done.returncode == ANSWERED, done.stderr


def assert_complete(deployed: LocalOrchestrator, assembly: Path) -> None:
    template = json.loads((assembly / "Orchestrator.template.json").read_text())
    types = {name: item["Type"] for name, item in template["Resources"].items()}
    client = deployed.aws.client
    pages = client("cloudformation").get_paginator("list_stack_resources")
    ids = {
        item["LogicalResourceId"]: item["PhysicalResourceId"]
        for page in pages.paginate(StackName="Orchestrator")
        for item in page["StackResourceSummaries"]
    }
    assert set(ids) == set(types)
    roles = [ids[name] for name, kind in types.items() if kind == "AWS::IAM::Role"]
    named = {
        ids[name]: item["Properties"].get("PolicyName")
        for name, item in template["Resources"].items()
    }
    inline = [
        name
        for role in roles
        for name in client("iam").list_role_policies(RoleName=role)["PolicyNames"]
    ]

    def queue_attributes(url: str) -> dict[str, str]:
        answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes: dict[str, str] = answer["Attributes"]
        return attributes

    is_there: dict[str, Callable[[str], object]] = {
        "AWS::CloudWatch::Alarm": lambda name: client("cloudwatch").describe_alarms(
            AlarmNames=[name]
        )["MetricAlarms"],
        "AWS::CloudWatch::Dashboard": lambda name: client("cloudwatch").get_dashboard(
            DashboardName=name
        ),
        "AWS::DynamoDB::Table": lambda name: (
            client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
        ),
        "AWS::Events::EventBus": lambda name: client("events").describe_event_bus(Name=name),
        "AWS::Events::Rule": lambda name: (
            name
            in [
                rule["Name"]
                for bus in ("default", deployed.outputs["EventBusName"])
                for rule in client("events").list_rules(EventBusName=bus)["Rules"]
            ]
        ),
        "AWS::IAM::ManagedPolicy": lambda arn: client("iam").get_policy(PolicyArn=arn),
        "AWS::IAM::Policy": lambda policy: named[policy] in inline,
        "AWS::IAM::Role": lambda name: client("iam").get_role(RoleName=name),
        "AWS::KMS::Key": lambda key: client("kms").describe_key(KeyId=key),
        "AWS::Lambda::EventInvokeConfig": lambda name: client(
            "lambda"
        ).get_function_event_invoke_config(FunctionName=name.partition(":")[0]),
        "AWS::Lambda::Function": lambda name: client("lambda").get_function_configuration(
            FunctionName=name
        )["Layers"],
        "AWS::Lambda::LayerVersion": lambda arn: client("lambda").get_layer_version(
            LayerName=arn.rpartition(":")[0], VersionNumber=int(arn.rpartition(":")[2])
        ),
        "AWS::Lambda::Permission": lambda _: all(
            client("lambda").get_policy(FunctionName=ids[name])
            for name, kind in types.items()
            if kind == "AWS::Lambda::Function" and "WakeWaiters" in name
        ),
        "AWS::Logs::LogGroup": lambda name: client("logs").describe_log_groups(
            logGroupNamePrefix=name
        )["logGroups"],
        "AWS::S3::Bucket": lambda name: client("s3").get_public_access_block(Bucket=name),
        "AWS::S3::BucketPolicy": lambda name: client("s3").get_bucket_policy(Bucket=name),
        "AWS::SNS::Subscription": lambda arn: client("sns").get_subscription_attributes(
            SubscriptionArn=arn
        ),
        "AWS::SNS::Topic": lambda arn: client("sns").get_topic_attributes(TopicArn=arn),
        "AWS::SNS::TopicPolicy": lambda _: (
            "cloudwatch.amazonaws.com"
            in client("sns").get_topic_attributes(TopicArn=deployed.outputs["AlarmTopicArn"])[
                "Attributes"
            ]["Policy"]
        ),
        "AWS::SQS::Queue": queue_attributes,
        "AWS::SQS::QueuePolicy": lambda _: all(
            "Policy" in queue_attributes(deployed.outputs[name])
            for name in ("UndeliveredEventsUrl", "FailedInvocationsUrl")
        ),
        "AWS::StepFunctions::StateMachine": lambda arn: traced_and_logged(
            client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        ),
    }
    missing = [name for name, kind in types.items() if not is_there[kind](ids[name])]
    assert missing == []


def traced_and_logged(machine: dict[str, Any]) -> bool:
    logging, tracing = machine["loggingConfiguration"], machine["tracingConfiguration"]
    return bool(logging["level"] == "ERROR" and logging["destinations"] and tracing["enabled"])
