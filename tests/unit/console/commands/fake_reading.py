"""A reading of requests that a test says, and the way in which commands find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from console.errors import ConsoleError, RequestNotFound
from console.reading import (
    EventPage,
    Explanation,
    Request,
    RequestList,
    RequestSummary,
    Resource,
)
from console.stack import Stack
from tests.unit.builders import ACCOUNT, REGION

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Machine"
EXECUTIONS = MACHINE.replace(":stateMachine:", ":execution:")
STACK = Stack("Orchestrator", ACCOUNT, REGION, MACHINE, "any-table", "any-function")


def any_summary(name: str = "night-1", **fields: Any) -> RequestSummary:
    return RequestSummary.model_validate(
        {
            "execution_arn": f"{EXECUTIONS}:{name}",
            "name": name,
            "correlation_id": name,
            "status": "SUCCEEDED",
            "phase": "COMPLETE",
            "summary": "1 of 1 reached their targets",
            "started_at": "2026-01-01T00:00:00.000Z",
            "ended_at": "2026-01-01T00:20:04.000Z",
            "read": True,
            **fields,
        }
    )


def running(name: str = "night-1", **fields: Any) -> RequestSummary:
    unknown = dict.fromkeys(("phase", "summary", "ended_at"))
    return any_summary(name, **{**unknown, "status": "RUNNING", **fields})


def any_resource(id_: str = "c-1", **fields: Any) -> Resource:
    given = {
        "job": "0.0",
        "kind": "campaigns",
        "id": id_,
        "target": "PAUSED",
        "phase": "COMPLETE",
        "state": "Paused",
        **fields,
    }
    return Resource.model_validate(given)


@dataclass
class FakeReading:
    """Returns requests in turn, the last one for ever; an exception among them is raised."""

    requests: Sequence[Request | ConsoleError] = ()
    pages: dict[str | None, RequestList] = field(default_factory=dict)
    explanation: Explanation = field(default_factory=lambda: Explanation(headline="any"))
    history: Sequence[EventPage] = ()
    asked: list[dict[str, Any]] = field(default_factory=list)
    reads: int = 0

    def list(self, **selection: Any) -> RequestList:
        self.asked.append(selection)
        return self.pages[selection["page"]]

    def request(self, reference: str) -> Request:
        if not self.requests:
            raise RequestNotFound(f"no request has the name {reference}")
        answer = self.requests[min(self.reads, len(self.requests) - 1)]
        self.reads += 1
        if isinstance(answer, ConsoleError):
            raise answer
        return answer

    def why(self, _reference: str) -> Explanation:
        return self.explanation

    def events(self, _arn: str, page: str | None = None) -> EventPage:
        return self.history[int(page or 0)]
