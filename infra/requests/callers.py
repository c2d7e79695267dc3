"""The permissions that callers need, and no more."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lambdas.requests.acceptance import REQUESTED


class Callers(Construct):
    """A policy to attach to a user, a role or another state machine's role."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: sfn.IStateMachine,
        bus: events.IEventBus,
    ) -> None:
        super().__init__(scope, construct_id)
        name = (
            Stack.of(self)
            .split_arn(machine.state_machine_arn, ArnFormat.COLON_RESOURCE_NAME)
            .resource_name
        )
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            # Callers choose the names of their executions.
            resource_name=f"{name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="Allows sending requests to the orchestrator and reading their outcomes",
            statements=[
                iam.PolicyStatement(
                    actions=["states:StartExecution"], resources=[machine.state_machine_arn]
                ),
                iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:GetExecutionHistory"],
                    resources=[executions],
                ),
                iam.PolicyStatement(
                    actions=["events:PutEvents"],
                    resources=[bus.event_bus_arn],
                    # Outcomes are published on the same bus; no caller can send a false one.
                    conditions={"StringEquals": {"events:detail-type": REQUESTED}},
                ),
            ],
        )
