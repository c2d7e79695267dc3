"""The errors of AWS calls, one class for each.

AwsError
├── TransientError                      raised to Step Functions, whose Retry polls again
│   ├── ThrottlingException
│   ├── ServiceUnavailableException
│   └── ConflictException               also: another caller changed the resource meanwhile
├── StateError                          decide again from the current state
│   ├── InvalidCampaignStateException   holds the state
│   ├── InvalidExportTaskStateException
│   ├── StaleTokenException             no execution waits with this task token any more
│   ├── ConditionalCheckFailedException the item is not what the write expects
│   ├── PreconditionFailedException     neither is the object
│   ├── ExportTaskAlreadyExistsException
│   ├── InvalidSnapshotStateException
│   └── SnapshotAlreadyExistsException
├── CapacityError                       queue
│   ├── ExportTaskLimitReachedException
│   ├── InvalidDatabaseStateException   such as an instance that is being modified
│   └── InvalidExportSourceStateException
└── PermanentError                      fail the resource, never retry
    ├── AccessDeniedException
    ├── ResourceNotFoundException
    ├── ServiceQuotaExceededException
    ├── ValidationException
    ├── InvalidExportOnlyException
    ├── InvalidS3BucketException
    ├── IamRoleNotFoundException
    ├── IamRoleMissingPermissionsException
    ├── KmsKeyNotAccessibleException
    └── UnclassifiedException           an error code that is not listed here

Step Functions matches class names and does not know base classes, so a Retry names each leaf.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, caught beside HTTPClientError
    HTTPClientError,
    IncompleteReadError,
    ParamValidationError,
)


class AwsError(Exception):
    """An AWS call failed.

    Attributes:
        operation: the API operation, such as StartExportTask.
        code: the error code of AWS's response.
    """

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code


class TransientError(AwsError):
    """A later retry may succeed."""


class ThrottlingException(TransientError):
    """The rate of calls is too high for the account."""


class ServiceUnavailableException(TransientError):
    """The service failed, or its response was lost; the call may have taken effect."""


class ConflictException(TransientError):
    """Another change to the resource is in progress."""


class StateError(AwsError):
    """The resource is not in a state that allows the operation."""


class InvalidCampaignStateException(StateError):
    """The campaign's state forbids the operation.

    Attributes:
        state: the campaign's state, from the error response.
    """

    state: str = ""


class InvalidExportTaskStateException(StateError):
    """The export task has ended already."""


class StaleTokenException(StateError):
    """The execution that waited with this task token has continued, or has ended."""


class ConditionalCheckFailedException(StateError):
    """The item in the table is not what the condition of a write expects it to be."""


class PreconditionFailedException(StateError):
    """The object in S3 is not what the condition of a write expects it to be."""


class ExportTaskAlreadyExistsException(StateError):
    """The identifier has been used before."""


class InvalidSnapshotStateException(StateError):
    """The snapshot's state forbids the operation: it is being created or deleted."""


class SnapshotAlreadyExistsException(StateError):
    """There is a snapshot with the identifier."""


class CapacityError(AwsError):
    """A capacity limit is reached at the moment."""


class ExportTaskLimitReachedException(CapacityError):
    """The account's concurrent export tasks are all in use."""


class InvalidDatabaseStateException(CapacityError):
    """The DB instance or DB cluster is not available, and may be so later."""


class InvalidExportSourceStateException(CapacityError):
    """The source is busy, such as with another export."""


class PermanentError(AwsError):
    """The same call would fail again."""


class AccessDeniedException(PermanentError):
    """The function's role may not do this."""


class ResourceNotFoundException(PermanentError):
    """There is no such campaign, snapshot, cluster, task or execution."""


class ServiceQuotaExceededException(PermanentError):
    """A quota of the account, other than a rate, is used up."""


class ValidationException(PermanentError):
    """The service does not accept the parameters."""


class InvalidExportOnlyException(PermanentError):
    """RDS does not accept the list of tables to export."""


class InvalidS3BucketException(PermanentError):
    """The bucket does not exist or cannot be used."""


class IamRoleNotFoundException(PermanentError):
    """The export role does not exist."""


class IamRoleMissingPermissionsException(PermanentError):
    """The export role may not write to the bucket."""


class KmsKeyNotAccessibleException(PermanentError):
    """The key is disabled, pending deletion, or not accessible to the caller."""


class UnclassifiedException(PermanentError):
    """An error code that is not listed here."""


THROTTLING_CODES: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Every code that botocore treats as throttling. RDS returns both Throttling and
ThrottlingException, neither of which its model has."""

_BY_CODE: Final[Mapping[str, type[AwsError]]] = MappingProxyType(
    dict.fromkeys(THROTTLING_CODES, ThrottlingException)
    | dict.fromkeys(
        ("InternalFailure", "InternalServerException", "InternalServiceException",
         "PaginationTokenExpiredException", "RequestTimeout", "RequestTimeoutException",
         "ServiceUnavailable", "ServiceUnavailableException"),
        ServiceUnavailableException,
    )
    | dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException",
         "InvalidClientTokenId", "NotAuthorized", "UnauthorizedOperation",
         "UnrecognizedClientException"),
        AccessDeniedException,
    )
    | dict.fromkeys(
        ("ResourceNotFoundException", "NoSuchKey", "DBInstanceNotFound", "DBInstanceNotFoundFault",
         "DBSnapshotNotFound", "DBSnapshotNotFoundFault", "DBClusterNotFoundFault",
         "DBClusterSnapshotNotFoundFault", "ExecutionDoesNotExist", "InvalidArn",
         "ExportTaskNotFound", "ExportTaskNotFoundFault"),
        ResourceNotFoundException,
    )
    | dict.fromkeys(
        ("InvalidParameterCombination", "InvalidParameterException", "InvalidParameterValue",
         "ValidationError", "ValidationException"),
        ValidationException,
    )
    | dict.fromkeys(
        ("InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidDBClusterStateFault"),
        InvalidDatabaseStateException,
    )
    | dict.fromkeys(
        ("InvalidDBSnapshotState", "InvalidDBSnapshotStateFault",
         "InvalidDBClusterSnapshotStateFault"),
        InvalidSnapshotStateException,
    )
    | dict.fromkeys(
        ("DBSnapshotAlreadyExists", "DBSnapshotAlreadyExistsFault",
         "DBClusterSnapshotAlreadyExistsFault"),
        SnapshotAlreadyExistsException,
    )
    | dict.fromkeys(
        ("ServiceQuotaExceededException", "SnapshotQuotaExceeded", "SnapshotQuotaExceededFault"),
        ServiceQuotaExceededException,
    )
    | {
        "ConflictException": ConflictException,
        "ConditionalRequestConflict": ConflictException,
        "PreconditionFailed": PreconditionFailedException,
        "TaskDoesNotExist": StaleTokenException,
        "TaskTimedOut": StaleTokenException,
        "InvalidToken": StaleTokenException,
        "ConditionalCheckFailedException": ConditionalCheckFailedException,
        "InvalidCampaignStateException": InvalidCampaignStateException,
        "InvalidExportTaskStateFault": InvalidExportTaskStateException,
        "ExportTaskAlreadyExists": ExportTaskAlreadyExistsException,
        "ExportTaskAlreadyExistsFault": ExportTaskAlreadyExistsException,
        "ExportTaskLimitReachedFault": ExportTaskLimitReachedException,
        "InvalidExportSourceState": InvalidExportSourceStateException,
        "InvalidExportSourceStateFault": InvalidExportSourceStateException,
        "InvalidExportOnly": InvalidExportOnlyException,
        "InvalidExportOnlyFault": InvalidExportOnlyException,
        "InvalidS3BucketFault": InvalidS3BucketException,
        "IamRoleNotFound": IamRoleNotFoundException,
        "IamRoleNotFoundFault": IamRoleNotFoundException,
        "IamRoleMissingPermissions": IamRoleMissingPermissionsException,
        "IamRoleMissingPermissionsFault": IamRoleMissingPermissionsException,
        "KMSKeyNotAccessibleFault": KmsKeyNotAccessibleException,
    }
)  # fmt: skip


@contextmanager
def named_errors(operation: str) -> Iterator[None]:
    """Raise every failure of a boto3 call as its class.

    Raises:
        AwsError: the matching leaf of the tree above.
    """
    try:
        yield
    except ClientError as error:
        raise _named(operation, error) from error
    except ParamValidationError as error:
        raise ValidationException(operation, "ParamValidation", str(error)) from error
    except (HTTPClientError, ConnectionError, IncompleteReadError) as error:
        code = type(error).__name__
        raise ServiceUnavailableException(operation, code, str(error)) from error


def _named(operation: str, error: ClientError) -> AwsError:
    response = error.response
    code = str(response["Error"].get("Code", ""))
    message = str(response["Error"].get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    named = (_BY_CODE.get(code) or _by_status(status))(operation, code, message)
    if isinstance(named, InvalidCampaignStateException):
        named.state = str(response.get("state", ""))
    return named


def _by_status(status: int) -> type[AwsError]:
    if status == 402:
        return ServiceQuotaExceededException
    if status == 429:
        return ThrottlingException
    return ServiceUnavailableException if status >= 500 else UnclassifiedException
