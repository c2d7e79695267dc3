"""DB snapshots and DB cluster snapshots as a pure model: rules, and changes over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol, cast

from localcloud.simulators.databases import Databases, state
from localcloud.simulators.errors import SimulatedError
from localcloud.world import (
    Database,
    DatabaseKind,
    ExportCourse,
    Snapshot,
    SnapshotType,
    source_kind,
    source_name,
)

SnapshotKind = Literal["snapshot", "cluster-snapshot"]

GONE: Final = "Deleted"
"""The ledger's word for a snapshot that no longer exists; not a status of AWS."""

ALREADY_EXISTS: Final[dict[SnapshotKind, str]] = {
    "snapshot": "DBSnapshotAlreadyExists",
    "cluster-snapshot": "DBClusterSnapshotAlreadyExistsFault",
}
NOT_FOUND: Final[dict[SnapshotKind, str]] = {
    "snapshot": "DBSnapshotNotFound",
    "cluster-snapshot": "DBClusterSnapshotNotFoundFault",
}
_INVALID_STATE: Final[dict[SnapshotKind, str]] = {
    "snapshot": "InvalidDBSnapshotState",
    "cluster-snapshot": "InvalidDBClusterSnapshotStateFault",
}
_INVALID_DATABASE_STATE: Final[dict[DatabaseKind, str]] = {
    "instance": "InvalidDBInstanceState",
    "cluster": "InvalidDBClusterStateFault",
}
_DATABASE_KINDS: Final[dict[SnapshotKind, DatabaseKind]] = {
    "snapshot": "instance",
    "cluster-snapshot": "cluster",
}
# "storage-optimization" is in the model of CreateDBSnapshot; the guide says available only.
_SNAPSHOT_STATES: Final[dict[DatabaseKind, frozenset[str]]] = {
    "instance": frozenset({"available", "storage-optimization"}),
    "cluster": frozenset({"available"}),
}
_UNCREATED: Final = frozenset({"creating", "copying", "failed"})
_DAY: Final = 86_400.0


@dataclass
class LiveSnapshot:
    """A snapshot as it is now; times are world seconds.

    Attributes:
        database: the identifier of its database.
        created_at: when it became available, None until then.
        due: when it stops being what it is, None if it does not by itself.
        outcome: what it will be when its creation ends.
        listed_from: when it is first listed and described.
    """

    arn: str
    kind: SnapshotKind
    database: str
    type: SnapshotType
    engine: str
    course: ExportCourse
    tags: dict[str, str]
    status: str
    began_at: float
    listed_from: float
    deletion_s: float
    outcome: str = "available"
    created_at: float | None = None
    due: float | None = None

    @property
    def name(self) -> str:
        """The identifier, which of a snapshot of another account is the ARN."""
        return self.arn if self.is_foreign else source_name(self.arn)

    @property
    def database_kind(self) -> DatabaseKind:
        """The kind of its database."""
        return _DATABASE_KINDS[self.kind]

    @property
    def is_foreign(self) -> bool:
        """Whether another account owns it."""
        return self.type in ("shared", "public")

    def enter(self, status: str, now: float) -> None:
        """Take the status that a creation leads to."""
        self.status = status
        self.created_at = None if status in _UNCREATED else now

    def percent(self, now: float) -> int:
        """Return PercentProgress."""
        if self.status != "creating" or self.due is None:
            return 100 if self.created_at is not None else 0
        return int(min(0.99, (now - self.began_at) / (self.due - self.began_at)) * 100)


class _Planned(NamedTuple):
    """A snapshot of the world that does not exist yet."""

    at: float
    ready_at: float
    spec: Snapshot


class OnSnapshotChange(Protocol):
    """Is called with the world second and the snapshot in its new status."""

    def __call__(self, at_s: float, snapshot: LiveSnapshot, *, is_first: bool = False) -> None:
        """Take a change; `is_first` if it is the snapshot's appearance without a call."""


class Snapshots:
    """All snapshots, and those that will be created by themselves."""

    def __init__(
        self,
        snapshots: Iterable[Snapshot],
        databases: Databases,
        *,
        created_by_actions: frozenset[str],
        quota: int,
        arn_prefix: str,
        on_change: OnSnapshotChange,
    ) -> None:
        """Take the world's snapshots.

        Args:
            snapshots: of the world, sources of other kinds left out.
            databases: of the world.
            created_by_actions: the ARNs of those that actions create, and so are not there before.
            quota: how many manual ones there may be, for each kind.
            arn_prefix: of the ARNs of this account and Region, such as arn:aws:rds:R:A.
            on_change: is called with each change after the start.
        """
        self._databases = databases
        self._quota = quota
        self._arn_prefix = arn_prefix
        self._on_change = on_change
        self._specs = {one.arn: one for one in snapshots}
        self._snapshots: dict[str, LiveSnapshot] = {}
        self._created: Counter[str] = Counter()
        self._planned = [
            _planned(spec)
            for spec in self._specs.values()
            if spec.arn not in created_by_actions or spec.created_at_s is not None
        ]
        for planned in self._take_planned(0.0):
            self._add(planned, 0.0)

    def advance(self, now: float) -> None:
        """Make the changes that are due by now."""
        for planned in self._take_planned(now):
            snapshot = self._add(planned, planned.at)
            if snapshot is not None and planned.spec.created_at_s is not None:
                self._on_change(planned.at, snapshot, is_first=True)
        for one in list(self._snapshots.values()):
            if one.due is not None and one.due <= now:
                self._end(one, one.due)

    def next_due(self) -> float | None:
        """Return when the next change is due."""
        planned = [one.at for one in self._planned]
        changes = [one.due for one in self._snapshots.values() if one.due is not None]
        return min([*planned, *changes], default=None)

    def all(self, kind: SnapshotKind) -> list[LiveSnapshot]:
        """Return the snapshots of a kind."""
        return [one for one in self._snapshots.values() if one.kind == kind]

    def find(self, arn: str) -> LiveSnapshot | None:
        """Return a snapshot by its ARN."""
        return self._snapshots.get(arn)

    def arn(self, kind: SnapshotKind, name: str) -> str:
        """Return the ARN of a snapshot of this account."""
        return f"{self._arn_prefix}:{kind}:{name.lower()}"

    def is_backing_up(self, database: Database) -> bool:
        """Return whether a database has the status backing-up because of a snapshot."""
        backs_up = database.backing_up
        if backs_up is None:
            backs_up = database.kind == "instance"
        return backs_up and any(
            one.status == "creating" and one.due is not None
            for one in self._snapshots.values()
            if (one.database_kind, one.database) == (database.kind, database.id.lower())
        )

    def create(
        self, kind: SnapshotKind, name: str, database_name: str, tags: Mapping[str, str], now: float
    ) -> LiveSnapshot:
        """Start to create a manual snapshot.

        Raises:
            SimulatedError: the identifier exists, the database does not or refuses, or the quota
                is used up. Which of them AWS checks first is not documented.
        """
        arn = self.arn(kind, name)
        if arn in self._snapshots:
            raise SimulatedError(ALREADY_EXISTS[kind], f"The {kind} {name} already exists.")
        database = self._databases.get(_DATABASE_KINDS[kind], database_name)
        self._require_ready(database, now)
        manual = [one for one in self.all(kind) if one.type == "manual"]
        if len(manual) >= self._quota:
            raise SimulatedError(
                "SnapshotQuotaExceeded", f"There are already {len(manual)} manual snapshots."
            )
        snapshot = LiveSnapshot(
            arn=arn,
            kind=kind,
            database=database.id.lower(),
            type="manual",
            engine=self._databases.engine(database.kind, database.id),
            course=self._specs.get(arn, database),
            tags=dict(tags),
            status="creating",
            began_at=now,
            listed_from=now + database.snapshot_listed_after_s,
            deletion_s=database.snapshot_deletion_s,
            outcome=self._next_outcome(database),
            due=now + database.snapshot_s,
        )
        self._snapshots[arn] = snapshot
        self._on_change(now, snapshot)
        self.advance(now)
        return snapshot

    def create_at_once(self, arn: str, now: float) -> None:
        """Have a snapshot become available, as the world's file describes it or by default.

        Raises:
            SimulatedError: it exists.
        """
        kind = cast(SnapshotKind, source_kind(arn))
        if arn in self._snapshots:
            raise SimulatedError(ALREADY_EXISTS[kind], f"{arn} already exists.")
        spec = self._specs.get(arn) or Snapshot(arn=arn)
        snapshot = self._live(spec, now)
        snapshot.enter(spec.status, now)
        self._snapshots[arn] = snapshot
        self._on_change(now, snapshot, is_first=True)

    def delete(self, arn: str, now: float) -> LiveSnapshot:
        """Start to delete a manual snapshot.

        Raises:
            SimulatedError: it does not exist, is not manual, or is not available.
        """
        snapshot = self._snapshots.get(arn)
        if snapshot is None or snapshot.is_foreign:
            kind = cast(SnapshotKind, source_kind(arn))
            raise SimulatedError(NOT_FOUND[kind], f"{arn} was not found.")
        if snapshot.type != "manual":
            raise SimulatedError(
                _INVALID_STATE[snapshot.kind], "Only manual snapshots may be deleted."
            )
        if snapshot.status != "available":
            raise SimulatedError(
                _INVALID_STATE[snapshot.kind],
                f"Cannot delete the snapshot because it is {snapshot.status}.",
            )
        self._delete(snapshot, now)
        return snapshot

    def delete_any(self, arn: str, now: float) -> None:
        """Start to delete a snapshot of any type, as its owner or the end of its retention does."""
        snapshot = self._snapshots.get(arn)
        if snapshot is not None and snapshot.status != "deleting":
            self._delete(snapshot, now)

    def _require_ready(self, database: Database, now: float) -> None:
        if database.cluster is not None:
            raise SimulatedError(
                "InvalidParameterValue",
                "The specified instance is a member of a cluster and a snapshot cannot be created "
                "directly. Please use the CreateDBClusterSnapshot API instead.",
            )
        status = "backing-up" if self.is_backing_up(database) else state(database, now)
        if status not in _SNAPSHOT_STATES[database.kind]:
            raise SimulatedError(
                _INVALID_DATABASE_STATE[database.kind],
                f"Cannot create a snapshot because the database {database.kind} {database.id} is "
                f"not currently in the available state.",
            )

    def _next_outcome(self, database: Database) -> str:
        key = f"{database.kind} {database.id}"
        outcomes = database.snapshot_outcome
        if isinstance(outcomes, str):
            outcomes = (outcomes,)
        number = min(self._created[key], len(outcomes) - 1)
        self._created[key] += 1
        return outcomes[number]

    def _take_planned(self, now: float) -> list[_Planned]:
        due = sorted((one for one in self._planned if one.at <= now), key=lambda one: one.at)
        self._planned = [one for one in self._planned if one.at > now]
        return due

    def _add(self, planned: _Planned, now: float) -> LiveSnapshot | None:
        """Add a planned snapshot unless another caller has created one of its name."""
        spec = planned.spec
        if spec.arn in self._snapshots:
            return None
        snapshot = self._live(spec, planned.at)
        if planned.ready_at > now:
            snapshot.status, snapshot.due = "creating", planned.ready_at
        else:
            snapshot.enter(spec.status, planned.ready_at)
        self._snapshots[spec.arn] = snapshot
        return snapshot

    def _live(self, spec: Snapshot, began_at: float) -> LiveSnapshot:
        kind = cast(SnapshotKind, source_kind(spec.arn))
        database = spec.db_instance or spec.db_cluster
        if database is None:
            database = f"{source_name(spec.arn).rpartition(':')[2]}-db"
        return LiveSnapshot(
            arn=spec.arn,
            kind=kind,
            database=database.lower(),
            type=spec.type,
            engine=spec.engine or self._databases.engine(_DATABASE_KINDS[kind], database),
            course=spec,
            tags=dict(spec.tags),
            status="creating",
            began_at=began_at,
            listed_from=began_at,
            deletion_s=spec.deletion_s,
            outcome=spec.status,
        )

    def _delete(self, snapshot: LiveSnapshot, now: float) -> None:
        snapshot.status = "deleting"
        snapshot.due = now + snapshot.deletion_s
        self._on_change(now, snapshot)
        self.advance(now)

    def _end(self, snapshot: LiveSnapshot, now: float) -> None:
        """End a creation or a deletion."""
        snapshot.due = None
        if snapshot.status == "deleting":
            snapshot.status = GONE
            del self._snapshots[snapshot.arn]
        else:
            snapshot.enter(snapshot.outcome, now)
        self._on_change(now, snapshot)


def _planned(spec: Snapshot) -> _Planned:
    if spec.created_at_s is None:
        at = spec.exists_from_s or -_DAY
        return _Planned(at, at, spec)
    return _Planned(spec.created_at_s - spec.creating_s, spec.created_at_s, spec)
