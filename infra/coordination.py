"""The table through which executions and functions find each other."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.encryption import Encryption
from infra.workflow.jobs import MAP_LABEL
from lambdas.shared.environment import COORDINATION_TABLE

READS: Final = frozenset({"dynamodb:GetItem", "dynamodb:Query"})


class Coordination(Construct):
    """One table of short-lived items: who waits for what, and who started what."""

    def __init__(self, scope: Construct, construct_id: str, *, encryption: Encryption) -> None:
        super().__init__(scope, construct_id)
        self._encryption = encryption
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=encryption.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a function needs to find the table."""
        return {COORDINATION_TABLE: self.table.table_name}

    def let_note_starts(self, grantee: iam.IGrantable) -> None:
        """Let a function note which exports its job has started, and read its own note again."""
        self._let(grantee, "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem")

    def let_read_starts(self, grantee: iam.IGrantable) -> None:
        """Let a function read which exports an execution has started."""
        self._let(grantee, "dynamodb:Query")

    def let_claim_outcomes(self, grantee: iam.IGrantable) -> None:
        """Let a function claim to publish the outcome of an execution."""
        self._let(grantee, "dynamodb:GetItem", "dynamodb:PutItem")

    def let_limit_rates(self, grantee: iam.IGrantable) -> None:
        """Let a function reserve calls of a rate that all executions share."""
        self._let(grantee, "dynamodb:GetItem", "dynamodb:UpdateItem")

    def let_wait(self, grantee: iam.IGrantable) -> None:
        """Let the state machine store its task tokens."""
        self._let(grantee, "dynamodb:PutItem")

    def let_wake(self, grantee: iam.IGrantable, machine: sfn.IStateMachine) -> None:
        """Let a function find those who wait, wake them, and forget them."""
        self._let(grantee, "dynamodb:Query", "dynamodb:DeleteItem")
        arn = machine.state_machine_arn
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["states:SendTaskSuccess"],
                # Those who wait are children of the map, whose machine has a label behind a slash.
                resources=[arn, f"{arn}/{MAP_LABEL}"],
            )
        )

    def _let(self, grantee: iam.IGrantable, *actions: str) -> None:
        self.table.grant(grantee, *actions)
        if set(actions) <= READS:
            self._encryption.let_read_table(grantee)
        else:
            self._encryption.let_write_table(grantee)
