"""What a person may do about an export that failed, for the causes that are common.

Only for words to a person, and for whether another try is worth it; no state is read from a text.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Hint(NamedTuple):
    """A cause that only a person can mend, and what to look at."""

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
"""What a cause says that may be gone the next time, whatever else it speaks of."""

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
    """Return what to look at for a FailureCause, None where it may pass or is not a common one.

    Source of the wordings: RDS user guide, USER_ExportSnapshot, 'Failure messages'.
    """
    if _PASSING.search(cause):
        return None
    return next((hint.advice for hint in _HINTS if hint.cause.search(cause)), None)


def hint_for_error(name: str) -> str | None:
    """Return what to look at for an error of StartExportTask."""
    return _FOR_ERRORS.get(name)
