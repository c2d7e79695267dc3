"""What the tests of one look at an export have in common."""

from __future__ import annotations

from lambdas.aws.errors import (
    AccessDeniedException,
    IamRoleMissingPermissionsException,
    IamRoleNotFoundException,
    InvalidExportOnlyException,
    InvalidS3BucketException,
    KmsKeyNotAccessibleException,
    ResourceNotFoundException,
    UnclassifiedException,
    ValidationException,
)
from lambdas.domain.export_identity import identifier
from lambdas.domain.looks import Look
from lambdas.domain.outcomes import Entry
from lambdas.domain.phases import Phase
from lambdas.domain.requests import ExportTarget
from tests.unit.builders import (
    DESTINATION,
    SNAPSHOT,
)

COMPLETE, CANCELED = ExportTarget.COMPLETE, ExportTarget.CANCELED

FIRST, SECOND, THIRD = (identifier(SNAPSHOT, (), DESTINATION.prefix, n) for n in (1, 2, 3))

ENDS = {Phase.COMPLETE, Phase.FAILED}

PERMANENT = [
    AccessDeniedException,
    ResourceNotFoundException,
    ValidationException,
    InvalidExportOnlyException,
    InvalidS3BucketException,
    IamRoleNotFoundException,
    IamRoleMissingPermissionsException,
    KmsKeyNotAccessibleException,
    UnclassifiedException,
]


def entry_of(seen: Look) -> Entry:
    (entry,) = seen.settled
    assert entry.phase is seen.phase
    assert (seen.work, seen.wait_seconds) == (None, 0)
    return entry
