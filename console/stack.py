"""The deployed orchestrator that the console reads and acts on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import boto3

from console.aws import Aws, Refused
from console.errors import AwsUnavailable, SeveralStacks, StackNotFound

CLOUDFORMATION: Final = "cloudformation"

_OUTPUTS: Final = frozenset({"StateMachineArn", "EventBusName", "CallerPolicyArn"})
"""The outputs by which an orchestrator is recognized."""

_TABLE: Final = re.compile(r"CoordinationTable[0-9A-F]{8}")
_RECONCILE_CAMPAIGNS: Final = re.compile(r"CampaignsReconcileCampaigns[0-9A-F]{8}")
"""The logical ids, to which the CDK adds a hash of the path."""


@dataclass(frozen=True)
class Stack:
    """One deployed orchestrator.

    Attributes:
        name: of the CloudFormation stack.
        table_name: of the coordination table.
        reconcile_campaigns: the name of the function whose settings hold the rate limits.
        notice_topic_arn: where notices are published, None if the stack has no such setting.
    """

    name: str
    account: str
    region: str
    state_machine_arn: str
    table_name: str
    reconcile_campaigns: str
    notice_topic_arn: str | None = None

    @classmethod
    def find(cls, session: boto3.Session, name: str | None = None) -> Self:
        """Return the stack of this name, or the only orchestrator there is.

        Args:
            session: its credentials and Region say where.
            name: of the CloudFormation stack.

        Raises:
            AwsUnavailable: CloudFormation could not be read; no credentials or Region.
            StackNotFound: there is none; the message names those with a similar name.
            SeveralStacks: no name was given, and there are several.
        """
        aws = Aws(session)
        stack = _only(aws, session) if name is None else _named(aws, session, name)
        return cls._of(stack, _resources(aws, stack["StackName"]))

    @classmethod
    def _of(cls, stack: Mapping[str, Any], resources: Mapping[str, str]) -> Self:
        outputs = _outputs(stack)
        _, _, _, region, account, *_ = outputs["StateMachineArn"].split(":")
        return cls(
            name=stack["StackName"],
            account=account,
            region=region,
            state_machine_arn=outputs["StateMachineArn"],
            table_name=_resource(resources, _TABLE, stack["StackName"]),
            reconcile_campaigns=_resource(resources, _RECONCILE_CAMPAIGNS, stack["StackName"]),
            notice_topic_arn=outputs.get("NoticeTopicArn"),
        )

    @property
    def machine_name(self) -> str:
        """The name of the state machine."""
        return self.state_machine_arn.rpartition(":")[2]

    def execution_arn(self, name: str) -> str:
        """Return the ARN of an execution from its name."""
        machine = self.state_machine_arn.replace(":stateMachine:", ":execution:", 1)
        return f"{machine}:{name}"


def _only(aws: Aws, session: boto3.Session) -> Mapping[str, Any]:
    found = [stack for stack in _described(aws) if _is_orchestrator(stack)]
    if not found:
        raise StackNotFound(
            f"no orchestrator is deployed in {_where(session)}: check the credentials and the"
            " Region, or deploy one with `make deploy`"
        )
    if len(found) > 1:
        names = sorted(stack["StackName"] for stack in found)
        raise SeveralStacks(
            f"several orchestrators are deployed in {_where(session)}: {', '.join(names)};"
            " name one of them",
            names,
        )
    return found[0]


def _named(aws: Aws, session: boto3.Session, name: str) -> Mapping[str, Any]:
    try:
        [stack] = aws.call(CLOUDFORMATION, "DescribeStacks", StackName=name)["Stacks"]
    except Refused as error:
        raise _not_found(aws, session, name) from error
    if not _is_orchestrator(stack):
        raise StackNotFound(f"stack {name} is not an orchestrator, or is not deployed yet")
    described: Mapping[str, Any] = stack
    return described


def _not_found(aws: Aws, session: boto3.Session, name: str) -> StackNotFound:
    """Return the error with the orchestrators that there are, those with similar names first."""
    message = f"there is no stack {name} in {_where(session)}"
    try:
        names = [stack["StackName"] for stack in _described(aws) if _is_orchestrator(stack)]
    except AwsUnavailable:
        return StackNotFound(message)
    near = difflib.get_close_matches(name, names, cutoff=0.4) or sorted(names)
    return StackNotFound(f"{message}; there is {', '.join(near)}" if near else message)


def _described(aws: Aws) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        page = aws.call(CLOUDFORMATION, "DescribeStacks", **more)
        yield from page["Stacks"]
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _resources(aws: Aws, name: str) -> dict[str, str]:
    """Return the physical ids of a stack's resources by their logical ids."""
    found: dict[str, str] = {}
    more: dict[str, str] = {}
    while True:
        page = aws.call(CLOUDFORMATION, "ListStackResources", StackName=name, **more)
        for resource in page["StackResourceSummaries"]:
            found[resource["LogicalResourceId"]] = resource.get("PhysicalResourceId", "")
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _resource(resources: Mapping[str, str], wanted: re.Pattern[str], stack: str) -> str:
    for logical_id, physical_id in resources.items():
        if wanted.fullmatch(logical_id) and physical_id:
            return physical_id
    raise StackNotFound(f"stack {stack} is incomplete: deploy it again")


def _is_orchestrator(stack: Mapping[str, Any]) -> bool:
    return _outputs(stack).keys() >= _OUTPUTS


def _outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}


def _where(session: boto3.Session) -> str:
    return f"Region {session.region_name}"
