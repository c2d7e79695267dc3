"""The metrics that the functions publish, by name; alarms and the dashboard read the same."""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "Orchestrator"
SERVICE: Final = "orchestrator"
"""The value of the one dimension, `service`. One per id would be paid for per id."""

REQUESTS_ACCEPTED: Final = "RequestsAccepted"
REQUESTS_REJECTED: Final = "RequestsRejected"
RESOURCES_COMPLETE: Final = "ResourcesComplete"
RESOURCES_FAILED: Final = "ResourcesFailed"

LOOKS: Final = "Looks"
PROGRESS: Final = "Progress"
"""Looks that saw a campaign or an export otherwise than the look before."""
JOB_AGE: Final = "JobAge"
"""Seconds since the first look at a job that is open; not of one that only watches."""
QUEUE_WAIT: Final = "QueueWait"
"""Seconds that an export which finds no room has waited so far."""
NOTICED_AFTER: Final = "NoticedAfter"
"""Seconds from an export's end to the look that saw it."""

WAITERS_WOKEN: Final = "WaitersWoken"
WAITERS_STALE: Final = "WaitersStale"
EVENTS_FOR_NOBODY: Final = "EventsForNobody"

RATE_LIMITER_UNAVAILABLE: Final = "RateLimiterUnavailable"
"""Calls that were made without a limit, because the table could not be reached."""

TRANSIENT_ERRORS: Final = "TransientErrors"
"""Invocations that failed in order to be retried; Lambda counts them as errors."""


def calls(operation: str) -> str:
    """Return the name under which calls of an API operation are counted."""
    return f"{operation}Calls"


def throttles(operation: str) -> str:
    """Return the name under which those of its calls are counted that were throttled."""
    return f"{operation}Throttles"
