"""What the simulators respond instead of a result.

SimulatedError     an AWS error code, its message, and for a 409 the campaign's state
LostResponse       the operation was performed and its response is not sent
"""

from __future__ import annotations

# For what AWS serves and the local AWS does not; no SDK retries a 501.
NOT_IMPLEMENTED = "NotImplemented"
NOT_IMPLEMENTED_STATUS = 501

# As in botocore's models; ServiceQuotaExceededException is 402 there.
CAMPAIGN_STATUSES = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "InternalServerException": 500,
    "InvalidCampaignStateException": 409,
    "InvalidStateException": 409,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "TooManyRequestsException": 429,
    "ServiceUnavailableException": 503,
    NOT_IMPLEMENTED: NOT_IMPLEMENTED_STATUS,
}

# As in botocore's model or, if it has no such error, in RDS's list of common errors.
EXPORT_STATUSES = {
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "DBClusterNotFoundFault": 404,
    "DBClusterSnapshotNotFoundFault": 404,
    "DBInstanceNotFound": 404,
    "DBSnapshotNotFound": 404,
    "ExportTaskNotFound": 404,
    "IamRoleNotFound": 404,
    "InternalFailure": 500,
    "InternalServerError": 500,
    NOT_IMPLEMENTED: NOT_IMPLEMENTED_STATUS,
    "ServiceUnavailable": 503,
}

# The model has no status codes; these are those of services with the JSON protocol.
TAGGING_STATUSES = {
    "InternalServiceException": 500,
    NOT_IMPLEMENTED: NOT_IMPLEMENTED_STATUS,
    "ServiceUnavailable": 503,
}

# The codes that botocore treats as throttling, among those that these services may return.
THROTTLES = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)

ILLEGAL_STATES = frozenset(
    {
        "InvalidCampaignStateException",
        "InvalidDBClusterSnapshotStateFault",
        "InvalidDBClusterStateFault",
        "InvalidDBInstanceState",
        "InvalidDBSnapshotState",
        "InvalidExportTaskStateFault",
    }
)


class SimulatedError(Exception):
    """An error response.

    Attributes:
        state: the campaign's state, a field of InvalidCampaignStateException.
        illegal: whether the resource's state does not allow the call.
    """

    def __init__(
        self, code: str, message: str, *, state: str | None = None, illegal: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.state = state
        self.illegal = illegal or code in ILLEGAL_STATES


class LostResponse(Exception):
    """The connection is closed without a response."""
