"""Whole requests: validation, stages, outcomes."""

from __future__ import annotations

import json

from tests.workflow.conftest import Orchestrate
from tests.workflow.requests import campaign, campaigns, export, snapshot, stages


def test_pauses_a_campaign_exports_a_snapshot_and_resumes_the_campaign(
    orchestrate: Orchestrate,
) -> None:
    request = stages(
        campaigns("PAUSED"), export(export_only=["shop.orders"]), campaigns("RUNNING")
    ) | {"correlation_id": "nightly", "description": "The nightly export"}
    request["stages"][0]["jobs"][0]["id"] = "pause"

    done = orchestrate(request, campaigns=[campaign()], snapshots=[snapshot(size_gb=40)])

    assert done.statuses == ["SUCCEEDED"]
    assert done.outcome["phase"] == "COMPLETE"
    assert done.outcome["correlation_id"] == "nightly"
    assert done.outcome["description"] == "The nightly export"
    assert [job["job"] for job in done.jobs] == ["pause", "1.0", "2.0"]
    assert [(job["initial_state"], job["final_state"], job["reason"]) for job in done.jobs] == [
        ("Running", "Paused", "TargetReached"),
        (None, "COMPLETE", "TargetReached"),
        ("Paused", "Running", "TargetReached"),
    ]
    details = done.jobs[1]["details"]
    assert details["tables"] == ["shop.orders"]
    assert details["total_extracted_gb"] == 40
    assert details["s3_location"].startswith("s3://")
    assert done.states() == [
        "AcceptRequest",
        "RouteRequest",
        *["RunJobs", "AdvancePlan", "IsPlanFinished"] * 3,
        "PublishOutcome",
        "RouteOutcome",
        "RequestComplete",
    ]


def test_a_failed_export_skips_the_next_stage_and_a_stage_that_always_runs_still_runs(
    orchestrate: Orchestrate,
) -> None:
    request = stages(
        campaigns("PAUSED"),
        export(),
        campaigns("STOPPED"),
        campaigns("RUNNING"),
        last_always=True,
    )

    done = orchestrate(
        request,
        campaigns=[campaign()],
        snapshots=[snapshot(outcome="FAILED", failure_cause="no space")],
    )

    assert done.statuses == ["FAILED"]
    assert [(job["phase"], job["reason"], job["final_state"]) for job in done.jobs] == [
        ("COMPLETE", "TargetReached", "Paused"),
        ("FAILED", "ExportFailed", "FAILED"),
        ("FAILED", "StageSkipped", None),
        ("COMPLETE", "TargetReached", "Running"),
    ]
    assert done.states()[-3:] == ["PublishOutcome", "RouteOutcome", "RequestFailed"]
    failure = done.histories[0][-1]["executionFailedEventDetails"]
    assert failure["error"] == "RequestFailed"
    assert failure["cause"] == done.outcome["summary"]
    assert "no space" in failure["cause"]


def test_an_invalid_request_is_rejected_as_a_whole_with_its_faulty_fields(
    orchestrate: Orchestrate,
) -> None:
    wrong: dict[str, object] = {
        "kind": export() | {"kind": "backup"},
        "target": campaigns("STARTED"),
        "stages": {"stages": []},
        "campaign_ids[0]": campaigns("PAUSED", "a b"),
        "campaign_ids": campaigns("PAUSED", *(["x"] * 20_000)),
        "iam_role_arn": export(iam_role_arn="arn:aws:iam::123456789012:role/mine"),
        "s3_bucket": export(s3_bucket="mine"),
        "request": ["not", "an", "object"],
    }

    done = orchestrate(*wrong.values(), campaigns=[campaign()], snapshots=[snapshot()])

    assert done.statuses == ["FAILED"] * len(wrong)
    for number, field in enumerate(wrong):
        assert done.states(number)[-1] == "RequestRejected"
        assert field in [fault["field"] for fault in done.outcomes[number]["faults"]]
        failure = done.histories[number][-1]["executionFailedEventDetails"]
        assert field in failure["cause"]
    assert done.report["calls"] == {}


def test_requests_that_start_at_once_have_an_outcome_each(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        campaigns("PAUSED", "c-1"),
        campaigns("STOPPED", "c-2"),
        {
            "detail-type": "Orchestration Requested",
            "id": "event-7",
            "detail": campaigns("RUNNING", "c-3"),
        },
        campaigns=[campaign("c-1"), campaign("c-2"), campaign("c-3")],
    )

    assert done.statuses == ["SUCCEEDED"] * 3
    assert [[job["id"] for job in outcome["resources"]] for outcome in done.outcomes] == [
        ["c-1"],
        ["c-2"],
        ["c-3"],
    ]
    assert done.outcomes[2]["correlation_id"] == "event-7"
    assert done.jobs[2]["reason"] == "AlreadyThere"


def test_every_line_of_the_log_has_the_correlation_id(orchestrate: Orchestrate) -> None:
    request = campaigns("PAUSED") | {"correlation_id": "follow-me"}

    done = orchestrate(request, campaigns=[campaign()])

    lines = [json.loads(line) for line in done.logs if line.startswith("{")]
    entries = [line for line in lines if "level" in line]
    assert {line["message"] for line in entries} >= {
        "request accepted",
        "mutation accepted",
        "request ended",
    }
    assert {line["correlation_id"] for line in entries} == {"follow-me"}
