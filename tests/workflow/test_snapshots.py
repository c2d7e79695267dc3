"""Snapshots are created, exported and deleted, and nobody else's is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lambdas.jobs.databases import Database
from tests.workflow.requests import export, stages
from tests.workflow.snapshot_scenes import (
    CLUSTER,
    DATABASES,
    OWN_TAG,
    SHOP,
    create,
    delete,
    snapshot_scene,
)

EITHER = pytest.mark.parametrize("database", [SHOP, CLUSTER], ids=["instance", "cluster"])


def ends(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(entry["job"], entry["reason"], entry["final_state"]) for entry in entries]


@EITHER
def test_a_snapshot_is_created_exported_and_deleted(assembly: Path, database: Database) -> None:
    with snapshot_scene(assembly) as scene:
        arn = scene.arn("night", database)
        request = stages(create(database), export("COMPLETE", arn), delete(), last_always=True)
        entries = scene.run("night", request)

        statuses, calls, left = scene.statuses(arn), scene.calls(), scene.own_left()
    assert ends(entries) == [
        ("create", "TargetReached", "available"),
        ("1.0", "TargetReached", "COMPLETE"),
        ("2.0", "TargetReached", "deleted"),
    ]
    assert [entry["id"] for entry in entries] == [arn] * 3
    assert entries[0]["details"]["database"] == database.as_payload()
    assert statuses[:2] == ["creating", "available"]
    assert left == []
    kind = "DBClusterSnapshot" if database.is_cluster else "DBSnapshot"
    assert (calls[f"Create{kind}"], calls[f"Delete{kind}"]) == (1, 1)


def test_the_creation_event_ends_the_wait_and_a_lost_one_is_found_by_a_poll(
    assembly: Path,
) -> None:
    polls = {}
    for dropped in (False, True):
        faults = [{"event": "RDS-EVENT-0042", "drop": True}] if dropped else []
        with snapshot_scene(assembly, faults=faults) as scene:
            [entry] = scene.run("night", create())
        assert entry["reason"] == "TargetReached"
        polls[dropped] = entry["elapsed_seconds"]
    assert polls[False] < 250 < polls[True]


@EITHER
def test_lost_responses_and_a_busy_database_lead_to_one_snapshot(
    assembly: Path, database: Database
) -> None:
    kind = "DBClusterSnapshot" if database.is_cluster else "DBSnapshot"
    busy = [one | {"state": "modifying", "available_from_s": 300} for one in DATABASES]
    faults = [
        {"operation": f"{verb}{kind}", "error": "lost_response", "times": 1}
        for verb in ("Create", "Delete")
    ]
    with snapshot_scene(assembly, databases=busy, faults=faults) as scene:
        entries = scene.run("night", stages(create(database), delete(), last_always=True))

        statuses, left = scene.statuses(scene.arn("night", database)), scene.own_left()
    assert [reason for _, reason, _ in ends(entries)] == ["TargetReached", "TargetReached"]
    assert entries[0]["elapsed_seconds"] >= 500
    assert statuses.count("creating") == 1
    assert left == []


def test_a_creation_past_its_deadline_is_waited_for_and_deleted(assembly: Path) -> None:
    slow = [one | {"snapshot_s": 5_000} for one in DATABASES]
    with snapshot_scene(assembly, databases=slow) as scene:
        request = stages(create(deadline_seconds=600), delete(), last_always=True)
        entries = scene.run("night", request)
        left = scene.own_left()
    assert ends(entries) == [
        ("create", "DeadlineExceeded", "creating"),
        ("1.0", "TargetReached", "deleted"),
    ]
    assert left == []


def test_failures_are_typed_and_leave_nothing_to_delete(assembly: Path) -> None:
    missing = Database(db_instance="missing")
    quota = {"manual_snapshots": 1}
    with snapshot_scene(assembly, limits=quota) as scene:
        scene.rds().create_db_snapshot(DBSnapshotIdentifier="mine", DBInstanceIdentifier="shop")
        full = scene.run("full", stages(create(), delete(), last_always=True))
        absent = scene.run("absent", stages(create(missing), delete(), last_always=True))
        left, foreign = scene.own_left(), scene.status(MINE)
    assert [reason for _, reason, _ in ends(full)] == ["QuotaExceeded", "AlreadyGone"]
    assert [reason for _, reason, _ in ends(absent)] == ["DatabaseNotFound", "AlreadyGone"]
    assert (left, foreign) == ([], "available")


MINE = "arn:aws:rds:us-east-1:123456789012:snapshot:mine"


@pytest.mark.parametrize("tags", [[], [OWN_TAG | {"Value": "Another"}]], ids=["none", "another"])
def test_a_foreign_snapshot_under_the_same_identifier_is_not_deleted(
    assembly: Path, tags: list[dict[str, str]]
) -> None:
    with snapshot_scene(assembly) as scene:
        arn = scene.arn("night")
        scene.rds().create_db_snapshot(
            DBSnapshotIdentifier=arn.rpartition(":")[2], DBInstanceIdentifier="shop", Tags=tags
        )
        scene.orchestrator.clock.sleep(300)
        request = stages(create(on_abort="delete"), delete(), last_always=True)
        entries = scene.run("night", request)

        status, calls = scene.status(arn), scene.calls()
    assert [reason for _, reason, _ in ends(entries)] == ["IdentifierCollision"] * 2
    assert status == "available"
    assert "DeleteDBSnapshot" not in calls
