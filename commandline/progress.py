"""The progress of requests at one moment, resource by resource, as a table shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from commandline.output import one_line
from lambdas.jobs.phases import Phase


class Status(StrEnum):
    """How far a resource has come: the phases, the most urgent first."""

    FAILED = Phase.FAILED
    WARNING = "WARNING"
    """COMPLETE, with a warning."""
    PENDING = Phase.PENDING
    QUEUED = Phase.QUEUED
    DELETING = Phase.DELETING
    IN_PROGRESS = Phase.IN_PROGRESS
    COMPLETE = Phase.COMPLETE
    PLANNED = Phase.PLANNED


URGENCY: Final = {status: urgency for urgency, status in enumerate(Status)}


def in_words(statuses: Iterable[Status]) -> str:
    """Count statuses: 3 FAILED, 57 COMPLETE."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])


@dataclass(frozen=True)
class Resource:
    """A resource of one job.

    Attributes:
        key: the number of the request, the job and the id.
        name: a short name.
        detail: its state, or why it ended as it did.
        ended_at_s: simulated seconds since the beginning, None until it has ended.
    """

    key: tuple[int, str, str]
    name: str
    target: str
    status: Status
    detail: str
    ended_at_s: float | None = None


@dataclass(frozen=True)
class Request:
    """A request's execution.

    Attributes:
        status: that of the execution.
        detail: the states that its child executions are in; the summary, once there is one.
    """

    name: str
    status: str
    detail: str


@dataclass(frozen=True)
class Progress:
    """The progress at a moment.

    Attributes:
        head: a few words about all of it, such as the time.
    """

    head: str
    requests: tuple[Request, ...]
    resources: tuple[Resource, ...]


def short(resource: str) -> str:
    """Return a short name of a resource: an ARN's last two parts, or the id."""
    name = ":".join(resource.split(":")[5:]) if resource.startswith("arn:") else resource
    return one_line(name)
