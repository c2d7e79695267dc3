"""What RDS returns of databases and their snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from localcloud.simulators.databases import database_arn, resource_id
from localcloud.simulators.query_protocol import Document, Value
from localcloud.simulators.snapshot_queries import FIELDS
from localcloud.simulators.snapshots import LiveSnapshot
from localcloud.simulators.world_time import WorldTime
from localcloud.world import Database


class SnapshotDocuments:
    """Renders snapshots."""

    def __init__(self, time: WorldTime) -> None:
        self._time = time

    def snapshot(self, one: LiveSnapshot, now: float) -> Document:
        """Return the DBSnapshot or DBClusterSnapshot."""
        fields = FIELDS[one.kind]
        created_at = None if one.created_at is None else self._time.timestamp(one.created_at)
        document: dict[str, Value | None] = {
            fields.id: one.name,
            fields.arn: one.arn,
            fields.database: one.database,
            fields.resource_id: resource_id(one.database_kind, one.database),
            fields.encrypted: True,
            "Engine": one.engine,
            "AllocatedStorage": 100,
            "Status": one.status,
            "SnapshotType": one.type,
            "PercentProgress": one.percent(now),
            "SnapshotCreateTime": created_at,
            "TagList": tag_list(one.tags),
        }
        if one.kind == "snapshot":
            document["OriginalSnapshotCreateTime"] = created_at
            document["SnapshotDatabaseTime"] = created_at
        return {name: value for name, value in document.items() if value is not None}


def database_document(
    database: Database, status: str, engine: str, members: Sequence[Database], arn_prefix: str
) -> Document:
    """Return the DBInstance or DBCluster.

    Args:
        database: an instance or a cluster.
        status: as of now.
        engine: the database's.
        members: the instances of a cluster.
        arn_prefix: of the account and Region.
    """
    name = database.id.lower()
    common: dict[str, Value] = {
        "Engine": engine,
        "AllocatedStorage": 100,
        "StorageEncrypted": True,
        "TagList": tag_list(database.tags),
    }
    arn = database_arn(arn_prefix, database.kind, name)
    if database.kind == "cluster":
        return common | {
            "DBClusterIdentifier": name,
            "DBClusterArn": arn,
            "DbClusterResourceId": resource_id("cluster", name),
            "Status": status,
            "DBClusterMembers": [
                {"DBInstanceIdentifier": one.id.lower(), "IsClusterWriter": number == 0}
                for number, one in enumerate(members)
            ],
        }
    instance = common | {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": arn,
        "DbiResourceId": resource_id("instance", name),
        "DBInstanceStatus": status,
    }
    if database.cluster is not None:
        instance["DBClusterIdentifier"] = database.cluster.lower()
    return instance


def tag_list(tags: Mapping[str, str]) -> list[Document]:
    """Return tags as RDS does."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
