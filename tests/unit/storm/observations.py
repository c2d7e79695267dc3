"""Observations of scenarios that were never run: a ledger and outcomes written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from localcloud.simulators.exports import ExportParameters
from localcloud.simulators.ledger import Call, Change
from localcloud.storm.invariants import INVARIANTS
from localcloud.storm.observe import Execution, Observed
from localcloud.storm.scenario import Json, Scenario, Sent

BEGAN_AT = 1_767_225_600.0
SOURCE = "arn:aws:rds:us-east-1:123456789012:snapshot:s-0"
SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:snapshot:orchestrator-0"
DATABASE = "arn:aws:rds:us-east-1:123456789012:db:shop"

PAUSE: Json = {"id": "pause", "kind": "campaigns", "campaign_ids": ["c"], "target": "PAUSED"}
RESTORE: Json = {"id": "restore", "kind": "campaigns", "of": "pause", "target": "RESTORED"}
EXPORT: Json = {"id": "export", "kind": "export", "source_arn": SOURCE, "target": "COMPLETE"}
CREATE: Json = {"id": "create", "kind": "snapshot", "db_instance": "shop", "target": "AVAILABLE"}


def call(operation: str, at_s: float, *resources: str, answer: str | None = None) -> Call:
    """A call; it took effect if it has no other answer than a lost response."""
    return Call(
        operation=operation,
        at_s=at_s,
        resources=resources,
        answer=answer,
        illegal=answer is not None and answer.startswith("Invalid"),
        took_effect=answer in (None, "lost_response"),
    )


def change(at_s: float, resource: str, state: str) -> Change:
    return Change(at_s, resource, state)


def pause(at_s: float, campaign_id: str = "c") -> list[Call | Change]:
    return [
        change(at_s, campaign_id, "Paused"),
        call("PauseCampaign", at_s, campaign_id),
    ]


def resume(at_s: float, campaign_id: str = "c") -> list[Call | Change]:
    return [
        change(at_s, campaign_id, "Running"),
        call("ResumeCampaign", at_s, campaign_id),
    ]


def moment(at_s: float) -> str:
    text = datetime.fromtimestamp(BEGAN_AT + at_s, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def entry(job: Json, **fields: Any) -> Json:
    """The entry of a job that is COMPLETE after a second."""
    own: Json = {
        "job": job["id"],
        "kind": job["kind"],
        "id": job.get("source_arn", "c"),
        "name": None,
        "target": job["target"],
        "initial_state": "Running",
        "final_state": "Paused",
        "phase": "COMPLETE",
        "reason": "TargetReached",
        "message": "reached",
        "warnings": [],
        "details": {},
        "would": None,
        "polls": 1,
        "elapsed_seconds": 1.0,
        "ended_at": moment(1.0),
    }
    return own | fields


def outcome(*entries: Json, **fields: Any) -> Json:
    is_well = all(each["phase"] == "COMPLETE" for each in entries)
    own: Json = {
        "phase": "COMPLETE" if is_well else "FAILED",
        "reason": "TargetReached" if is_well else "RequestFailed",
        "summary": "all is well",
        "correlation_id": "request-0",
        "description": None,
        "execution_arn": "arn:0",
        "started_at": moment(0.0),
        "ended_at": moment(2.0),
        "elapsed_seconds": 2.0,
        "resources": list(entries),
        "faults": [],
    }
    return own | fields


def execution(*outcomes: Json, **fields: Any) -> Execution:
    is_well = all(each["phase"] != "FAILED" for each in outcomes)
    own = Execution(
        arn="arn:0",
        status="SUCCEEDED" if is_well else "FAILED",
        started_s=0.0,
        ended_s=2.0,
        input={},
        output=outcomes[0] if is_well and outcomes else None,
        cause=None if is_well else "all is well",
        outcomes=outcomes,
        number=0,
    )
    return replace(own, **fields)


def observed(
    jobs: list[Json] | list[list[Json]],
    *executions: Execution,
    timeline: list[Call | Change] | None = None,
    world: Json | None = None,
    request: Json | None = None,
    **fields: Any,
) -> Observed:
    """What was observed of requests that all ask for the same jobs, or stages of jobs."""
    stages = [
        {"jobs": each if isinstance(each, list) else [each], "run": "always"} for each in jobs
    ]
    sent = Sent({"stages": stages} | (request or {}))
    own: Json = {"campaigns": [{"id": "c", "state": "Running"}]}
    executions = executions or (execution(),)
    of_requests = [each for each in executions if each.number is not None]
    return Observed(
        scenario=Scenario(0, own | (world or {}), (sent,) * len(of_requests)),
        executions=executions,
        timeline=(change(0.0, "c", "Running"), *(timeline or ())),
        began_at=BEGAN_AT,
        bucket="the-bucket",
        **fields,
    )


def export(export_id: str, *, tables: tuple[str, ...] = (), bucket: str = "the-bucket") -> Any:
    return ExportParameters(export_id, SOURCE, bucket, "exports", tables, "", "")


def started(export_id: str, at_s: float) -> list[Call | Change]:
    return [change(at_s, SOURCE, "STARTING"), call("StartExportTask", at_s, export_id, SOURCE)]


def broken(seen: Observed) -> set[str]:
    """The invariants that are violated."""
    return {name for name, invariant in INVARIANTS.items() if list(invariant(seen))}
