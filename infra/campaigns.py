"""Amazon Connect campaigns: the function that reconciles them, and the rule of their mutations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.platform.platform import Platform
from infra.settings import Settings
from infra.waiting import Waiting
from lambdas.campaigns.rates import CAMPAIGN_RATES_JSON
from lambdas.campaigns.transitions import Mutation
from lambdas.shared.environment import CAMPAIGN_RATES

OWNER: Final = "aws:ResourceTag/owner"
"""Names the Amazon Connect instance of a campaign. The ARN of a campaign does not, and there is no
condition key of the service's own. Sources: Service Authorization Reference, 'Amazon Connect
Outbound Campaigns'; CloudFormation, AWS::ConnectCampaignsV2::Campaign, on the tag."""


class Campaigns(Construct):
    """Everything about campaigns, in API v1 and v2 alike.

    Attributes:
        function: reconciles a batch of campaigns.
        rules: whose events end waits for campaigns.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        platform: Platform,
        waiting: Waiting,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = platform.functions.add(
            self,
            "ReconcileCampaigns",
            package="campaigns",
            environment={
                **platform.coordination.environment,
                CAMPAIGN_RATES: CAMPAIGN_RATES_JSON.dump_json(settings.campaign_rates).decode(),
            },
        )
        self._grant_campaigns(self.function, settings.campaign_instance_ids)
        platform.coordination.grant_limit_rates(self.function)
        platform.coordination.grant_note_moves(self.function)
        self.rules = [self._mutation(waiting)] if settings.campaign_events else []

    def _grant_campaigns(self, grantee: iam.IGrantable, instance_ids: Sequence[str]) -> iam.Grant:
        """Grant to read the states of campaigns and to change them.

        Args:
            grantee: the function.
            instance_ids: whose campaigns it may change; none means all.
        """
        stack = Stack.of(self)
        campaigns = stack.format_arn(
            service="connect-campaigns", resource="campaign", resource_name="*"
        )
        instances = [
            stack.format_arn(service="connect", resource="instance", resource_name=instance_id)
            for instance_id in instance_ids
        ]
        change = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[
                f"connect-campaigns:{operation}Campaign"
                for operation in ("Start", "Pause", "Resume", "Stop", "Delete", "Describe")
            ],
            resource_arns=[campaigns],
            conditions={"StringEquals": {OWNER: instances}} if instances else None,
        )
        read = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["connect-campaigns:GetCampaignStateBatch"],
            # Not by owner: the call for a batch is refused for one campaign of another instance.
            resource_arns=[campaigns],
        )
        return change.combine(read)

    def _mutation(self, waiting: Waiting) -> events.Rule:
        """Return the rule of mutations that the function has not made itself.

        Only what CloudTrail records is an event, so the account needs a trail. Source: EventBridge
        reference, Amazon Connect outbound campaigns; CloudTrail user guide, userIdentity element.
        """
        own = cast(iam.IRole, self.function.role)  # which a function that is made here always has
        somebody_else = [
            {"arn": [{"anything-but": [own.role_arn]}]},
            {"arn": [{"exists": False}]},
        ]
        return events.Rule(
            self,
            "CampaignMutation",
            event_pattern=events.EventPattern(
                source=["aws.connect-campaigns"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={
                    "eventSource": ["connect-campaigns.amazonaws.com"],
                    "eventName": [mutation.value for mutation in Mutation],
                    "errorCode": [{"exists": False}],
                    "userIdentity": {"sessionContext": {"sessionIssuer": {"$or": somebody_else}}},
                },
            ),
            targets=[waiting.target()],
            description="Wakes the waiters for a campaign that another caller changes",
        )
