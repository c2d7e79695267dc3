"""Outcomes as text for people, on a topic of Amazon SNS."""

from __future__ import annotations

from typing import Any, Final

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.platform.platform import Platform
from infra.settings import Notices as NoticeSettings
from lambdas.jobs.phases import Phase
from lambdas.requests.outcome import COMPLETED

TEXT: Final = """\
{detail.phase}: {detail.summary}
Reason: {detail.reason}
Correlation id: {detail.correlation_id}
Description: {detail.description}
Started: {detail.started_at}
Ended: {detail.ended_at}, after {detail.elapsed_seconds} s
Execution: https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{detail.execution_arn}"""
"""With the fields of the event. EventBridge writes each line in quotes, and the values as they are.
Source: aws-cdk, RuleTargetInput.fromMultilineText."""


class Notices(Construct):
    """The topic, the rule whose events become notices, and the role that delivers them.

    Attributes:
        topic: the stack's own, or an existing one.
        rule: matches the outcomes that people get.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: NoticeSettings,
        platform: Platform,
    ) -> None:
        super().__init__(scope, construct_id)
        sender = self._sender()
        arn = settings.topic_arn or self._own_topic(settings, platform, sender).topic_arn
        # By its ARN: for one with a key, CDK's target grants more on it than publishing needs.
        self.topic = sns.Topic.from_topic_arn(self, "TopicByArn", arn)
        detail = {"phase": [Phase.FAILED.value]} if settings.of == "failed" else None
        self.rule = events.Rule(
            self,
            "OutcomePublished",
            event_bus=platform.bus,
            event_pattern=events.EventPattern(detail_type=[COMPLETED], detail=detail),
            targets=[platform.dead_letters.publish(self.topic, _text(), sender)],
            description="Sends outcomes to people, as text",
        )

    def _own_topic(
        self, settings: NoticeSettings, platform: Platform, sender: iam.IGrantable
    ) -> sns.Topic:
        topic = sns.Topic(self, "Topic", master_key=platform.encryption.key, enforce_ssl=True)
        for email in settings.emails:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        platform.encryption.grant_publish(sender)
        return topic

    def _sender(self) -> iam.Role:
        """Return the role with which EventBridge publishes.

        With a role, the key's policy does not have to open the key to EventBridge for every
        account, as it would otherwise. Source: SNS developer guide, 'Key management'.
        """
        return iam.Role(
            self,
            "Sender",
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
            description="EventBridge publishes notices with it",
        )


def _text() -> events.RuleTargetInput:
    return events.RuleTargetInput.from_multiline_text(TEXT.format_map(_Fields("$")))


class _Fields(dict[str, Any]):
    """The fields of an event for `str.format`, each as EventBridge refers to it."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def __missing__(self, name: str) -> _Fields:
        return _Fields(f"{self._path}.{name}")

    __getattr__ = __missing__

    def __format__(self, _spec: str) -> str:
        return events.EventField.from_path(self._path)
