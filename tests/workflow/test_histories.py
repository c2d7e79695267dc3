"""A child execution polls until its deadline, and never outgrows its history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from localcloud.patches import ChildHistory
from tests.workflow.conftest import Orchestrate
from tests.workflow.export_scenes import by_source, source
from tests.workflow.requests import campaign, campaigns, export, snapshot

HOG, NEXT = source("hog"), source("next")


def test_a_queued_export_is_polled_while_another_job_runs(orchestrate: Orchestrate) -> None:
    """Its slot becomes free after hundreds of polls, and hours before the other job ends."""
    done = orchestrate(
        {"jobs": [campaigns("FINISHED"), export(source_arn=NEXT)]},
        campaigns=[campaign(completes_after_s=24_000)],
        snapshots=[snapshot(HOG, export_s=18_500), snapshot(NEXT)],
        exports=[{"export_id": "hog", "source_arn": HOG, "age_s": 0}],
        limits={"concurrent_exports": 1},
        faults=[{"event": "*", "drop": 1.0}],
    )

    assert done.statuses == ["SUCCEEDED"]
    assert by_source(done)["next"]["elapsed_seconds"] < 20_000


def test_a_child_counts_the_events_of_its_history(
    orchestrate: Orchestrate, assembly_with_every_trigger: Path
) -> None:
    """Retries, wakes, waits that time out and waits whose token is not stored are all counted."""
    throttle = {"error": "ThrottlingException", "rate": 0.3}
    done = orchestrate(
        {"jobs": [campaigns("FINISHED"), export(), export(source_arn=NEXT)]},
        stack=assembly_with_every_trigger,
        campaigns=[campaign(completes_after_s=2_000)],
        snapshots=[snapshot(export_s=1_500), snapshot(NEXT, export_s=1_500)],
        limits={"concurrent_exports": 1},
        faults=[
            {"operation": "GetCampaignStateBatch", **throttle},
            {"operation": "DescribeExportTasks", **throttle},
        ],
    )

    assert done.statuses == ["SUCCEEDED"]
    assert done.failures()
    for child in done.children:
        for counted, events in _counts(child):
            assert counted == events
    assert sum(len(_counts(child)) for child in done.children) > 30


def _counts(child: ChildHistory) -> list[tuple[int, int]]:
    """For each pass, the number of events that the function received, and the actual number."""
    entered_at = 0
    counts = []
    for event in child.events:
        if event["type"] == "TaskStateEntered":
            entered_at = event["id"]
        details: Any = event.get("taskScheduledEventDetails", {})
        if details.get("resourceType") == "lambda":
            counted = json.loads(details["parameters"])["Payload"]["history_events"]
            counts.append((counted, entered_at - 1))
    return counts
