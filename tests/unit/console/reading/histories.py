"""Histories as Step Functions returns them, written by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.work import Work

BEGAN: Final = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""

Event = dict[str, Any]


class Events:
    """Events with ids in order; each is a number of seconds after the first."""

    def __init__(self) -> None:
        self.all: list[Event] = []

    def add(self, at: float, kind: str, **details: object) -> Events:
        """Add an event; its details are those of its type."""
        event: Event = {
            "id": len(self.all) + 1,
            "type": kind,
            "timestamp": datetime.fromtimestamp(BEGAN + at, UTC),
        }
        name = "stateEntered" if kind.endswith("StateEntered") else kind[0].lower() + kind[1:]
        name = "stateExited" if kind.endswith("StateExited") else name
        self.all.append(event | ({f"{name}EventDetails": details} if details else {}))
        return self

    def started(self, given: object) -> Events:
        return self.add(0, "ExecutionStarted", input=json.dumps(given))

    def entered(self, at: float, name: str, kind: str = "Task") -> Events:
        return self.add(at, f"{kind}StateEntered", name=name)

    def exited(self, at: float, name: str, kind: str = "Task") -> Events:
        return self.add(at, f"{kind}StateExited", name=name)

    def failed(self, at: float, error: str, cause: str = "") -> Events:
        return self.add(
            at, "TaskFailed", resource="invoke", resourceType="lambda", error=error, cause=cause
        )

    def answered(self, at: float, payload: object) -> Events:
        output = json.dumps({"Payload": payload})
        return self.add(at, "TaskSucceeded", resource="invoke", output=output)

    def passed(self, at: float, result: PassResult) -> Events:
        return self.answered(at, result.as_payload())


def campaign_work(*ids: str, **progress: Any) -> CampaignWork:
    """Return the work of a job that pauses campaigns, all with the same progress."""
    return CampaignWork(
        kind="campaigns",
        key="0.0.0",
        job_label="0.0",
        api_version=ApiVersion.V2,
        target=CampaignTarget.PAUSED,
        deadline_seconds=3_600,
        open=dict.fromkeys(ids, CampaignProgress(**progress)),
    )


def begun(work: Work) -> Events:
    """Return the history of a child that has just entered its first pass."""
    given = {"work": work.model_dump(mode="json"), "trace": {}}
    return Events().started(given).entered(0, "ReconcileCampaigns").add(0, "TaskScheduled")
