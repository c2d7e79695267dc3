"""Identifiers of snapshots: a job always creates the same one, so that it finds its own again."""

from __future__ import annotations

import hashlib
from typing import Final

from lambdas.jobs.databases import Database
from lambdas.snapshots.ownership import NAME_PREFIX

MAX_LENGTH: Final = 63
"""Of a DB cluster snapshot's identifier; that of a DB snapshot may have 255 characters. Source:
RDS API reference, CreateDBClusterSnapshot and CreateDBSnapshot."""

_DIGEST_LENGTH: Final = 12
_NAME_LENGTH: Final = MAX_LENGTH - len(NAME_PREFIX) - _DIGEST_LENGTH - 1


def identifier(execution_arn: str, job: str, database: Database) -> str:
    """Return the identifier of the snapshot that a job creates.

    Args:
        execution_arn: the request's.
        job: what the outcome calls the job.
        database: what the snapshot is taken of, its identifier in lower case.
    """
    identity = "\n".join((execution_arn, job, str(database)))
    digest = hashlib.sha256(identity.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{NAME_PREFIX}{database.id[:_NAME_LENGTH].strip('-')}-{digest}"


def snapshot_arn(execution_arn: str, snapshot_id: str, database: Database) -> str:
    """Return the ARN of a snapshot in the account and the Region of an execution."""
    _, partition, _, region, account, *_ = execution_arn.split(":")
    resource = "cluster-snapshot" if database.is_cluster else "snapshot"
    return f"arn:{partition}:rds:{region}:{account}:{resource}:{snapshot_id}"
