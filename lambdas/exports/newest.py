"""Which snapshot of a database is exported.

Sources: DBSnapshot and DBClusterSnapshot of botocore's rds model; RDS user guide,
USER_ExportSnapshot and USER_CopySnapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from lambdas.exports.contract import SOURCE_ARN
from lambdas.exports.work import SnapshotQuery
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resource_result import EndPhase

EXPORTABLE_ENGINES: Final = frozenset(
    {"aurora", "aurora-mysql", "aurora-postgresql", "mariadb", "mysql", "postgres"}
)
"""Source: RDS and Aurora user guides, USER_ExportSnapshot, aurora-export-snapshot."""

ENGINES_OF_OTHER_SERVICES: Final = frozenset({"docdb", "neptune"})
"""DocumentDB and Neptune share the API of cluster snapshots."""

AVAILABLE: Final = "available"
"""The only status that can be exported."""

NOT_COMING: Final = frozenset(
    {"deleted", "deleting", "failed", "incompatible-parameters", "incompatible-restore"}
)
"""The statuses of a snapshot that will not become available. Source: botocore's rds waiters."""

FOREIGN_TYPES: Final = frozenset({"shared", "public"})
"""Whether RDS exports a snapshot of another account is not documented."""


class Snapshot(NamedTuple):
    """A snapshot as RDS returns it; times in epoch seconds.

    Attributes:
        type: automated, manual, awsbackup, shared or public.
        created_at: when it was taken or copied; None until it is available.
        original_at: when the snapshot was taken that it is a copy of; None for cluster snapshots,
            which do not say.
    """

    arn: str
    type: str
    status: str
    engine: str
    created_at: float | None
    original_at: float | None = None

    @property
    def data_at(self) -> float | None:
        """How old its data is: a copy has the data of the snapshot that was copied."""
        return self.created_at if self.original_at is None else self.original_at

    @property
    def name(self) -> str:
        """Its identifier, which may hold a colon."""
        return self.arn.split(":", 6)[-1]


class Candidate(NamedTuple):
    """An available snapshot, in order of preference; the greatest is the newest.

    Of snapshots with the same data, the one that was created first is preferred: it is chosen
    again when a copy appears later.
    """

    data_at: float
    created_earlier: float
    arn: str


class Chosen(NamedTuple):
    """Export this snapshot.

    Attributes:
        arn: of the snapshot.
        data_at: epoch seconds of its data.
    """

    arn: str
    data_at: float


class Await(NamedTuple):
    """Wait: a snapshot that may be exported can still appear."""

    why: str


class NoChoice(NamedTuple):
    """There is no snapshot to export."""

    phase: EndPhase
    reason: Reason
    why: str


Choice = Chosen | Await | NoChoice


def choose(
    listed: Iterable[Snapshot],
    query: SnapshotQuery,
    *,
    account: str,
    now: float,
    passed_over: Collection[str] = (),
) -> Choice:
    """Return which snapshot of a database is exported, or what to do without one.

    Args:
        listed: the database's snapshots, in any order.
        query: what the job asks for.
        account: whose snapshots are exported.
        now: epoch seconds.
        passed_over: ARNs that must not be chosen, because RDS did not find them.
    """
    own = [snapshot for snapshot in listed if _is_own(snapshot, account)]
    there = [snapshot for snapshot in own if snapshot.arn not in passed_over]
    if query.snapshot_arn is not None:
        return _the_one(query.snapshot_arn, own, there, query)
    foreign = _not_exportable(there)
    if foreign is not None:
        return foreign
    newest = max(_candidates(there), default=None)
    if query.max_age_seconds is None:
        return _newest_of_any_age(newest, query, there)
    if newest is None:
        return Await(_none_available(query, there))
    age = now - newest.data_at
    if age <= query.max_age_seconds:
        return Chosen(newest.arn, newest.data_at)
    return Await(
        f"the data of the newest available snapshot of {query.database} is {round(age)} s"
        f" old; max_age_seconds is {query.max_age_seconds}"
    )


def is_available(arn: str, listed: Iterable[Snapshot]) -> bool:
    """Return whether a snapshot is listed as available."""
    return any(snapshot.arn == arn and snapshot.status == AVAILABLE for snapshot in listed)


def _is_own(snapshot: Snapshot, account: str) -> bool:
    """Whether it is a snapshot of RDS that belongs to the account."""
    found = SOURCE_ARN.fullmatch(snapshot.arn)
    return (
        found is not None
        and found["account"] == account
        and snapshot.type not in FOREIGN_TYPES
        and snapshot.engine not in ENGINES_OF_OTHER_SERVICES
    )


def _the_one(
    arn: str, own: Iterable[Snapshot], there: Iterable[Snapshot], query: SnapshotQuery
) -> Choice:
    """Choose the only snapshot that may be chosen, if it is one of the database's."""
    if all(snapshot.arn != arn for snapshot in own):
        why = f"the snapshot is not one of {query.database}, so there is nothing to export"
        return NoChoice(Phase.COMPLETE, Reason.OTHER_DATABASE, why)
    one = next((snapshot for snapshot in there if snapshot.arn == arn), None)
    if one is None or one.status in NOT_COMING:
        why = "the snapshot was deleted" if one is None else f"the snapshot is {one.status}"
        return NoChoice(Phase.FAILED, Reason.NO_SNAPSHOT, why)
    chosen = next(_candidates((one,)), None)
    foreign = _not_exportable((one,))
    if foreign is not None or chosen is None:
        return foreign or Await(f"the snapshot is {one.status}")
    return Chosen(chosen.arn, chosen.data_at)


def _not_exportable(snapshots: Iterable[Snapshot]) -> NoChoice | None:
    """Return the failure of a database whose engine RDS does not export."""
    engines = {snapshot.engine for snapshot in snapshots}
    if not engines or engines & EXPORTABLE_ENGINES:
        return None
    named = ", ".join(sorted(engines))
    why = f"RDS exports no snapshots of engine {named}"
    return NoChoice(Phase.FAILED, Reason.ENGINE_NOT_EXPORTABLE, why)


def _candidates(snapshots: Iterable[Snapshot]) -> Iterator[Candidate]:
    for snapshot in snapshots:
        data_at, created_at = snapshot.data_at, snapshot.created_at
        exportable = snapshot.status == AVAILABLE and snapshot.engine in EXPORTABLE_ENGINES
        if exportable and data_at is not None and created_at is not None:
            yield Candidate(data_at, -created_at, snapshot.arn)


def _newest_of_any_age(
    newest: Candidate | None, query: SnapshotQuery, there: Iterable[Snapshot]
) -> Choice:
    if newest is None:
        why = _none_available(query, there)
        return NoChoice(Phase.FAILED, Reason.NO_SNAPSHOT, why)
    return Chosen(newest.arn, newest.data_at)


def _none_available(query: SnapshotQuery, there: Iterable[Snapshot]) -> str:
    """Say that no snapshot is available, and which statuses there are."""
    statuses = ", ".join(sorted({snapshot.status for snapshot in there}))
    others = f"; there are some that are {statuses}" if statuses else ""
    of_type = "" if query.type == "any" else f"{query.type} "
    return f"no {of_type}snapshot of {query.database} is available{others}"
