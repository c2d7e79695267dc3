"""What the simulators can answer instead of a result.

SimulatedError     an AWS error code, its message, and for a 409 the campaign's state
LostResponse       the operation was carried out and its answer is not sent
"""

from __future__ import annotations

# What AWS has and the local AWS has not; no SDK tries a 501 again.
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

# As in botocore's model and, for what it does not model, in RDS's list of common errors.
EXPORT_STATUSES = {
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "DBClusterNotFoundFault": 404,
    "DBClusterSnapshotNotFoundFault": 404,
    "DBSnapshotNotFound": 404,
    "ExportTaskNotFound": 404,
    "IamRoleNotFound": 404,
    "InternalFailure": 500,
    "InternalServerError": 500,
    NOT_IMPLEMENTED: NOT_IMPLEMENTED_STATUS,
    "ServiceUnavailable": 503,
}

# The codes that botocore takes for throttling, of those these services could answer.
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

ILLEGAL_STATES = frozenset({"InvalidCampaignStateException", "InvalidExportTaskStateFault"})


class SimulatedError(Exception):
    """An error answer.

    Attributes:
        state: the campaign's state, which InvalidCampaignStateException carries.
        illegal: whether the call asked for what the resource's state forbids.
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
    """The connection closes without an answer."""
