"""The topic of the alarms, and who is subscribed to it."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.platform.encryption import Encryption


def alarm_topic(
    scope: Construct, construct_id: str, *, encryption: Encryption, email: str | None
) -> sns.Topic:
    """Return a topic that the account's alarms may publish to, with a subscriber if one is set."""
    topic = sns.Topic(scope, construct_id, master_key=encryption.key, enforce_ssl=True)
    # A topic policy replaces the default one, which allows the account's alarms to publish.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    if email is not None:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic
