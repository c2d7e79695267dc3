"""The snapshots of an account's databases, for the passes over exports that choose one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lambdas.exports.contract import SnapshotType
from lambdas.exports.newest import Snapshot
from lambdas.exports.work import SnapshotQuery
from tests.unit.builders import ACCOUNT, NOW, REGION


def snapshot(name: str = "rds:shop-1", *, age: float | None = 3_600, **fields: Any) -> Snapshot:
    """Return a snapshot whose data is `age` seconds old; None: it is not available yet."""
    given: dict[str, Any] = {
        "arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}",
        "type": "automated" if name.startswith("rds:") else "manual",
        "status": "creating" if age is None else "available",
        "engine": "postgres",
        "created_at": None if age is None else NOW - age,
    }
    return Snapshot(**given | fields)


class FakeSnapshots:
    """Has the methods of `Snapshots`; every snapshot is one of the database that is asked for.

    Attributes:
        snapshots: what is listed.
        queries: every listing, in order.
        answers: errors to raise instead, in order.
    """

    account = ACCOUNT

    def __init__(self, *snapshots: Snapshot) -> None:
        self.snapshots: Iterable[Snapshot] = snapshots
        self.queries: list[SnapshotQuery] = []
        self.answers: list[Exception | None] = []

    def of_database(self, query: SnapshotQuery) -> tuple[Snapshot, ...]:
        self.queries.append(query)
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            raise error
        return tuple(one for one in self.snapshots if query.type in (SnapshotType.ANY, one.type))
