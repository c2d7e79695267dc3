"""How the end of an export is noticed: an event ends the wait early, a poll always comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workflow.conftest import Orchestrate, Orchestrated, entered
from tests.workflow.export_scenes import by_source, child_of, ends_of_waits, source, watched
from tests.workflow.requests import SNAPSHOT, export, snapshot

SHOP = source("shop")
SHOP_CLUSTER_SNAPSHOT = source("shop-of-cluster", "cluster-snapshot")
SHOP_CLUSTER = source("shop-itself", "cluster")
STRANGER = source("stranger")


def test_an_end_is_noticed_by_its_event_whatever_the_source(
    orchestrate: Orchestrate,
) -> None:
    """The exports end long before the second poll, which comes after 162 s or more."""
    sources = (SHOP, SHOP_CLUSTER_SNAPSHOT, SHOP_CLUSTER)

    done = orchestrate(
        {"jobs": [export(source_arn=arn, export_only=["shop.orders"]) for arn in sources]},
        snapshots=[snapshot(arn, starting_s=30, export_s=10, size_gb=7) for arn in sources],
    )

    assert [job["phase"] for job in done.jobs] == ["COMPLETE"] * 3
    assert [ends_of_waits(child_of(done, arn)) for arn in sources] == [["woken"]] * 3
    assert all(job["noticed_after_seconds"] < 60 for job in done.report["resources"])
    assert done.report["lambda_invocations"]["WakeWaiters"] == 3
    for job in done.jobs:
        details = job["details"]
        assert details["files_found"] is True
        assert details["files_status"] == "COMPLETE"
        assert details["table_results"] == [{"table": "shop.orders", "status": "COMPLETE"}]
        assert (details["tables_counted"], details["tables_not_complete"]) == (1, 0)
        assert details["total_extracted_gb"] == 7


@pytest.mark.parametrize(
    ("fault", "woken"),
    [
        ({"event": "*", "drop": 1.0}, False),
        ({"event": "*", "duplicates": 2}, True),
        ({"event": "*", "delay_s": 150}, True),
        ({"event": "RDS-EVENT-0159", "delay_s": 100, "duplicates": 1}, True),
    ],
    ids=[
        "dropped",
        "tripled",
        "later than the poll",
        "failure reported while the next export runs",
    ],
)
def test_outcomes_do_not_depend_on_how_events_arrive(
    orchestrate: Orchestrate, fault: dict[str, Any], woken: bool
) -> None:
    """Meanwhile an export of another source ends, for which there is no waiter."""
    done = orchestrate(
        {
            "jobs": [
                export(source_arn=SHOP, max_attempts=2),
                export(source_arn=SHOP_CLUSTER_SNAPSHOT),
            ]
        },
        snapshots=[
            snapshot(SHOP, outcome=["FAILED", "COMPLETE"]),
            snapshot(SHOP_CLUSTER_SNAPSHOT, export_s=300),
            snapshot(STRANGER, export_s=180),
        ],
        exports=[{"export_id": "strange", "source_arn": STRANGER, "age_s": 60}],
        faults=[fault],
    )

    jobs = by_source(done)
    assert {name: (job["phase"], job["reason"]) for name, job in jobs.items()} == {
        "shop": ("COMPLETE", "TargetReached"),
        "shop-of-cluster": ("COMPLETE", "TargetReached"),
    }
    assert _attempts(jobs["shop"]) == ["FAILED", "COMPLETE"]
    assert done.report["exports_started"] == 3
    assert done.failures() == []
    assert ("WakeWaiters" in done.report["lambda_invocations"]) is woken
    assert ("woken" in _all_ends(done)) is woken


def test_a_long_export_leaves_one_waiter_at_most(
    assembly: Path,
) -> None:
    """No event ends a wait; the last token stays until time to live removes it."""
    with watched(
        assembly,
        export(),
        snapshots=[snapshot(export_s=1_800)],
        faults=[{"event": "*", "drop": 1.0}],
    ) as run:
        run.until_nothing_runs()

        [child] = run.children()
        [left] = run.waiters()
    ends = ends_of_waits(child)
    assert len(ends) > 4, ends
    assert set(ends) == {"timed out"}
    assert left["pk"] == {"S": f"waiter#{SNAPSHOT}"}
    assert left["sk"]["S"].endswith(child.execution_arn)


def test_a_wait_that_an_event_ends_leaves_no_waiter(assembly: Path) -> None:
    """It ends long before the second poll, which comes after 162 s or more."""
    fast = snapshot(starting_s=30, export_s=10)
    with watched(assembly, export(), snapshots=[fast]) as run:
        run.until_nothing_runs()

        [child] = run.children()
        left = run.waiters()
    assert ends_of_waits(child) == ["woken"]
    assert left == []


def test_a_wait_whose_token_is_not_stored_is_a_fallback_wait(assembly: Path) -> None:
    with watched(assembly, snapshots=[snapshot()], changes_stack=True) as run:
        dynamodb = run.orchestrator.aws.client("dynamodb")
        [table] = dynamodb.list_tables()["TableNames"]
        dynamodb.delete_table(TableName=table)

        asked = run.send(export())
        run.until_nothing_runs()

        outcome = run.orchestrator.outcome(asked)
        [child] = run.children()
    assert outcome is not None
    assert outcome["phase"] == "COMPLETE"
    assert set(ends_of_waits(child)) == {"failed"}
    states = entered(child.events)
    assert states.count("AwaitExportEvent") == states.count("AwaitNextPoll") > 0


def test_a_new_snapshot_of_the_settings_is_exported_once_despite_duplicate_events(
    assembly_with_every_trigger: Path,
) -> None:
    new, automated, other = source("shop-1"), source("rds:shop-2"), source("bookshop-1")

    with watched(
        assembly_with_every_trigger,
        snapshots=[snapshot(arn) for arn in (new, automated, other)],
        actions=[
            {"at_s": at_s, "operation": "CreateSnapshot", "arn": arn}
            for at_s, arn in ((5, new), (10, automated), (15, other))
        ],
        faults=[{"event": "RDS-EVENT-0042", "duplicates": 1}],
    ) as run:
        run.until(lambda: len(run.executions()) == 4)
        run.until_nothing_runs()

        executions = run.executions()
        outcomes = [run.orchestrator.outcome(done["executionArn"]) for done in executions]
        ends = {arn: run.statuses(arn)[-1:] for arn in (new, automated, other)}
        started = run.orchestrator.simulators.ledger.exports_started
    assert [execution["status"] for execution in executions] == ["SUCCEEDED"] * 4
    assert ends == {new: ["COMPLETE"], automated: ["COMPLETE"], other: []}
    assert started == 2
    jobs = [job for outcome in outcomes if outcome for job in outcome["resources"]]
    assert [job["details"]["tables"] for job in jobs] == [["shop.orders"]] * 4
    assert sorted((job["id"], job["details"]["adopted"]) for job in jobs) == [
        (automated, False),
        (automated, True),
        (new, False),
        (new, True),
    ]


def _attempts(job: dict[str, Any]) -> list[str]:
    return [attempt["status"] for attempt in job["details"]["attempts"]]


def _all_ends(done: Orchestrated) -> set[str]:
    return {end for child in done.children for end in ends_of_waits(child)}
