"""Fleets that share one rate, and watches that end with a schedule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from infra.platform.functions import TIMEOUT
from tests.workflow.conftest import Orchestrate
from tests.workflow.requests import campaign, campaigns

REJECTED = "ValidationException"


def test_two_fleets_at_once_with_throttles_of_others_all_stop(orchestrate: Orchestrate) -> None:
    fleets = [[f"{fleet}-{number}" for number in range(30)] for fleet in "ab"]
    done = orchestrate(
        *(campaigns("STOPPED", *fleet) for fleet in fleets),
        campaigns=[campaign(name) for fleet in fleets for name in fleet],
        faults=[{"operation": "StopCampaign", "error": "ThrottlingException", "rate": 0.1}],
    )

    assert done.statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert {job["id"] for job in done.jobs} == {name for fleet in fleets for name in fleet}
    assert {(job["phase"], job["reason"]) for job in done.jobs} == {("COMPLETE", "TargetReached")}
    assert done.report["mutations"]["count"] == 60
    assert done.report["illegal"] == {}


def test_the_end_of_a_schedule_is_noticed_just_after_it(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        campaigns("FINISHED", "scheduled", "open-ended"),
        campaigns=[
            campaign("scheduled", schedule_end_s=2_000),
            campaign("open-ended", completes_after_s=100),
        ],
    )

    noticed = {job["id"]: job["noticed_after_seconds"] for job in done.report["resources"]}
    assert noticed["scheduled"] < 150, "by its cadence alone, it would poll 180 s apart by then"


def invocation_seconds(events: Iterable[Any]) -> list[float]:
    """Return the duration of each invocation in a child, which makes one at a time."""
    of_type = {
        kind: [
            datetime.fromisoformat(event["timestamp"]) for event in events if event["type"] == kind
        ]
        for kind in ("TaskStarted", "TaskSucceeded")
    }
    pairs = zip(of_type["TaskStarted"], of_type["TaskSucceeded"], strict=True)
    return [(ended - started).total_seconds() for started, ended in pairs]


def test_rejected_ids_fail_alone_and_every_pass_ends_in_time(
    orchestrate: Orchestrate,
) -> None:
    """All batches at once: reading the rejected ids takes longer than one function may run."""
    fleet = [f"c-{number}" for number in range(200)]
    good = [name for number, name in enumerate(fleet) if number % 25 in (0, 11, 24)]
    rejected = sorted(set(fleet) - set(good))
    done = orchestrate(
        campaigns("PAUSED", *fleet),
        campaigns=[campaign(name, "Paused") for name in fleet],
        faults=[
            {"operation": "GetCampaignStateBatch", "campaign_id": name, "error": REJECTED}
            for name in rejected
        ],
    )

    found = {job["id"]: job["reason"] for job in done.jobs}
    assert found == dict.fromkeys(good, "AlreadyThere") | dict.fromkeys(rejected, REJECTED)
    assert done.failures() == []
    seconds = [invocation_seconds(child.events) for child in done.children]
    assert max(map(max, seconds)) < TIMEOUT.to_seconds()
    assert max(map(len, seconds)) <= 12
    reads = done.report["calls"]["GetCampaignStateBatch"]
    assert reads <= 8 * (1 + 5 + 25) + sum(map(len, seconds))
