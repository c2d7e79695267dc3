"""What the tests of a reconcile pass over an export have in common."""

from __future__ import annotations

from lambdas.exports.contract import ExportTarget
from lambdas.exports.identifier import identifier
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.shared.errors import (
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


def entry_of(seen: PassResult) -> Entry:
    (entry,) = seen.entries
    assert entry.phase is seen.phase
    assert (seen.work, seen.wait_seconds) == (None, 0)
    return entry
