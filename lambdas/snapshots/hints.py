"""Advice about snapshots that RDS refuses to create.

Only for messages; nothing is derived from a text.
"""

from __future__ import annotations

from typing import Final

from lambdas.jobs.databases import Database

_QUOTA: Final = (
    "delete manual snapshots that are no longer needed, or raise the quota of manual snapshots"
)
_KEY: Final = "check that the database's key is enabled and that its policy allows its use"


def hint_for_error(name: str, database: Database) -> str | None:
    """Return what to check for an error of a creation, None if the error says it all."""
    match name:
        case "ResourceNotFoundException":
            other = "db_instance" if database.is_cluster else "db_cluster"
            return f"check the identifier and the Region, and whether it is a {other}"
        case "ValidationException" if not database.is_cluster:
            return "an instance of a DB cluster has no snapshots: name its db_cluster"
        case "ServiceQuotaExceededException":
            return _QUOTA
        case "KmsKeyNotAccessibleException":
            return _KEY
    return None
