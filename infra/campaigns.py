"""Amazon Connect campaigns: the function that reconciles them, and the rule of their mutations."""

from __future__ import annotations

from typing import Final, cast

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.platform.platform import Platform
from infra.settings import Settings
from infra.waiting import Waiting
from lambdas.campaigns.transitions import Mutation
from lambdas.rate_limit.quota import CAMPAIGN_RATES_JSON
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
        self._coordination = platform.coordination
        self._rates = CAMPAIGN_RATES_JSON.dump_json(settings.campaign_rates).decode()
        self._instances = [
            Stack.of(self).format_arn(
                service="connect", resource="instance", resource_name=instance_id
            )
            for instance_id in settings.campaign_instance_ids
        ]
        self._campaigns = Stack.of(self).format_arn(
            service="connect-campaigns", resource="campaign", resource_name="*"
        )
        self.function = platform.functions.add(
            self,
            "ReconcileCampaigns",
            package="campaigns",
            environment={**self._coordination.environment, CAMPAIGN_RATES: self._rates},
        )
        self._grant_of_owner(
            self.function, "Start", "Pause", "Resume", "Stop", "Delete", "Describe"
        )
        self._grant_states(self.function)
        self._coordination.grant_limit_rates(self.function)
        self._coordination.grant_note_moves(self.function)
        self.rules = [self._mutation(waiting)] if settings.campaign_events else []

    def grant_resolve(self, function: lambda_.Function) -> None:
        """Let a function that has the table select campaigns, within the shared rates."""
        function.add_environment(CAMPAIGN_RATES, self._rates)
        self._coordination.grant_limit_rates(function)
        self._grant_of_owner(function, "Describe")
        self._grant_states(function)
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["connect-campaigns:ListCampaigns", "tag:GetResources"],
            # Neither takes anything else. Source: Service Authorization Reference, 'Amazon Connect
            # Outbound Campaigns' and 'Amazon Resource Group Tagging API'.
            resource_arns=["*"],
        )

    def _grant_of_owner(self, grantee: iam.IGrantable, *operations: str) -> iam.Grant:
        """Grant operations on the campaigns of the instances in the settings, or on all."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[f"connect-campaigns:{operation}Campaign" for operation in operations],
            resource_arns=[self._campaigns],
            conditions={"StringEquals": {OWNER: self._instances}} if self._instances else None,
        )

    def _grant_states(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to read states."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["connect-campaigns:GetCampaignStateBatch"],
            # Not by owner: the call for a batch is refused for one campaign of another instance.
            resource_arns=[self._campaigns],
        )

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
