"""RDS snapshots of DB instances and of DB clusters, which have operations of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambdas.jobs.databases import Database
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ResourceNotFoundException
from lambdas.snapshots.decisions import Snapshot
from lambdas.snapshots.ownership import OWNER_TAG


def create_operation(database: Database) -> str:
    """Return the operation that creates a snapshot of a database."""
    return "CreateDBClusterSnapshot" if database.is_cluster else "CreateDBSnapshot"


def delete_operation(database: Database) -> str:
    """Return the operation that deletes a snapshot of a database."""
    return "DeleteDBClusterSnapshot" if database.is_cluster else "DeleteDBSnapshot"


class Snapshots:
    """The account's manual snapshots, of which those with the stack's tag are its own."""

    def __init__(self, owner: str, connect: Callable[[str], Any] = client) -> None:
        self.owner = owner
        self._client = connect("rds")

    def find(self, snapshot_id: str, database: Database) -> Snapshot | None:
        """Return a snapshot, None if there is none.

        Args:
            snapshot_id: its identifier.
            database: an instance or a cluster; the snapshot may be of another one.

        Raises:
            AwsError: when RDS did not answer.
        """
        try:
            if database.is_cluster:
                with api_call("DescribeDBClusterSnapshots"):
                    answer = self._client.describe_db_cluster_snapshots(
                        DBClusterSnapshotIdentifier=snapshot_id
                    )
                found = map(_cluster_snapshot, answer["DBClusterSnapshots"])
            else:
                with api_call("DescribeDBSnapshots"):
                    answer = self._client.describe_db_snapshots(DBSnapshotIdentifier=snapshot_id)
                found = map(_instance_snapshot, answer["DBSnapshots"])
        except ResourceNotFoundException:
            return None
        return next(found, None)

    def create(self, snapshot_id: str, database: Database) -> Snapshot:
        """Create a snapshot with the stack's tag.

        Raises:
            AwsError: when RDS did not accept it, or its response was lost.
        """
        tags = [{"Key": OWNER_TAG, "Value": self.owner}]
        with api_call(create_operation(database)):
            if not database.is_cluster:
                answer = self._client.create_db_snapshot(
                    DBSnapshotIdentifier=snapshot_id, DBInstanceIdentifier=database.id, Tags=tags
                )
                return _instance_snapshot(answer["DBSnapshot"])
            answer = self._client.create_db_cluster_snapshot(
                DBClusterSnapshotIdentifier=snapshot_id,
                DBClusterIdentifier=database.id,
                Tags=tags,
            )
        return _cluster_snapshot(answer["DBClusterSnapshot"])

    def delete(self, snapshot_id: str, database: Database) -> None:
        """Delete a snapshot.

        Raises:
            AwsError: when RDS did not accept it, or its response was lost.
        """
        with api_call(delete_operation(database)):
            if database.is_cluster:
                self._client.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot_id)
            else:
                self._client.delete_db_snapshot(DBSnapshotIdentifier=snapshot_id)


def _instance_snapshot(answer: Mapping[str, Any]) -> Snapshot:
    database = Database(db_instance=answer.get("DBInstanceIdentifier", "").lower())
    return _snapshot(answer["DBSnapshotIdentifier"], database, answer)


def _cluster_snapshot(answer: Mapping[str, Any]) -> Snapshot:
    database = Database(db_cluster=answer.get("DBClusterIdentifier", "").lower())
    return _snapshot(answer["DBClusterSnapshotIdentifier"], database, answer)


def _snapshot(snapshot_id: str, database: Database, answer: Mapping[str, Any]) -> Snapshot:
    created = answer.get("SnapshotCreateTime")
    tags = {tag["Key"]: tag.get("Value", "") for tag in answer.get("TagList", ())}
    return Snapshot(
        snapshot_id=snapshot_id,
        database=database,
        status=answer.get("Status", ""),
        owner=tags.get(OWNER_TAG),
        percent=answer.get("PercentProgress"),
        created_at=created.timestamp() if created else None,
        engine=answer.get("Engine"),
        allocated_gb=answer.get("AllocatedStorage") or None,
    )
