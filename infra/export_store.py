"""Where exports go: a bucket, the key they are encrypted with, and the role RDS writes with."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

RDS_EXPORT: Final = "export.rds.amazonaws.com"


class ExportStore(Construct):
    """The one destination of every export; no request can name another."""

    def __init__(self, scope: Construct, construct_id: str, *, prefix: str) -> None:
        super().__init__(scope, construct_id)
        self.prefix = prefix
        self.key = kms.Key(
            self, "Key", enable_key_rotation=True, removal_policy=RemovalPolicy.RETAIN
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(RDS_EXPORT),
            description="RDS writes exports with it",
        )
        self._let_rds_write()

    def let_start_exports(self, grantee: iam.IGrantable) -> None:
        """Let a function hand the role and the key to RDS, and to nothing else."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": RDS_EXPORT}},
            )
        )
        self.key.grant(grantee, "kms:DescribeKey", "kms:CreateGrant")

    def let_collect_results(self, grantee: iam.IGrantable) -> None:
        """Let a function read what exports write of themselves, and nothing of their data."""
        folder = f"{self.prefix}/" if self.prefix else ""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[self.bucket.arn_for_objects(f"{folder}*/export_*.json")],
            )
        )
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{folder}*"]}},
            )
        )
        self.key.grant_decrypt(grantee)

    def _let_rds_write(self) -> None:
        """Source: RDS user guide, USER_ExportSnapshot, 'Providing access to an S3 bucket'."""
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket", "s3:GetBucketLocation"],
                resources=[self.bucket.bucket_arn],
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject*", "s3:GetObject*", "s3:DeleteObject*"],
                resources=[self.bucket.arn_for_objects(f"{self.prefix}/*" if self.prefix else "*")],
            )
        )
        self.key.grant_encrypt_decrypt(self.role)
