"""The stack is found by name, or because there is only one; every error says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError, NoRegionError

from console.errors import AwsUnavailable, SeveralStacks, StackNotFound
from console.stack import Stack
from infra.settings import Settings
from tests.unit.console.reading.fake_session import MACHINE, FakeSession
from tests.unit.fakes import client_error

RESOURCES = {
    "CoordinationTableB8240530": "table",
    "CoordinationTableB8240530Policy": "policy",
    "CampaignsReconcileCampaigns2088CE54": "function",
    "CampaignsReconcileCampaignsRoleA0B1C2D3": "role",
}


def stack(name: str, **outputs: str) -> dict[str, Any]:
    every = {"StateMachineArn": MACHINE, "EventBusName": "bus", "CallerPolicyArn": "policy"}
    return {
        "StackName": name,
        "Outputs": [
            {"OutputKey": key, "OutputValue": value} for key, value in (every | outputs).items()
        ],
    }


class CloudFormation(FakeSession):
    """Lists stacks, one a page."""

    def __init__(self, *stacks: Mapping[str, Any], resources: Mapping[str, str] = RESOURCES):
        self.stacks = stacks
        self.resources = list(resources.items())
        self.refusal: Exception | None = None

    def describe_stacks(self, StackName: str | None = None, NextToken: str = "0") -> Any:  # noqa: N803
        if self.refusal is not None:
            raise self.refusal
        if StackName is not None:
            named = [each for each in self.stacks if each["StackName"] == StackName]
            if not named:
                raise client_error("ValidationError")
            return {"Stacks": named}
        return self._page("Stacks", self.stacks, NextToken)

    def list_stack_resources(self, StackName: str, NextToken: str = "0") -> Any:  # noqa: N803
        assert StackName
        listed = [
            {"LogicalResourceId": key, "PhysicalResourceId": value} for key, value in self.resources
        ]
        return self._page("StackResourceSummaries", listed, NextToken)

    def _page(self, name: str, items: Any, token: str) -> Any:
        at = int(token)
        more = {"NextToken": str(at + 1)} if at + 1 < len(items) else {}
        return {name: items[at : at + 1], **more}


OTHER = {"StackName": "Other", "Outputs": [{"OutputKey": "Any", "OutputValue": "thing"}]}


def test_the_only_orchestrator_is_found_among_other_stacks():
    found = Stack.find(CloudFormation(OTHER, stack(Settings().stack_name), {"StackName": "Bare"}))
    assert (found.name, found.account, found.region) == (
        *("Orchestrator", "123456789012"),
        "us-east-1",
    )
    assert (found.table_name, found.reconcile_campaigns) == ("table", "function")
    assert found.notice_topic_arn is None
    assert found.execution_arn("x") == MACHINE.replace("stateMachine", "execution") + ":x"


def test_a_stack_is_found_by_its_name():
    session = CloudFormation(stack("First"), stack("Second", NoticeTopicArn="topic"))
    assert Stack.find(session, "Second").notice_topic_arn == "topic"


def test_several_are_named():
    with pytest.raises(SeveralStacks, match=r"Region us-east-1: First, Second; name one") as error:
        Stack.find(CloudFormation(stack("Second"), stack("First")))
    assert error.value.names == ("First", "Second")


def test_without_any_the_error_says_how_to_deploy_one():
    with pytest.raises(StackNotFound, match="make deploy"):
        Stack.find(CloudFormation(OTHER))


def test_a_mistyped_name_is_answered_with_the_nearest():
    with pytest.raises(
        StackNotFound, match=r"there is no stack Orchestator .*there is Orchestrator"
    ):
        Stack.find(CloudFormation(stack("Orchestrator"), stack("Unlike")), "Orchestator")


def test_another_stack_is_no_orchestrator():
    with pytest.raises(StackNotFound, match="Other is not an orchestrator"):
        Stack.find(CloudFormation(OTHER), "Other")


def test_an_incomplete_stack_is_to_be_deployed_again():
    session = CloudFormation(stack("First"), resources={"CoordinationTableB8240530": "table"})
    with pytest.raises(StackNotFound, match="incomplete"):
        Stack.find(session)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (NoCredentialsError(), "no AWS credentials: set AWS_PROFILE"),
        (NoRegionError(), "no AWS Region: set AWS_REGION"),
        (client_error("AccessDenied"), "OperatorPolicyArn"),
        (client_error("ServiceUnavailable"), "ServiceUnavailable"),
    ],
)
def test_what_is_missing_is_said(refusal, words):
    session = CloudFormation()
    session.refusal = refusal
    with pytest.raises(AwsUnavailable, match=words):
        Stack.find(session)


def test_a_session_without_a_region_says_so(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(AwsUnavailable, match="set AWS_REGION"):
        Stack.find(boto3.Session("any", "any"))
