"""A dry run says what a request would do, and does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.properties.dry_run import MUTATING, differences
from tests.workflow.conftest import Orchestrate
from tests.workflow.requests import campaign, campaigns, export, snapshot, stages


@pytest.mark.parametrize("seed", [29, 184])
def test_a_dry_run_plans_what_the_request_then_does(assembly: Path, seed: int) -> None:
    assert differences(assembly, seed) == []


def test_every_stage_is_planned_on_what_the_stages_before_would_leave(
    orchestrate: Orchestrate,
) -> None:
    pause = campaigns("PAUSED", "runs", "paused", id="pause")
    again = {"kind": "campaigns", "of": "pause", "target": "RESTORED"}
    request = stages(pause, export(), again, campaigns("STOPPED", "runs"))
    result = orchestrate(
        request | {"dry_run": True},
        campaigns=[campaign("runs"), campaign("paused", "Paused")],
        snapshots=[snapshot()],
    )
    assert result.statuses == ["SUCCEEDED"]
    assert [
        (
            entry["job"],
            entry["initial_state"],
            entry["final_state"],
            entry["reason"],
            entry["would"],
        )
        for entry in result.jobs
        if entry["id"] == "runs"
    ] == [
        ("pause", "Running", "Paused", "TargetReached", ["PauseCampaign"]),
        ("2.0", "Paused", "Running", "TargetReached", ["ResumeCampaign"]),
        ("3.0", "Running", "Stopped", "TargetReached", ["StopCampaign"]),
    ]
    assert {entry["phase"] for entry in result.jobs} == {"PLANNED"}
    assert result.outcome["phase"] == "PLANNED"
    assert result.outcome["summary"] == (
        "dry run: would make 4 calls for 4 of 6 resources; all would reach their targets"
    )
    assert not MUTATING & result.report["calls"].keys()


def test_what_would_fail_is_planned_as_it_would_end_and_skips_what_it_would_skip(
    orchestrate: Orchestrate,
) -> None:
    request = stages(campaigns("PAUSED", "over"), campaigns("PAUSED", "runs"))
    result = orchestrate(
        request | {"dry_run": True},
        campaigns=[campaign("over", "Completed"), campaign("runs")],
    )
    ends = {entry["id"]: (entry["phase"], entry["reason"], entry["would"]) for entry in result.jobs}
    assert ends == {
        "over": ("PLANNED", "IllegalTransition", []),
        "runs": ("PLANNED", "StageSkipped", []),
    }
    assert (result.outcome["phase"], result.outcome["reason"]) == ("PLANNED", "RequestFailed")
