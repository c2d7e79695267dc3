"""The key that encrypts the stack's table, logs, queues and topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Aws, Fn, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

FOR_MESSAGES: Final = ("kms:Decrypt", "kms:GenerateDataKey")
"""The actions on a key that sending to an encrypted queue or topic requires. Source: SQS
developer guide, 'Key management'."""

FOR_READING: Final = ("kms:Decrypt", "kms:DescribeKey")
FOR_DATA: Final = (
    *FOR_READING,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""The actions on a key that a service takes for those who read data, or also write it. Sources:
DynamoDB developer guide, 'DynamoDB encryption at rest'; CloudWatch Logs user guide, 'Encrypt log
data using KMS'. Their wildcards are written out."""


def machine_log_group() -> str:
    """Return the name of the state machine's log group, which is unique to this stack.

    Step Functions adds each group to the account's CloudWatch Logs resource policy, which is
    limited to 5,120 characters, unless it has this prefix. Source: Step Functions developer guide,
    'Best practices', CloudWatch Logs. The last part of the stack's id is new for each stack, so the
    group that a deleted stack has retained is not in the way of the next one.
    """
    return f"/aws/vendedlogs/states/{Aws.STACK_NAME}-{Fn.select(2, Fn.split('/', Aws.STACK_ID))}"


class Encryption(Construct):
    """One key for the table, the log groups, the queues and the topic; exports have their own."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="Table, logs, queues and alarms of the orchestrator",
            enable_key_rotation=True,
            # The logs are retained when the stack is deleted; they can be read only with their key.
            removal_policy=RemovalPolicy.RETAIN,
        )
        self._grant_logs()
        self._grant_senders()

    def grant_read_table(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant the use of the key that reading the table requires."""
        return self._grant_through("dynamodb", grantee, FOR_READING)

    def grant_write_table(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant the use of the key that reading and writing the table requires."""
        return self._grant_through("dynamodb", grantee, FOR_DATA)

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant the use of the key that sending to the stack's queues requires."""
        return self._grant_through("sqs", grantee, FOR_MESSAGES)

    def grant_publish(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant the use of the key that publishing to the stack's topics requires."""
        return self._grant_through("sns", grantee, FOR_MESSAGES)

    def _grant_through(
        self, service: str, grantee: iam.IGrantable, actions: Sequence[str]
    ) -> iam.Grant:
        """Grant the use of the key through a service only."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            resource_arns=[self.key.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}
            },
        )

    def _grant_logs(self) -> None:
        """Grant the key to CloudWatch Logs, for the log groups of this stack only."""
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group"
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                actions=list(FOR_DATA),
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": [
                            f"{groups}:{Aws.STACK_NAME}-*",
                            f"{groups}:{machine_log_group()}",
                        ]
                    }
                },
            )
        )

    def _grant_senders(self) -> None:
        """Allow alarms to publish to the encrypted topic, and rules to send to encrypted queues.

        EventBridge's statement has no condition: the SNS developer guide, 'Key management', says
        that `aws:SourceAccount` and `aws:SourceArn` in a key's policy are not supported when
        EventBridge sends to an encrypted topic; for queues nothing is documented. The policies of
        the queues allow this stack's rules only.
        """
        self._grant_messages("events.amazonaws.com")
        account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        self._grant_messages("cloudwatch.amazonaws.com", account)

    def _grant_messages(
        self, service: str, conditions: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=list(FOR_MESSAGES),
                resources=["*"],
                conditions=conditions,
            )
        )
