"""The snapshots of a database, as sources of exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lambdas.exports.contract import SnapshotType
from lambdas.exports.newest import Snapshot
from lambdas.exports.work import SnapshotQuery
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ResourceNotFoundException


class Snapshots:
    """The snapshots of an account's DB instances and clusters.

    Attributes:
        account: its id.
    """

    def __init__(self, account: str, connect: Callable[[str], Any] = client) -> None:
        self.account = account
        self._client = connect("rds")

    def of_database(self, query: SnapshotQuery) -> tuple[Snapshot, ...]:
        """Return the snapshots of a query's database and type, in any order and status.

        Whether a listing without a type includes AWS Backup's is not documented: they are listed
        separately, and one that is listed twice is returned once. Snapshots of clusters have no
        such type. Source: botocore, DescribeDBSnapshots and DescribeDBClusterSnapshots.

        Raises:
            AwsError: when RDS did not answer.
        """
        database = query.database
        if database.is_cluster:
            return _distinct(self._of_cluster(database.id, query.type))
        found = self._of_instance(database.id, query.type)
        if query.type is SnapshotType.ANY:
            found += self._of_instance(database.id, SnapshotType.AWSBACKUP)
        return _distinct(found)

    def _of_instance(self, name: str, of_type: SnapshotType) -> list[Snapshot]:
        parameters = {"DBInstanceIdentifier": name, **_type_parameter(of_type)}
        found: list[Snapshot] = []
        while True:
            try:
                with api_call("DescribeDBSnapshots"):
                    page = self._client.describe_db_snapshots(**parameters)
            except ResourceNotFoundException:  # for no snapshots, it may also return an error
                return found
            found += [_snapshot(one, "DBSnapshotArn") for one in page["DBSnapshots"]]
            if not page.get("Marker"):
                return found
            parameters["Marker"] = page["Marker"]

    def _of_cluster(self, name: str, of_type: SnapshotType) -> list[Snapshot]:
        parameters = {"DBClusterIdentifier": name, **_type_parameter(of_type)}
        found: list[Snapshot] = []
        while True:
            try:
                with api_call("DescribeDBClusterSnapshots"):
                    page = self._client.describe_db_cluster_snapshots(**parameters)
            except ResourceNotFoundException:
                return found
            found += [_snapshot(one, "DBClusterSnapshotArn") for one in page["DBClusterSnapshots"]]
            if not page.get("Marker"):
                return found
            parameters["Marker"] = page["Marker"]


def _type_parameter(of_type: SnapshotType) -> dict[str, str]:
    return {} if of_type is SnapshotType.ANY else {"SnapshotType": of_type.value}


def _distinct(snapshots: Iterable[Snapshot]) -> tuple[Snapshot, ...]:
    return tuple({snapshot.arn: snapshot for snapshot in snapshots}.values())


def _snapshot(answer: Mapping[str, Any], arn: str) -> Snapshot:
    created, original = answer.get("SnapshotCreateTime"), answer.get("OriginalSnapshotCreateTime")
    return Snapshot(
        arn=answer[arn],
        type=answer.get("SnapshotType", ""),
        status=answer.get("Status", ""),
        engine=answer.get("Engine", ""),
        created_at=created.timestamp() if created else None,
        original_at=original.timestamp() if original else None,
    )
