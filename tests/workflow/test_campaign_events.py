"""Changes by other callers are noticed at once through CloudTrail, and otherwise by a poll."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from localcloud.patches import ChildHistory
from localcloud.report import report
from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.export_scenes import Watched, ends_of_waits, watched
from tests.workflow.requests import campaign, campaigns


def by_another(operation: str, campaign_id: str, at_s: float) -> dict[str, Any]:
    return {"at_s": at_s, "operation": operation, "campaign_id": campaign_id}


def waits_for(run: Watched) -> list[list[str]]:
    """Which campaigns each execution waits for."""
    return [sorted(item["ids"]["SS"]) for item in run.waiters()]


def waits_of(children: Iterable[ChildHistory], target: str) -> list[str]:
    """How each wait of the only batch with a target ended, in order."""
    [child] = [child for child in children if child.item["work"]["target"] == target]
    return ends_of_waits(child)


def test_only_another_callers_change_of_a_watched_campaign_ends_its_wait(
    assembly_with_every_trigger: Path,
) -> None:
    """Polls are at least 13 s apart. A batch of two waits for both, then for one."""
    with watched(
        assembly_with_every_trigger,
        campaigns("FINISHED", "c-1", "c-2"),
        campaigns=[campaign("c-1"), campaign("c-2"), campaign("stranger")],
    ) as run:
        another = run.orchestrator.aws.client("connectcampaignsv2")
        run.until(lambda: waits_for(run) == [["c-1", "c-2"]])
        another.pause_campaign(id="stranger")
        another.stop_campaign(id="c-1")
        run.until(lambda: waits_for(run) == [["c-2"]])
        another.stop_campaign(id="c-2")
        run.until_nothing_runs()

        cost = report(run.orchestrator, run.runs)
        children = run.children()
        left = run.waiters()
    assert cost["status"] == ["SUCCEEDED"]
    assert all(job["noticed_after_seconds"] < 13 for job in cost["resources"])
    assert cost["lambda_invocations"]["WakeWaiters"] == 3
    assert waits_of(children, "FINISHED") == ["woken", "woken"]
    assert left == []


@pytest.mark.parametrize(
    ("fault", "deliveries"),
    [
        ({"event": "StopCampaign", "drop": 1.0}, 0),
        ({"event": "*", "delay_s": 150}, 0),
        ({"event": "StopCampaign", "duplicates": 2}, 3),
    ],
    ids=["dropped", "later than the poll", "tripled"],
)
def test_the_outcome_does_not_depend_on_how_events_arrive(
    orchestrate: Orchestrate,
    assembly_with_every_trigger: Path,
    fault: dict[str, Any],
    deliveries: int,
) -> None:
    """However often an event is delivered, it ends one wait at most: a poll may come before it."""
    done = orchestrate(
        campaigns("FINISHED"),
        stack=assembly_with_every_trigger,
        campaigns=[campaign()],
        actions=[by_another("StopCampaign", "c-1", 600)],
        faults=[fault],
    )

    assert (done.job["reason"], done.job["final_state"]) == ("TargetReached", "Stopped")
    assert done.failures() == []
    ends = waits_of(done.children, "FINISHED")
    assert set(ends) <= {"timed out", "woken"}
    assert ends.count("woken") <= min(deliveries, 1)
    assert ends.count("timed out") > 0
    assert done.report["lambda_invocations"].get("WakeWaiters", 0) <= deliveries


def test_the_orchestrators_own_calls_end_no_wait(
    orchestrate: Orchestrate, assembly_with_every_trigger: Path
) -> None:
    done = orchestrate(
        campaigns("FINISHED", "c-1"),
        campaigns("STOPPED", "c-1"),
        campaigns("DELETED", "c-2"),
        stack=assembly_with_every_trigger,
        campaigns=[campaign("c-1"), campaign("c-2", "Stopped", deletion_s=60)],
    )

    assert done.statuses == ["SUCCEEDED"] * 3
    assert done.report["mutations"]["count"] == 2
    assert "WakeWaiters" not in done.report["lambda_invocations"]
    waits = [wait for child in done.children for wait in ends_of_waits(child)]
    assert set(waits) == {"timed out"}
    [deletion] = [c for c in done.children if c.item["work"]["target"] == "DELETED"]
    assert "AwaitDeletion" in entered(deletion.events)
