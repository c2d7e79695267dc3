"""The DB instances and clusters of the world."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from localcloud.simulators.errors import SimulatedError
from localcloud.world import Database, DatabaseKind

NOT_FOUND: Final[dict[DatabaseKind, str]] = {
    "instance": "DBInstanceNotFound",
    "cluster": "DBClusterNotFoundFault",
}
_DEFAULT_ENGINES: Final[dict[DatabaseKind, str]] = {
    "instance": "postgres",
    "cluster": "aurora-postgresql",
}
_ARN_TYPES: Final[dict[DatabaseKind, str]] = {"instance": "db", "cluster": "cluster"}


class Databases:
    """All databases; identifiers are not case-sensitive, and times are world seconds."""

    def __init__(self, databases: Iterable[Database]) -> None:
        self._databases = {(one.kind, one.id.lower()): one for one in databases}

    def all(self, kind: DatabaseKind) -> list[Database]:
        """Return the databases of a kind."""
        return [one for one in self._databases.values() if one.kind == kind]

    def find(self, kind: DatabaseKind, name: str) -> Database | None:
        """Return a database, None if there is none of this kind and name."""
        return self._databases.get((kind, name.lower()))

    def get(self, kind: DatabaseKind, name: str) -> Database:
        """Return a database.

        Raises:
            SimulatedError: the not-found error of the kind.
        """
        database = self.find(kind, name)
        if database is None:
            raise SimulatedError(NOT_FOUND[kind], f"The DB {kind} {name} was not found.")
        return database

    def engine(self, kind: DatabaseKind, name: str) -> str:
        """Return a database's engine, the default one of a database that is not in the world."""
        database = self.find(kind, name)
        return (database.engine if database else None) or _DEFAULT_ENGINES[kind]


def state(database: Database, now: float) -> str:
    """Return a database's status, apart from snapshots that are being created."""
    if database.available_from_s is not None and now >= database.available_from_s:
        return "available"
    return database.state


def resource_id(kind: DatabaseKind, name: str) -> str:
    """Return the DbiResourceId or DbClusterResourceId of a database."""
    digest = hashlib.sha256(f"{kind} {name.lower()}".encode()).hexdigest()
    return f"{_ARN_TYPES[kind]}-{digest[:26].upper()}"


def database_arn(arn_prefix: str, kind: DatabaseKind, name: str) -> str:
    """Return the ARN of a database; the prefix is such as arn:aws:rds:REGION:ACCOUNT."""
    return f"{arn_prefix}:{_ARN_TYPES[kind]}:{name.lower()}"
