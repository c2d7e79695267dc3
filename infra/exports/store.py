"""The destination of exports: a bucket, the key that encrypts them, and the role that RDS uses."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.platform.encryption import FOR_DATA
from infra.settings import ExistingStore
from lambdas.exports.pointer import FOLDER as POINTERS
from lambdas.shared.environment import (
    EXPORT_BUCKET,
    EXPORT_KEY_ARN,
    EXPORT_PREFIX,
    EXPORT_ROLE_ARN,
)

RDS_EXPORT: Final = "export.rds.amazonaws.com"

UNFINISHED_UPLOADS_KEPT: Final = Duration.days(7)
ACCESS_LOGS_KEPT: Final = Duration.days(365)


class ExportStore(Construct):
    """The destination of every export; a request cannot name another one.

    What exists already is used as it is: its policies are its owner's.
    """

    bucket: s3.IBucket
    key: kms.IKey
    role: iam.IRole

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        existing: ExistingStore | None,
        noncurrent_version_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self._prefix = prefix
        self._folder = f"{prefix}/" if prefix else ""
        if existing is not None:
            self.key = kms.Key.from_key_arn(self, "Key", existing.key_arn)
            self.bucket = s3.Bucket.from_bucket_name(self, "Bucket", existing.bucket_name)
            self.role = iam.Role.from_role_arn(self, "Role", existing.role_arn, mutable=False)
            return
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
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=UNFINISHED_UPLOADS_KEPT,
                    noncurrent_version_expiration=Duration.days(noncurrent_version_days),
                )
            ],
            server_access_logs_bucket=self._access_logs(),
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.role = self._writer()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a function that starts exports and reads their files."""
        return {
            EXPORT_BUCKET: self.bucket.bucket_name,
            EXPORT_PREFIX: self._prefix,
            EXPORT_ROLE_ARN: self.role.role_arn,
            EXPORT_KEY_ARN: self.key.key_arn,
        }

    def grant_start_exports(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to pass the role and the key to RDS, and to no other service."""
        pass_role = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["iam:PassRole"],
            resource_arns=[self.role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": RDS_EXPORT}},
        )
        return pass_role.combine(self.key.grant(grantee, "kms:DescribeKey", "kms:CreateGrant"))

    def grant_read_results(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to read the files that describe exports, and none of their data."""
        read = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:GetObject"],
            resource_arns=[self.bucket.arn_for_objects(f"{self._folder}*/export_*.json")],
        )
        find = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:ListBucket"],
            resource_arns=[self.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{self._folder}*"]}},
        )
        return read.combine(find).combine(self.key.grant_decrypt(grantee))

    def grant_replace_pointers(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to read and to replace the pointers to the latest exports."""
        pointers = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:GetObject", "s3:PutObject"],
            resource_arns=[self.bucket.arn_for_objects(f"{self._folder}{POINTERS}/*")],
        )
        # S3 encrypts what is written with the key, in the name of the writer.
        return pointers.combine(self.key.grant(grantee, "kms:GenerateDataKey"))

    def _access_logs(self) -> s3.Bucket:
        """Return the bucket of the access logs; S3 writes it with keys of its own."""
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=ACCESS_LOGS_KEPT)],
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _writer(self) -> iam.Role:
        """Source: RDS user guide, USER_ExportSnapshot, 'Providing access to an S3 bucket'."""
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(RDS_EXPORT),
            description="RDS writes exports with it",
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket", "s3:GetBucketLocation"],
                resources=[self.bucket.bucket_arn],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject*", "s3:GetObject*", "s3:DeleteObject*"],
                # The whole bucket, which is only for exports: what RDS checks of a role before it
                # starts an export is not documented, and the guide's policy names `bucket/*`.
                resources=[self.bucket.arn_for_objects("*")],
            )
        )
        self.key.grant(role, *FOR_DATA)
        return role
