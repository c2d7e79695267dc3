"""The queues of events and invocations that could not be delivered or processed."""

from __future__ import annotations

from typing import Final, NamedTuple

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.platform.encryption import Encryption

KEPT_FOR: Final = Duration.days(14)
"""The longest that SQS keeps a message. Source: SQS developer guide, quotas of messages."""


class Delivery(NamedTuple):
    """How long and how often AWS tries to deliver an event.

    Attributes:
        max_age: after which it is sent to the dead-letter queue.
        max_attempts: retries after the first try.
    """

    max_age: Duration
    max_attempts: int


FOR_EVENTS: Final = Delivery(Duration.hours(1), 185)
"""Of a rule's target: as often as EventBridge can, within an hour. By then a caller expects a
result, and a poll has seen an export's end."""

FOR_INVOCATIONS: Final = Delivery(Duration.hours(1), 2)
"""Of a function that is invoked asynchronously: as often as Lambda can, for the same hour."""


class DeadLetters(Construct):
    """Three queues: of undelivered events, of failed invocations, and of failed clean-ups.

    They are separate because they are handled differently. A message of the first has the
    attributes RULE_ARN, TARGET_ARN, ERROR_CODE and ERROR_MESSAGE, and its body is the event, maybe
    transformed by the rule; one of the second has all that in its body, as Lambda writes it for a
    destination; the body of the third is the event of the execution that failed.
    """

    def __init__(self, scope: Construct, construct_id: str, *, encryption: Encryption) -> None:
        super().__init__(scope, construct_id)
        self._encryption = encryption
        self.events = self._queue("UndeliveredEvents")
        self.invocations = self._queue("FailedInvocations")
        self.clean_ups = self._queue("FailedCleanUps")

    def keep_clean_ups_of(self, rule: events.Rule) -> None:
        """Allow a rule to send its events to the queue of clean-ups that failed.

        The permission is written out, because CDK's target opens an encrypted queue to every rule,
        and grants more on the key than sending needs; it does neither for a queue by its ARN.
        """
        queue = sqs.Queue.from_queue_arn(self, "FailedCleanUpsByArn", self.clean_ups.queue_arn)
        rule.add_target(
            targets.SqsQueue(
                queue,
                dead_letter_queue=self.events,
                max_event_age=FOR_EVENTS.max_age,
                retry_attempts=FOR_EVENTS.max_attempts,
            )
        )
        self.clean_ups.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.clean_ups.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.rule_arn}},
            )
        )

    def start(
        self, machine: sfn.IStateMachine, given: events.RuleTargetInput | None = None
    ) -> targets.SfnStateMachine:
        """Return the target of a rule that starts a machine, by default with the event as input."""
        return targets.SfnStateMachine(
            machine,
            input=given,
            dead_letter_queue=self.events,
            max_event_age=FOR_EVENTS.max_age,
            retry_attempts=FOR_EVENTS.max_attempts,
        )

    def invoke(self, function: lambda_.IFunction) -> targets.LambdaFunction:
        """Return the target of a rule that invokes a function.

        EventBridge has delivered an event when Lambda accepts it; `keep_failures_of` is for what
        fails after that.
        """
        return targets.LambdaFunction(
            function,
            dead_letter_queue=self.events,
            max_event_age=FOR_EVENTS.max_age,
            retry_attempts=FOR_EVENTS.max_attempts,
        )

    def publish(
        self, topic: sns.ITopic, message: events.RuleTargetInput, sender: iam.IRole
    ) -> targets.SnsTopic:
        """Return the target of a rule that publishes a message with a role."""
        return targets.SnsTopic(
            topic,
            message=message,
            role=sender,
            dead_letter_queue=self.events,
            max_event_age=FOR_EVENTS.max_age,
            retry_attempts=FOR_EVENTS.max_attempts,
        )

    def keep_failures_of(self, function: lambda_.IFunction) -> None:
        """Keep the asynchronous invocations of a function that failed or expired.

        Written out, because CDK's destination grants more than sending.
        """
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["sqs:SendMessage"],
            resource_arns=[self.invocations.queue_arn],
        )
        self._encryption.grant_send_messages(function)
        settings = lambda_.CfnEventInvokeConfig(
            self,
            f"{function.node.id}Failures",
            function_name=function.function_name,
            qualifier="$LATEST",
            maximum_event_age_in_seconds=FOR_INVOCATIONS.max_age.to_seconds(),
            maximum_retry_attempts=FOR_INVOCATIONS.max_attempts,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self.invocations.queue_arn
                )
            ),
        )
        # Lambda rejects a destination that the function's role may not send to.
        settings.node.add_dependency(function.grant_principal)

    def _queue(self, construct_id: str) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._encryption.key,
            enforce_ssl=True,
            retention_period=KEPT_FOR,
            # Without the stack there is nothing that they could be sent to.
            removal_policy=RemovalPolicy.DESTROY,
        )
