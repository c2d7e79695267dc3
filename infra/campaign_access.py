"""What a function may do with campaigns."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam


def let_move_campaigns(grantee: iam.IGrantable, stack: Stack) -> None:
    """Let a function look at campaigns and move them, in API v1 and v2 alike."""
    campaigns = stack.format_arn(
        service="connect-campaigns", resource="campaign", resource_name="*"
    )
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=[
                f"connect-campaigns:{operation}Campaign"
                for operation in ("Start", "Pause", "Resume", "Stop", "Delete", "Describe")
            ],
            resources=[campaigns],
        )
    )
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["connect-campaigns:GetCampaignStateBatch"],
            # One call reads campaigns of any instance; a scope would refuse the whole batch.
            resources=["*"],
        )
    )
