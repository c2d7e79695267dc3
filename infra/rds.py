"""RDS's resources in the stack's account and Region, and a grant that several functions need."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


def rds_arns(scope: Construct, *kinds: str, name: str = "*") -> list[str]:
    """Return the ARNs of the resources of some kinds with a name, which may be a pattern."""
    return [
        Stack.of(scope).format_arn(
            service="rds",
            resource=kind,
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for kind in kinds
    ]


def grant_describe_snapshots(scope: Construct, grantee: iam.IGrantable) -> None:
    """Grant to describe all snapshots, by their identifiers or by their databases."""
    for action, kinds in (
        ("rds:DescribeDBSnapshots", ("db", "snapshot")),
        ("rds:DescribeDBClusterSnapshots", ("cluster", "cluster-snapshot")),
    ):
        iam.Grant.add_to_principal(
            grantee=grantee, actions=[action], resource_arns=rds_arns(scope, *kinds)
        )
