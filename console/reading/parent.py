"""The history of a request's own execution: its plans, its Map Runs, its outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from console.reading.visits import ENTERED, Event, Visits, is_published, payload_of
from lambdas.jobs.registry import UnknownKindError
from lambdas.requests.plan import Plan

Json = dict[str, Any]

_ENDS: Final = frozenset({"PublishOutcome", "RequestComplete", "RequestRejected", "RequestFailed"})
"""The states whose input holds the outcome, whichever state made it."""


@dataclass(frozen=True)
class MapRun:
    """One run of a stage."""

    arn: str
    started_at: float


class RequestHistory:
    """One request's execution, read from its events.

    Attributes:
        visits: its states.
        plans: what each function returned, in order.
        map_runs: in order.
        outcome: of this execution, None before it has one.
        publishes: what it publishes instead, of the execution that it cleans up after.
        published_at: epoch seconds at which the event bus took the outcome.
        unreadable: why a plan could not be read, None if all could.
    """

    def __init__(self, execution_arn: str) -> None:
        self.execution_arn = execution_arn
        self.visits = Visits()
        self.plans: list[Plan] = []
        self.map_runs: list[MapRun] = []
        self.outcome: Json | None = None
        self.publishes: Json | None = None
        self.published_at: float | None = None
        self.unreadable: str | None = None

    def apply(self, event: Event) -> None:
        """Add the next event."""
        self.visits.apply(event)
        kind, at = event["type"], event["timestamp"].timestamp()
        if kind == "MapRunStarted":
            self.map_runs.append(MapRun(event["mapRunStartedEventDetails"]["mapRunArn"], at))
        elif kind.endswith(ENTERED):
            self._entered(event["stateEnteredEventDetails"])
        elif is_published(event):
            self.published_at = at
        elif (payload := payload_of(event)) is not None and "plan" in payload:
            self._planned(payload["plan"])

    def _entered(self, details: Mapping[str, Any]) -> None:
        if details["name"] not in _ENDS:
            return
        given = json.loads(details.get("input") or "{}")
        if isinstance(given, dict) and isinstance(given.get("outcome"), dict):
            self.outcome = given["outcome"]
            self.publishes = given.get("publish", self.publishes)

    def _planned(self, plan: object) -> None:
        try:
            self.plans.append(Plan.model_validate(plan))
        except (ValidationError, UnknownKindError) as error:
            problem = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            self.unreadable = f"the plan: {problem}"

    @property
    def plan(self) -> Plan | None:
        """The last plan."""
        return self.plans[-1] if self.plans else None

    @property
    def given(self) -> Any:  # noqa: ANN401 - any JSON
        """Its input, None if it is not JSON."""
        return parsed(self.visits.given)


def parsed(text: str | None) -> Any:  # noqa: ANN401 - any JSON
    """Return a JSON text as a value, None if it is none."""
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
