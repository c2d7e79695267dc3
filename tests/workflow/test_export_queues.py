"""Five exports of an account at a time, one of a source: the others wait for their turn."""

from __future__ import annotations

import json
from typing import Any

from localcloud.joints import ChildHistory
from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.export_scenes import child_of, ends_of_waits, present, source
from tests.workflow.requests import export, snapshot

SHOP = source("shop")
WITH_COOLDOWN = source("slow-to-cool")


def test_slots_go_in_the_order_of_asking_and_no_one_is_refused_twice(
    orchestrate: Orchestrate,
) -> None:
    """Two exports end before the first one in the queue looks by itself, 27 s after it asked."""
    taken = {source("first"): 14, source("second"): 20}
    waiting = [source(name) for name in ("third", "fourth")]

    done = orchestrate(
        *(export(source_arn=arn) for arn in waiting),
        speed=10,
        limits={"concurrent_exports": 2},
        snapshots=[
            *(snapshot(arn, export_s=60 + left_s) for arn, left_s in taken.items()),
            *(snapshot(arn, starting_s=2, export_s=3) for arn in waiting),
        ],
        exports=[present(arn, age_s=60) for arn in taken],
    )

    assert done.statuses == ["SUCCEEDED"] * 2
    assert done.report["max_concurrent_exports"] == 2
    assert done.report["calls"]["StartExportTask"] == 4
    children = [child_of(done, arn) for arn in waiting]
    assert all(ends_of_waits(child)[0] == "woken" for child in children)
    queued = sorted(waiting, key=lambda arn: _queued_since(child_of(done, arn)))
    started = sorted(waiting, key=lambda arn: _left_queue_at(child_of(done, arn)))
    assert queued == started


def test_a_busy_source_and_one_that_cools_down_are_waited_for(orchestrate: Orchestrate) -> None:
    other_tables = ["shop.customers"]

    done = orchestrate(
        {"jobs": [export(source_arn=arn) for arn in (SHOP, WITH_COOLDOWN)]},
        speed=60,
        snapshots=[
            snapshot(SHOP, starting_s=5, export_s=100),
            snapshot(WITH_COOLDOWN, starting_s=5, export_s=100, cooldown_s=120),
        ],
        exports=[
            present(SHOP, export_id="others", export_only=other_tables, age_s=0),
            present(WITH_COOLDOWN, "FAILED", age_s=20),
        ],
    )

    assert done.statuses == ["SUCCEEDED"]
    assert done.report["max_concurrent_exports"] == 2
    assert [job["details"]["adopted"] for job in done.jobs] == [False, False]
    busy, cooling = child_of(done, SHOP), child_of(done, WITH_COOLDOWN)
    for child in (busy, cooling):
        assert entered(child.events).count("AwaitExportSlot") > 0
        assert {wake["on"] for wake in _wakes(child)} == {
            f"waiter#{child.item['work']['job']['source_arn']}"
        }
    assert done.report["calls"]["StartExportTask"] > 2
    assert done.report["exports_started"] == 2


def _looks(child: ChildHistory) -> list[dict[str, Any]]:
    """What each look of a child found, in order."""
    return [
        json.loads(event["stateExitedEventDetails"]["output"])
        for event in child.events
        if event.get("stateExitedEventDetails", {}).get("name") == "ReconcileExport"
    ]


def _wakes(child: ChildHistory) -> list[dict[str, Any]]:
    return [look["wake"] for look in _looks(child) if "wake" in look]


def _queued_since(child: ChildHistory) -> float:
    return float(_wakes(child)[0]["order"])


def _left_queue_at(child: ChildHistory) -> str:
    [left] = [
        event["timestamp"]
        for event in child.events
        if event.get("stateExitedEventDetails", {}).get("name") == "AwaitExportSlot"
    ]
    return str(left)
