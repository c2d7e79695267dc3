"""What a function may do with campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

OWNER: Final = "aws:ResourceTag/owner"
"""Names the Amazon Connect instance of a campaign. The ARN of a campaign does not, and there is no
condition key of the service's own. Sources: Service Authorization Reference, 'Amazon Connect
Outbound Campaigns'; CloudFormation, AWS::ConnectCampaignsV2::Campaign, on the tag."""


def let_move_campaigns(
    grantee: iam.IGrantable, stack: Stack, instance_ids: Sequence[str] = ()
) -> None:
    """Let a function look at campaigns and move them, in API v1 and v2 alike.

    Args:
        grantee: the function.
        stack: whose account and Region the campaigns are in.
        instance_ids: whose campaigns it may move; none means all.
    """
    campaigns = stack.format_arn(
        service="connect-campaigns", resource="campaign", resource_name="*"
    )
    instances = [
        stack.format_arn(service="connect", resource="instance", resource_name=instance_id)
        for instance_id in instance_ids
    ]
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=[
                f"connect-campaigns:{operation}Campaign"
                for operation in ("Start", "Pause", "Resume", "Stop", "Delete", "Describe")
            ],
            resources=[campaigns],
            conditions={"StringEquals": {OWNER: instances}} if instances else None,
        )
    )
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["connect-campaigns:GetCampaignStateBatch"],
            # Not by owner: one foreign campaign would refuse the look at the whole batch.
            resources=[campaigns],
        )
    )
