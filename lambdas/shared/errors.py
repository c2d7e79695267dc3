"""Every error of the AWS calls, by one name each.

AwsError
├── TransientError                      raised to Step Functions, whose Retry looks again
│   ├── ThrottlingException
│   ├── ServiceUnavailableException
│   └── ConflictException               also: someone else changed the resource under us
├── StateError                          decided again from the state that is there
│   ├── InvalidCampaignStateException   carries the state
│   ├── InvalidExportTaskStateException
│   ├── StaleTokenException             the execution no longer waits with this task token
│   ├── ConditionalCheckFailedException the item is not what the write expects it to be
│   └── ExportTaskAlreadyExistsException
├── CapacityError                       waits for its turn
│   ├── ExportTaskLimitReachedException
│   └── InvalidExportSourceStateException
└── PermanentError                      ends the resource, never retried
    ├── AccessDeniedException
    ├── ResourceNotFoundException
    ├── ServiceQuotaExceededException
    ├── ValidationException
    ├── InvalidExportOnlyException
    ├── InvalidS3BucketException
    ├── IamRoleNotFoundException
    ├── IamRoleMissingPermissionsException
    ├── KmsKeyNotAccessibleException
    └── UnclassifiedException           a code this product has never met

Step Functions matches the class name alone and sees no base class, so each leaf is named in full
where a Retry names it.
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
        code: the error code on the wire.
    """

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code


class TransientError(AwsError):
    """Worth another try, later."""


class ThrottlingException(TransientError):
    """The rate of calls is too high for the account."""


class ServiceUnavailableException(TransientError):
    """The service failed, or its answer was lost; the call may have taken effect."""


class ConflictException(TransientError):
    """Another change to the resource is under way."""


class StateError(AwsError):
    """The resource is not in a state that allows the operation."""


class InvalidCampaignStateException(StateError):
    """The campaign's state forbids the operation.

    Attributes:
        state: the campaign's state, as the error carries it.
    """

    state: str = ""


class InvalidExportTaskStateException(StateError):
    """The export task has ended already."""


class StaleTokenException(StateError):
    """The execution that waited with this task token has gone on, or has ended."""


class ConditionalCheckFailedException(StateError):
    """The item in the table is not what the condition of a write expects it to be."""


class ExportTaskAlreadyExistsException(StateError):
    """The identifier has been used before."""


class CapacityError(AwsError):
    """There is no room now; there will be."""


class ExportTaskLimitReachedException(CapacityError):
    """The account's concurrent export tasks are all in use."""


class InvalidExportSourceStateException(CapacityError):
    """The source is busy, with another export for example."""


class PermanentError(AwsError):
    """The same call would fail again."""


class AccessDeniedException(PermanentError):
    """The function's role may not do this."""


class ResourceNotFoundException(PermanentError):
    """There is no such campaign, snapshot, cluster, task or execution."""


class ServiceQuotaExceededException(PermanentError):
    """A quota of the account other than a rate is used up."""


class ValidationException(PermanentError):
    """The service does not accept the parameters."""


class InvalidExportOnlyException(PermanentError):
    """The tables to export are not as RDS wants them."""


class InvalidS3BucketException(PermanentError):
    """The bucket does not exist or can not be used."""


class IamRoleNotFoundException(PermanentError):
    """The export role does not exist."""


class IamRoleMissingPermissionsException(PermanentError):
    """The export role may not write to the bucket."""


class KmsKeyNotAccessibleException(PermanentError):
    """The key is disabled, pending deletion, or closed to the caller."""


class UnclassifiedException(PermanentError):
    """A code this product has never met."""


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
"""Every spelling that botocore treats as throttling. RDS answers both Throttling and
ThrottlingException, neither of them modelled."""

_BY_CODE: Final[Mapping[str, type[AwsError]]] = MappingProxyType(
    dict.fromkeys(THROTTLING_CODES, ThrottlingException)
    | dict.fromkeys(
        ("InternalFailure", "InternalServerException", "RequestTimeout", "RequestTimeoutException",
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
        ("ResourceNotFoundException", "NoSuchKey", "DBSnapshotNotFound", "DBSnapshotNotFoundFault",
         "DBClusterNotFoundFault", "DBClusterSnapshotNotFoundFault", "ExecutionDoesNotExist",
         "InvalidArn",
         "ExportTaskNotFound", "ExportTaskNotFoundFault"),
        ResourceNotFoundException,
    )
    | dict.fromkeys(
        ("InvalidParameterCombination", "InvalidParameterValue", "ValidationError",
         "ValidationException"),
        ValidationException,
    )
    | {
        "ConflictException": ConflictException,
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
        "ServiceQuotaExceededException": ServiceQuotaExceededException,
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
    """Give every failure of a boto3 call inside its name.

    Raises:
        AwsError: the leaf of the tree above that fits.
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
