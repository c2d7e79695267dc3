"""The table through which executions and functions coordinate."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.platform.encryption import Encryption
from lambdas.shared import items
from lambdas.shared.environment import COORDINATION_TABLE

READS: Final = frozenset({"dynamodb:GetItem", "dynamodb:Query"})


class Coordination(Construct):
    """One table of short-lived items, such as waiters and started exports; see `shared.items`."""

    def __init__(self, scope: Construct, construct_id: str, *, encryption: Encryption) -> None:
        super().__init__(scope, construct_id)
        self._encryption = encryption
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(
                name=items.PARTITION_KEY, type=dynamodb.AttributeType.STRING
            ),
            sort_key=dynamodb.Attribute(name=items.SORT_KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=items.EXPIRES_AT,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=encryption.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The setting of a function that uses the table."""
        return {COORDINATION_TABLE: self.table.table_name}

    def grant_note_starts(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to note which exports a job has started, and to read these notes."""
        return self._grant(grantee, "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem")

    def grant_note_snapshots(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to note which snapshots must not outlive an execution."""
        return self._grant(grantee, "dynamodb:PutItem")

    def grant_read_notes(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to read what an execution has started, created and changed."""
        return self._grant(grantee, "dynamodb:Query")

    def grant_note_moves(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to note what a job has done to campaigns, and to read and delete these notes."""
        return self._grant(
            grantee, "dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:DeleteItem"
        )

    def grant_claim_outcomes(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to claim the publication of an execution's outcome."""
        return self._grant(grantee, "dynamodb:GetItem", "dynamodb:PutItem")

    def grant_limit_rates(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to reserve calls of a rate that all executions share."""
        return self._grant(grantee, "dynamodb:GetItem", "dynamodb:UpdateItem")

    def grant_read_rates(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to read what is reserved of each rate, and nothing else of the table."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["dynamodb:BatchGetItem"],
            resource_arns=[self.table.table_arn],
            conditions={
                "ForAllValues:StringLike": {
                    "dynamodb:LeadingKeys": [items.RATE.partition.format(rate="*")]
                }
            },
        ).combine(self._encryption.grant_read_table(grantee))

    def grant_store_tokens(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to store the task tokens of waits."""
        return self._grant(grantee, "dynamodb:PutItem")

    def grant_take_tokens(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to find the task tokens of waits, and to delete those that are used."""
        return self._grant(grantee, "dynamodb:Query", "dynamodb:DeleteItem")

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        of_table = self.table.grant(grantee, *actions)
        if set(actions) <= READS:
            return of_table.combine(self._encryption.grant_read_table(grantee))
        return of_table.combine(self._encryption.grant_write_table(grantee))
