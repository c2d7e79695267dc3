"""The names of the metrics that the functions publish, for alarms and the dashboard too."""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "Orchestrator"
SERVICE: Final = "orchestrator"
"""The value of the only dimension, `service`. Each further value would cost one more metric."""

REQUESTS_ACCEPTED: Final = "RequestsAccepted"
REQUESTS_REJECTED: Final = "RequestsRejected"
RESOURCES_COMPLETE: Final = "ResourcesComplete"
RESOURCES_FAILED: Final = "ResourcesFailed"

RECONCILE_PASSES: Final = "ReconcilePasses"
PROGRESS: Final = "Progress"
"""Passes that saw a change of a campaign or an export since the previous pass."""
JOB_AGE: Final = "JobAge"
"""Seconds since the first poll of a job that has not ended, unless it only watches."""
QUEUE_WAIT: Final = "QueueWait"
"""Seconds that a queued export has waited so far."""
NOTICED_AFTER: Final = "NoticedAfter"
"""Seconds from an export's end to the poll that saw it."""

WAITERS_WOKEN: Final = "WaitersWoken"
WAITERS_STALE: Final = "WaitersStale"
EVENTS_FOR_NOBODY: Final = "EventsForNobody"

RATE_LIMITER_UNAVAILABLE: Final = "RateLimiterUnavailable"
"""Calls without a rate limit, because the table could not be reached."""

TRANSIENT_ERRORS: Final = "TransientErrors"
"""Invocations that failed and are retried; Lambda counts them as errors."""


def calls(operation: str) -> str:
    """Return the name of the metric that counts the calls of an API operation."""
    return f"{operation}Calls"


def throttles(operation: str) -> str:
    """Return the name of the metric that counts the throttled calls of an API operation."""
    return f"{operation}Throttles"
