"""Databases, as requests name them."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

from lambdas.jobs.contract import matches
from lambdas.shared.faults import broken_rule, echo
from lambdas.shared.model import Internal

DATABASE_ID: Final = re.compile(r"(?=.{1,63}$)[A-Za-z](-?[A-Za-z0-9])*")
"""Of a DB instance or a DB cluster. Source: RDS API reference, CreateDBInstance and
CreateDBCluster."""


def _check_database_id(value: str) -> str:
    if not DATABASE_ID.fullmatch(value):
        raise broken_rule(
            "must be a database's identifier: 1 to 63 letters, digits or single '-', which"
            f" begin with a letter and do not end with '-'; got {echo(value)}"
        )
    return value.lower()


DatabaseId = Annotated[str, AfterValidator(_check_database_id), matches(DATABASE_ID)]
"""In lower case, as RDS stores it."""


class Database(Internal):
    """A DB instance or a DB cluster, by the field that names it in a request."""

    db_instance: str | None = None
    db_cluster: str | None = None

    @property
    def id(self) -> str:
        """Its identifier."""
        return self.db_cluster or self.db_instance or ""

    @property
    def is_cluster(self) -> bool:
        """Whether it is a DB cluster, whose snapshots have operations of their own."""
        return self.db_cluster is not None

    def as_payload(self) -> dict[str, str]:
        """Return its one field."""
        return self.model_dump(exclude_none=True)

    def __str__(self) -> str:
        """Return it as in a message."""
        return f"DB {'cluster' if self.is_cluster else 'instance'} {self.id}"
