"""The bucket, role and KMS key of a StartExportTask, all of which must exist."""

from __future__ import annotations

from typing import Protocol

from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.exports import ExportParameters


class ExportTargets(Protocol):
    """The buckets, roles and keys of the account."""

    def has_bucket(self, name: str) -> bool:
        """Return whether a bucket exists."""

    def has_role(self, arn: str) -> bool:
        """Return whether a role exists."""

    def has_key(self, key_id: str) -> bool:
        """Return whether a key, named by id, ARN or alias, exists and is enabled."""


class AnyTargets:
    """Every bucket, role and key exists."""

    def has_bucket(self, name: str) -> bool:
        """Return True."""
        return bool(name)

    def has_role(self, arn: str) -> bool:
        """Return True."""
        return bool(arn)

    def has_key(self, key_id: str) -> bool:
        """Return True."""
        return bool(key_id)


def require_targets(parameters: ExportParameters, targets: ExportTargets) -> None:
    """Check that bucket, role and key exist; which RDS checks first is not documented.

    Raises:
        SimulatedError: InvalidS3BucketFault, IamRoleNotFound or KMSKeyNotAccessibleFault.
    """
    if not targets.has_bucket(parameters.bucket or ""):
        raise SimulatedError(
            "InvalidS3BucketFault", f"The S3 bucket {parameters.bucket} doesn't exist."
        )
    if not targets.has_role(parameters.role_arn):
        raise SimulatedError(
            "IamRoleNotFound", f"The IAM role {parameters.role_arn} doesn't exist."
        )
    if not targets.has_key(parameters.kms_key_id):
        raise SimulatedError(
            "KMSKeyNotAccessibleFault", f"The KMS key {parameters.kms_key_id} isn't accessible."
        )
