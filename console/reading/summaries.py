"""A request in one line, from its execution's description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from console.reading.model import RequestSummary
from console.reading.parent import parsed
from console.reading.texts import iso
from console.reading.visits import FAILED, RUNNING, SUCCEEDED
from lambdas.jobs.contract import is_correlation_id, is_description
from lambdas.jobs.phases import Phase
from lambdas.requests.acceptance import CLEAN_UP, RequestRejected
from lambdas.requests.clean_up import message_of, reason_of
from lambdas.requests.events import input_of_event

PENDING_REDRIVE: Final = "PENDING_REDRIVE"


class Identity(NamedTuple):
    """What an input says about its request, apart from the jobs.

    Attributes:
        cleans_up: the execution that it cleans up after, None if it is another request.
    """

    correlation_id: str | None = None
    description: str | None = None
    dry_run: bool = False
    cleans_up: str | None = None


def request_of(given: object) -> object:
    """Return the request that an input stands for; an event that stands for none is returned."""
    try:
        return input_of_event(given, ())
    except RequestRejected:
        return given


def identity(given: object) -> Identity:
    """Return what an input says, which may be wrong in any way."""
    request = request_of(given)
    if not isinstance(request, dict):
        return Identity()
    clean_up = request.get(CLEAN_UP)
    arn = clean_up.get("execution_arn") if isinstance(clean_up, dict) else None
    # The event of a new snapshot has its id as correlation id, too.
    correlation_id = request.get("correlation_id", request.get("id"))
    description = request.get("description")
    return Identity(
        correlation_id=correlation_id if is_correlation_id(correlation_id) else None,
        description=description if is_description(description) else None,
        dry_run=request.get("dry_run") is True,
        cleans_up=arn if isinstance(arn, str) else None,
    )


def summary_of(described: Mapping[str, Any]) -> RequestSummary:
    """Return a request's summary from the response of DescribeExecution."""
    arn, status = described["executionArn"], described["status"]
    says = identity(parsed(described.get("input")))
    name = arn.rpartition(":")[2]
    phase, reason, summary = ended(
        status,
        parsed(described.get("output")),
        described.get("error"),
        described.get("cause"),
    )
    return RequestSummary(
        execution_arn=arn,
        name=name,
        correlation_id=says.correlation_id or name,
        description=says.description,
        status=status,
        phase=phase,
        reason=reason,
        summary=summary,
        started_at=iso(described["startDate"]),
        ended_at=iso(described["stopDate"]) if described.get("stopDate") else None,
        dry_run=says.dry_run,
        cleans_up=says.cleans_up,
        read=True,
    )


def ended(
    status: str, outcome: object, error: str | None, cause: str | None
) -> tuple[str, str | None, str | None]:
    """Return the phase, the reason and the summary of an execution.

    Args:
        status: AWS's word.
        outcome: its output, None if it has none.
        error: of a failed or aborted one.
        cause: likewise.
    """
    if status in (RUNNING, PENDING_REDRIVE):
        return Phase.IN_PROGRESS, None, None
    if status == SUCCEEDED:
        if not isinstance(outcome, dict):
            return Phase.COMPLETE, None, None
        return (
            str(outcome.get("phase", Phase.COMPLETE)),
            _text(outcome.get("reason")),
            _text(outcome.get("summary")),
        )
    if status == FAILED:
        return Phase.FAILED, error, cause
    return Phase.FAILED, reason_of(status, error), message_of(status, error, cause)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
