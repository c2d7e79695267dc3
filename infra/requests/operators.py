"""The permissions that operators need for the console, and no more."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.platform.coordination import Coordination
from infra.workflow.jobs import MAP_LABEL


class Operators(Construct):
    """A policy to attach to a user or a role: what `console/` calls."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: sfn.IStateMachine,
        reconcile_campaigns: lambda_.IFunction,
        coordination: Coordination,
    ) -> None:
        """Make the policy.

        Args:
            scope: of the construct.
            construct_id: of the construct.
            machine: whose executions are read, started and stopped.
            reconcile_campaigns: whose settings hold the rates.
            coordination: whose table holds what is reserved of them.
        """
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        name = stack.split_arn(
            machine.state_machine_arn, ArnFormat.COLON_RESOURCE_NAME
        ).resource_name

        def of_machine(resource: str, rest: str) -> str:
            return stack.format_arn(
                service="states",
                resource=resource,
                resource_name=f"{name}{rest}",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )

        # Callers choose the names of executions, Step Functions those of Map Runs and children.
        executions, children = of_machine("execution", ":*"), f"/{MAP_LABEL}:*"
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="Allows reading, starting and stopping requests of the orchestrator",
            statements=[
                iam.PolicyStatement(
                    actions=["states:StartExecution"], resources=[machine.state_machine_arn]
                ),
                iam.PolicyStatement(
                    actions=[
                        "states:DescribeExecution",
                        "states:DescribeStateMachineForExecution",
                        "states:StopExecution",
                    ],
                    resources=[executions],
                ),
                iam.PolicyStatement(
                    actions=["states:GetExecutionHistory"],
                    resources=[executions, of_machine("execution", children)],
                ),
                iam.PolicyStatement(
                    actions=["states:ListExecutions"],
                    resources=[machine.state_machine_arn, of_machine("mapRun", children)],
                ),
                iam.PolicyStatement(
                    actions=["lambda:GetFunctionConfiguration"],
                    resources=[reconcile_campaigns.function_arn],
                ),
                iam.PolicyStatement(
                    actions=["cloudformation:ListStackResources"], resources=[stack.stack_id]
                ),
                iam.PolicyStatement(
                    # Without a name, the one lists stacks; an export task has no ARN.
                    actions=["cloudformation:DescribeStacks", "rds:DescribeExportTasks"],
                    resources=["*"],
                ),
            ],
        )
        coordination.grant_read_rates(self.policy)
