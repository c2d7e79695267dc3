"""What a function may do with RDS export tasks."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam


def let_run_exports(grantee: iam.IGrantable, stack: Stack) -> None:
    """Let a function start, cancel and describe exports of this account and Region."""
    sources = [
        stack.format_arn(
            service="rds",
            resource=kind,
            resource_name="*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for kind in ("snapshot", "cluster-snapshot", "cluster")
    ]
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(actions=["rds:StartExportTask"], resources=sources)
    )
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["rds:CancelExportTask", "rds:DescribeExportTasks"],
            # A task has no ARN to be scoped to; both are given its identifier, or a filter.
            resources=["*"],
        )
    )
