"""Stands for boto3's RDS client, as far as snapshots go, in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ReadTimeoutError

from lambdas.snapshots.client import Snapshots
from lambdas.snapshots.ownership import OWNER_TAG
from tests.unit.fakes import client_error

OWNER = "AnyStack"
FAULT = {"db": "", "cluster": "Fault"}


class LostError(ReadTimeoutError):  # type: ignore[misc] # botocore has no types
    """The call takes effect, and its response is lost."""

    def __init__(self) -> None:
        super().__init__(endpoint_url="any")


@dataclass
class FakeSnapshot:
    """A snapshot on its course; times in seconds.

    Attributes:
        kind: db or cluster.
        status: instead of what its course says.
        unlisted_for: how long it is not listed after its creation.
    """

    kind: str
    name: str
    database: str
    tags: dict[str, str]
    created: float
    creating: float
    deleting: float
    unlisted_for: float = 0.0
    status: str | None = None
    deleted: float | None = None

    def status_at(self, now: float) -> str | None:
        if self.deleted is not None:
            return "deleting" if now < self.deleted + self.deleting else None
        if self.status is not None:
            return self.status
        return "creating" if now < self.created + self.creating else "available"


@dataclass
class FakeRds:
    """An account with databases and snapshots, strict about states.

    Attributes:
        now: epoch seconds.
        databases: the state of each, by kind and identifier.
        snapshots: by kind and identifier.
        calls: every mutation in order: the operation and the snapshot's identifier.
        faults: errors to raise instead, by operation; LostError after it took effect.
        quota: of manual snapshots of each kind.
    """

    now: Callable[[], float]
    databases: dict[tuple[str, str], str] = field(default_factory=dict)
    snapshots: dict[tuple[str, str], FakeSnapshot] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, list[Exception | None]] = field(default_factory=dict)
    quota: int = 100
    creating: float = 600.0
    deleting: float = 30.0
    unlisted_for: float = 0.0

    def client(self, owner: str = OWNER) -> Snapshots:
        """Return the client under test, connected to this account."""
        return Snapshots(owner, connect={"rds": self}.__getitem__)

    def foreign(self, kind: str, name: str, database: str, **tags: str) -> FakeSnapshot:
        """Add a snapshot that somebody else has created."""
        added = FakeSnapshot(kind, name, database, tags, self.now() - 9e5, 0.0, self.deleting)
        self.snapshots[kind, name] = added
        return added

    def create_db_snapshot(
        self, *, DBSnapshotIdentifier: str, DBInstanceIdentifier: str, Tags: list[dict[str, str]]
    ) -> dict[str, Any]:
        name, database = DBSnapshotIdentifier, DBInstanceIdentifier
        return {"DBSnapshot": self._create("CreateDBSnapshot", "db", name, database, Tags)}

    def create_db_cluster_snapshot(
        self,
        *,
        DBClusterSnapshotIdentifier: str,
        DBClusterIdentifier: str,
        Tags: list[dict[str, str]],
    ) -> dict[str, Any]:
        name, database = DBClusterSnapshotIdentifier, DBClusterIdentifier
        answer = self._create("CreateDBClusterSnapshot", "cluster", name, database, Tags)
        return {"DBClusterSnapshot": answer}

    def delete_db_snapshot(self, *, DBSnapshotIdentifier: str) -> dict[str, Any]:
        return self._delete("DeleteDBSnapshot", "db", DBSnapshotIdentifier)

    def delete_db_cluster_snapshot(self, *, DBClusterSnapshotIdentifier: str) -> dict[str, Any]:
        return self._delete("DeleteDBClusterSnapshot", "cluster", DBClusterSnapshotIdentifier)

    def describe_db_snapshots(self, *, DBSnapshotIdentifier: str) -> dict[str, Any]:
        return {"DBSnapshots": [self._find("DescribeDBSnapshots", "db", DBSnapshotIdentifier)]}

    def describe_db_cluster_snapshots(self, *, DBClusterSnapshotIdentifier: str) -> dict[str, Any]:
        name = DBClusterSnapshotIdentifier
        return {"DBClusterSnapshots": [self._find("DescribeDBClusterSnapshots", "cluster", name)]}

    def _create(
        self, operation: str, kind: str, name: str, database: str, tags: list[dict[str, str]]
    ) -> dict[str, Any]:
        self.calls.append((operation, name))
        lost = self._fault(operation)
        snapshot_of = "DBSnapshot" if kind == "db" else "DBClusterSnapshot"
        state = self.databases.get((kind, database))
        if self._exists(kind, name):
            raise client_error(f"{snapshot_of}AlreadyExists{FAULT[kind]}")
        if state is None:
            raise client_error("DBInstanceNotFound" if kind == "db" else "DBClusterNotFoundFault")
        if state != "available":
            raise client_error(
                "InvalidDBInstanceState" if kind == "db" else "InvalidDBClusterStateFault"
            )
        if sum(of_kind == kind for of_kind, _ in self.snapshots) >= self.quota:
            raise client_error("SnapshotQuotaExceeded")
        self.snapshots[kind, name] = FakeSnapshot(
            kind,
            name,
            database,
            {tag["Key"]: tag["Value"] for tag in tags},
            self.now(),
            self.creating,
            self.deleting,
            self.unlisted_for,
        )
        if lost:
            raise LostError
        return self._document(self.snapshots[kind, name], "creating")

    def _delete(self, operation: str, kind: str, name: str) -> dict[str, Any]:
        self.calls.append((operation, name))
        lost = self._fault(operation)
        fault = f"DB{'Cluster' if kind == 'cluster' else ''}Snapshot"
        if not self._exists(kind, name):
            raise client_error(f"{fault}NotFound{FAULT[kind]}", 404)
        snapshot = self.snapshots[kind, name]
        assert snapshot.tags.get(OWNER_TAG) == OWNER, "deletes a snapshot of somebody else"
        status = snapshot.status_at(self.now())
        if status not in ("available", "failed"):
            raise client_error(f"Invalid{fault}State{FAULT[kind]}")
        snapshot.deleted = self.now()
        if lost:
            raise LostError
        return {}

    def _find(self, operation: str, kind: str, name: str) -> dict[str, Any]:
        self._fault(operation)
        snapshot = self.snapshots.get((kind, name))
        if not self._exists(kind, name) or snapshot is None or self._is_unlisted(snapshot):
            cluster = "Cluster" if kind == "cluster" else ""
            raise client_error(f"DB{cluster}SnapshotNotFound{FAULT[kind]}", 404)
        return self._document(snapshot, snapshot.status_at(self.now()))

    def _exists(self, kind: str, name: str) -> bool:
        snapshot = self.snapshots.get((kind, name))
        return snapshot is not None and snapshot.status_at(self.now()) is not None

    def _is_unlisted(self, snapshot: FakeSnapshot) -> bool:
        return self.now() < snapshot.created + snapshot.unlisted_for

    def _document(self, snapshot: FakeSnapshot, status: str | None) -> dict[str, Any]:
        cluster = "Cluster" if snapshot.kind == "cluster" else ""
        database = "DBClusterIdentifier" if cluster else "DBInstanceIdentifier"
        document: dict[str, Any] = {
            f"DB{cluster}SnapshotIdentifier": snapshot.name,
            database: snapshot.database,
            "Status": status,
            "Engine": "mysql",
            "AllocatedStorage": 20,
            "PercentProgress": 100 if status == "available" else 0,
            "TagList": [{"Key": key, "Value": value} for key, value in snapshot.tags.items()],
        }
        if status == "available":
            document["SnapshotCreateTime"] = datetime.fromtimestamp(snapshot.created, tz=UTC)
        return document

    def _fault(self, operation: str) -> bool:
        """Raise the next fault of an operation, and return whether its response is lost."""
        queue = self.faults.get(operation)
        fault = queue.pop(0) if queue else None
        if isinstance(fault, LostError):
            return True
        if fault is not None:
            raise fault
        return False
