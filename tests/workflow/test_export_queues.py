"""Five exports per account and one per source at a time: the others queue."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from localcloud.patches import ChildHistory
from tests.workflow.conftest import Orchestrate
from tests.workflow.export_scenes import ends_of_waits, own_id, present, source, watched
from tests.workflow.requests import export, snapshot

SHOP = source("shop")
WITH_COOLDOWN = source("slow-to-cool")


def test_slots_are_taken_in_order_with_one_refused_start_each(assembly: Path) -> None:
    """Two exports end, one after the other, before any poll of the queue is due."""
    taken = [source(name) for name in ("first", "second")]
    waiting = [source(name) for name in ("third", "fourth")]

    with watched(
        assembly,
        *(export(source_arn=arn) for arn in waiting),
        limits={"concurrent_exports": 2},
        snapshots=[
            *(snapshot(arn, export_s=5000, canceling_s=5) for arn in taken),
            *(snapshot(arn, starting_s=2, export_s=3) for arn in waiting),
        ],
        exports=[present(arn) for arn in taken],
    ) as run:
        run.until(lambda: sum(bool(_queued_since(child)) for child in run.children()) == 2)

        def have_started(count: int) -> bool:
            return sum(map(bool, map(run.statuses, waiting))) == count

        rds = run.orchestrator.aws.client("rds")
        for number, arn in enumerate(taken, 1):
            rds.cancel_export_task(ExportTaskIdentifier=own_id(arn))
            run.until(partial(have_started, number))
        run.until_nothing_runs()

        ended = [request.status for request in run.runs.all]
        children = run.children()
        ledger = run.orchestrator.simulators.ledger
    assert ended == ["SUCCEEDED", "SUCCEEDED"]
    assert ledger.max_concurrent_exports == 2
    assert ledger.calls["StartExportTask"] == 4
    assert [ends_of_waits(child)[0] for child in children] == ["woken", "woken"]
    asked = sorted(children, key=lambda child: (_queued_since(child), child.execution_arn))
    started = sorted(waiting, key=lambda arn: ledger.states[arn][0])
    assert [child.item["work"]["job"]["source_arn"] for child in asked] == started


@pytest.mark.parametrize(
    "faults",
    [[], [{"event": "*", "drop": 1.0}]],
    ids=["ends wake the queue", "every event is lost"],
)
def test_a_queue_of_many_exports_has_few_refused_starts(
    orchestrate: Orchestrate, faults: list[dict[str, object]]
) -> None:
    """Twelve exports in five slots: five are started at once, seven are refused and wait."""
    sources = [source(f"one-of-twelve-{number}") for number in range(12)]

    done = orchestrate(
        {"jobs": [export(source_arn=arn) for arn in sources]},
        limits={"concurrent_exports": 5},
        snapshots=[snapshot(arn, starting_s=5, export_s=45) for arn in sources],
        faults=faults,
    )

    assert [job["phase"] for job in done.jobs] == ["COMPLETE"] * 12
    assert done.report["max_concurrent_exports"] == 5
    calls = done.report["calls"]
    assert 12 < calls["StartExportTask"] <= 2 * 12, calls


def test_waits_for_a_busy_source_and_for_one_in_its_cooldown(assembly: Path) -> None:
    """The export of the busy source is canceled as soon as the job queues."""
    in_the_way = present(SHOP, export_id="others", export_only=["shop.customers"], age_s=0)

    with watched(
        assembly,
        {"jobs": [export(source_arn=arn) for arn in (SHOP, WITH_COOLDOWN)]},
        snapshots=[
            snapshot(SHOP, starting_s=5, export_s=300),
            snapshot(WITH_COOLDOWN, starting_s=5, export_s=10, cooldown_s=320),
        ],
        exports=[in_the_way, present(WITH_COOLDOWN, "FAILED", age_s=20)],
    ) as run:
        run.until(lambda: any(_waits_for(child, SHOP) for child in run.children()))
        run.orchestrator.aws.client("rds").cancel_export_task(ExportTaskIdentifier="others")
        run.until_nothing_runs()

        [done] = run.runs.all
        children = run.children()
        ledger = run.orchestrator.simulators.ledger
    assert {
        job["id"]: (job["phase"], job["details"]["adopted"]) for job in done.outcome["resources"]
    } == {
        SHOP: ("COMPLETE", False),
        WITH_COOLDOWN: ("COMPLETE", False),
    }
    assert all(any(_waits_for(child, arn) for child in children) for arn in (SHOP, WITH_COOLDOWN))
    assert not any("waiter#export-slot" in wake["on"] for c in children for wake in _wakes(c))
    assert ledger.exports_started == 2
    assert ledger.calls["StartExportTask"] > 2


def _waits_for(child: ChildHistory, source_arn: str) -> bool:
    """Whether a child has queued because its source was busy."""
    return any(
        result["phase"] == "QUEUED" and result["wake"]["on"] == f"waiter#{source_arn}"
        for result in _pass_results(child)
    )


def _pass_results(child: ChildHistory) -> list[dict[str, Any]]:
    """The result of each pass of a child, in order."""
    return [
        json.loads(event["stateExitedEventDetails"]["output"])
        for event in child.events
        if event.get("stateExitedEventDetails", {}).get("name") == "ReconcileExport"
    ]


def _wakes(child: ChildHistory) -> list[dict[str, Any]]:
    return [result["wake"] for result in _pass_results(child) if "wake" in result]


def _queued_since(child: ChildHistory) -> str:
    """The place of a child in the queue, empty if it has not queued."""
    return next((str(wake["order"]) for wake in _wakes(child)), "")
