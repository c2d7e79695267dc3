"""Exports whose source is a database: what they wait for, and what ends the wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.export_scenes import ends_of_waits, source, watched
from tests.workflow.requests import snapshot, stages

OLD, NEW = source("rds:shop-1"), source("rds:shop-2")
MAX_AGE_S = 3_600


def newest(**more: Any) -> dict[str, Any]:
    asked = {"db_instance": "shop", "max_age_seconds": MAX_AGE_S}
    return {"kind": "export", "target": "COMPLETE", "source": asked, **more}


def of_shop(arn: str, created_at_s: float, **more: Any) -> dict[str, Any]:
    given = {"db_instance": "shop", "type": "automated", "created_at_s": created_at_s}
    return snapshot(arn, **given | more)


@pytest.mark.parametrize("dropped", [False, True], ids=["by its event", "without an event"])
def test_a_new_snapshot_ends_the_wait(orchestrate: Orchestrate, dropped: bool) -> None:
    """Polls are up to ten minutes apart by then."""
    done = orchestrate(
        newest(),
        snapshots=[of_shop(OLD, -86_400), of_shop(NEW, 7_300, creating_s=600)],
        faults=[{"event": "RDS-EVENT-0091", "drop": 1.0}] if dropped else [],
    )
    assert (done.job["id"], done.job["phase"]) == (NEW, "COMPLETE")
    [child] = done.children
    states = entered(child.events)
    assert ("woken" in ends_of_waits(child)[: states.count("AwaitSnapshot")]) is not dropped
    assert done.job["elapsed_seconds"] < 7_300 + (600 + 300 if dropped else 300)
    assert done.report["calls"]["DescribeDBSnapshots"] <= 2 * 30
    assert done.report["exports_started"] == 1


def test_without_a_young_snapshot_the_job_fails_at_its_deadline(orchestrate: Orchestrate) -> None:
    done = orchestrate(newest(deadline_seconds=1_800), snapshots=[of_shop(OLD, -86_400)])
    assert (done.job["reason"], done.job["elapsed_seconds"]) == ("NoSnapshot", 1_800)
    assert done.job["details"]["source"] == {"db_instance": "shop", "max_age_seconds": MAX_AGE_S}
    assert done.report["exports_started"] == 0


def test_without_an_age_the_newest_is_exported_and_none_is_a_failure_at_once(
    orchestrate: Orchestrate,
) -> None:
    request = {
        "jobs": [
            newest(source={"db_instance": "shop"}),
            newest(source={"db_cluster": "shop"}),
            newest(source={"db_instance": "ledger"}),
        ]
    }
    oracle = of_shop(source("ledger-1"), -60, db_instance="ledger", engine="oracle-ee")
    done = orchestrate(request, snapshots=[of_shop(OLD, -86_400), of_shop(NEW, 9_000), oracle])
    assert [(job["id"], job["reason"]) for job in done.jobs] == [
        (OLD, "TargetReached"),
        ("shop", "NoSnapshot"),
        ("ledger", "EngineNotExportable"),
    ]
    assert [job["elapsed_seconds"] for job in done.jobs[1:]] == [0, 0]


def test_the_snapshot_of_an_earlier_job_is_exported(orchestrate: Orchestrate) -> None:
    created = {"id": "snap", "kind": "snapshot", "target": "AVAILABLE", "db_instance": "shop"}
    done = orchestrate(stages(created, newest(source={"of": "snap"})), databases=[{"id": "shop"}])
    made, exported = done.jobs
    assert exported["phase"] == "COMPLETE"
    assert exported["id"] == made["id"]
    assert exported["details"]["source"] == {"of": "snap"}
    assert exported["details"]["snapshot_created_at"] == made["details"]["created_at"]


def test_every_new_snapshot_of_a_database_in_the_settings_is_exported(
    assembly_with_given_resources: Path,
) -> None:
    backup, by_hand = source("awsbackup:job-1"), source("by-hand")
    others = [source("awsbackup:job-2"), source("rds:shop-eu-1")]
    with watched(
        assembly_with_given_resources,
        databases=[{"id": "shop"}, {"id": "shop-eu"}],
        snapshots=[
            of_shop(NEW, 10),
            of_shop(backup, 20, type="awsbackup"),
            of_shop(by_hand, 30, type="manual"),
            of_shop(others[0], 40, type="awsbackup", db_instance="shop-eu"),
            of_shop(others[1], 50, db_instance="shop-eu"),
        ],
    ) as run:
        run.orchestrator.clock.sleep(60)
        run.until_nothing_runs()
        outcomes = [run.orchestrator.outcome(one["executionArn"]) for one in run.executions()]
    entries = [entry for outcome in outcomes if outcome for entry in outcome["resources"]]
    assert [(entry["id"], entry["reason"]) for entry in entries] == [
        (NEW, "TargetReached"),
        (backup, "TargetReached"),
        (by_hand, "TargetReached"),
        ("shop", "OtherDatabase"),
        ("shop", "OtherDatabase"),
    ]
