"""Fleets that share one rate, and watches that end with a schedule."""

from __future__ import annotations

from tests.workflow.conftest import Orchestrate
from tests.workflow.requests import campaign, campaigns


def test_two_fleets_at_once_with_throttles_of_others_all_stop(orchestrate: Orchestrate) -> None:
    fleets = [[f"{fleet}-{number}" for number in range(30)] for fleet in "ab"]
    done = orchestrate(
        *(campaigns("STOPPED", *fleet) for fleet in fleets),
        speed=60,
        campaigns=[campaign(name) for fleet in fleets for name in fleet],
        faults=[{"operation": "StopCampaign", "error": "ThrottlingException", "rate": 0.1}],
    )

    assert done.statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert {job["id"] for job in done.jobs} == {name for fleet in fleets for name in fleet}
    assert {(job["phase"], job["reason"]) for job in done.jobs} == {("COMPLETE", "TargetReached")}
    assert done.report["mutations"]["count"] == 60
    assert done.report["illegal"] == {}


def test_a_schedules_end_is_seen_just_after_it(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        campaigns("FINISHED", "scheduled", "open-ended"),
        campaigns=[
            campaign("scheduled", schedule_end_s=2_000),
            campaign("open-ended", completes_after_s=100),
        ],
    )

    noticed = {job["resource"]: job["noticed_after_seconds"] for job in done.report["jobs"]}
    assert noticed["scheduled"] < 150, "the cadence alone would look 180 s apart by then"
