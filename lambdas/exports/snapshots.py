"""The snapshots of a database, as sources of exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from lambdas.exports.contract import SOURCE_ARN, SnapshotType
from lambdas.exports.newest import Snapshot
from lambdas.exports.work import SnapshotQuery
from lambdas.jobs.databases import Database
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ResourceNotFoundException, ValidationException

_TYPES: Final = {"rds:": SnapshotType.AUTOMATED, "awsbackup:": SnapshotType.AWSBACKUP}
"""The types that RDS requires beside an identifier which is not that of a manual snapshot.
Source: botocore, DescribeDBSnapshots."""


class _Page(NamedTuple):
    """One page of a listing, and what continues it."""

    snapshots: list[Snapshot]
    marker: str | None


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
        separately, and one that is listed twice is returned once. Source: botocore,
        DescribeDBSnapshots and DescribeDBClusterSnapshots.

        Raises:
            AwsError: when RDS did not answer.
        """
        found = self._listed(query.database, query.type)
        if query.type is SnapshotType.ANY:
            found += self._of_aws_backup(query.database)
        return tuple({snapshot.arn: snapshot for snapshot in found}.values())

    def database_of(self, arn: str) -> Database | None:
        """Return the database of a snapshot; None if it does not exist, or is no snapshot.

        Raises:
            AwsError: when RDS did not answer.
        """
        found = SOURCE_ARN.fullmatch(arn)
        if found is None or found["kind"] == "cluster":
            return None
        name = found["name"]
        types = [of_type.value for begin, of_type in _TYPES.items() if name.startswith(begin)]
        parameters = {"SnapshotType": types[0]} if types else {}
        try:
            described = self._described(found["kind"], name, parameters)
        except ResourceNotFoundException:
            return None
        for one in described:
            if one.get("DBInstanceIdentifier"):
                return Database(db_instance=one["DBInstanceIdentifier"].lower())
            if one.get("DBClusterIdentifier"):
                return Database(db_cluster=one["DBClusterIdentifier"].lower())
        return None

    def _described(
        self, kind: str, name: str, parameters: Mapping[str, str]
    ) -> list[Mapping[str, Any]]:
        """Return what RDS says of one snapshot, by its identifier."""
        found: list[Mapping[str, Any]]
        if kind == "snapshot":
            with api_call("DescribeDBSnapshots"):
                answer = self._client.describe_db_snapshots(DBSnapshotIdentifier=name, **parameters)
            found = answer["DBSnapshots"]
        else:
            with api_call("DescribeDBClusterSnapshots"):
                answer = self._client.describe_db_cluster_snapshots(
                    DBClusterSnapshotIdentifier=name, **parameters
                )
            found = answer["DBClusterSnapshots"]
        return found

    def _of_aws_backup(self, database: Database) -> list[Snapshot]:
        """Return AWS Backup's snapshots; RDS may refuse to list those of clusters by this type."""
        try:
            return self._listed(database, SnapshotType.AWSBACKUP)
        except ValidationException:
            if database.is_cluster:
                return []
            raise

    def _listed(self, database: Database, of_type: SnapshotType) -> list[Snapshot]:
        """Return all pages of a listing; for no snapshots, RDS may also return an error."""
        pages = self._of_cluster if database.is_cluster else self._of_instance
        parameters = {} if of_type is SnapshotType.ANY else {"SnapshotType": of_type.value}
        found: list[Snapshot] = []
        while True:
            try:
                page, marker = pages(database.id, parameters)
            except ResourceNotFoundException:
                return found
            found += page
            if not marker:
                return found
            parameters = {**parameters, "Marker": marker}

    def _of_instance(self, name: str, parameters: Mapping[str, str]) -> _Page:
        with api_call("DescribeDBSnapshots"):
            page = self._client.describe_db_snapshots(DBInstanceIdentifier=name, **parameters)
        found = [_snapshot(one, "DBSnapshotArn") for one in page["DBSnapshots"]]
        return _Page(found, page.get("Marker"))

    def _of_cluster(self, name: str, parameters: Mapping[str, str]) -> _Page:
        with api_call("DescribeDBClusterSnapshots"):
            page = self._client.describe_db_cluster_snapshots(
                DBClusterIdentifier=name, **parameters
            )
        found = [_snapshot(one, "DBClusterSnapshotArn") for one in page["DBClusterSnapshots"]]
        return _Page(found, page.get("Marker"))


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
