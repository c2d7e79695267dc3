"""Advice about failed exports, for the common causes.

Only for messages, and for whether another attempt may succeed; no state is derived from a text.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Hint(NamedTuple):
    """A cause that needs a person, and what to check."""

    cause: re.Pattern[str]
    advice: str


_KEY: Final = (
    "check that the stack's key is enabled and that its policy lets the export role use it"
)
_ROLE: Final = "check the export role's trust in export.rds.amazonaws.com and its permissions"
_BUCKET: Final = "check that the stack's bucket exists, in this Region, and that its policy is open"
_SOURCE: Final = (
    "check that the source is available, encrypted with a key of this account, not magnetic"
)

_PASSING: Final = re.compile(
    r"internal error|time[ds]?[ -]?out|temporar|try again|slow ?down|throttl|connection",
    re.IGNORECASE,
)
"""Words of causes that may be temporary, whatever else they mention."""

_HINTS: Final = (
    Hint(re.compile(r"kms|\bkey\b|encrypt", re.IGNORECASE), _KEY),
    Hint(
        re.compile(r"\brole\b|iam|permission|access denied|not authori[sz]ed", re.IGNORECASE), _ROLE
    ),
    Hint(re.compile(r"bucket", re.IGNORECASE), _BUCKET),
    Hint(re.compile(r"magnetic|not supported|unsupported|serverless v1", re.IGNORECASE), _SOURCE),
)

_FOR_ERRORS: Final = {
    "KmsKeyNotAccessibleException": _KEY,
    "IamRoleNotFoundException": _ROLE,
    "IamRoleMissingPermissionsException": _ROLE,
    "InvalidS3BucketException": _BUCKET,
}


def hint_for(cause: str) -> str | None:
    """Return what to check for a FailureCause, None if it may be temporary or is not a common one.

    Source of the wordings: RDS user guide, USER_ExportSnapshot, 'Failure messages'.
    """
    if _PASSING.search(cause):
        return None
    return next((hint.advice for hint in _HINTS if hint.cause.search(cause)), None)


def hint_for_error(name: str) -> str | None:
    """Return what to check for an error of StartExportTask."""
    return _FOR_ERRORS.get(name)
