"""A snapshot is deleted if it is the stack's own, and waited for until it is gone."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.jobs.databases import Database
from lambdas.jobs.resolution import Context
from lambdas.snapshots import clean_up
from lambdas.snapshots.contract import SnapshotJob
from lambdas.snapshots.created import CreatedSnapshot, CreatedSnapshots
from lambdas.snapshots.ownership import OWNER_TAG
from lambdas.snapshots.resolve import resolve
from lambdas.snapshots.work import SnapshotWork, deletion
from tests.unit.builders import EXECUTION, NOW
from tests.unit.fake_rds_snapshots import OWNER, FakeSnapshot, LostError
from tests.unit.fakes import client_error
from tests.unit.reconcile_snapshot.test_creation import CLUSTER, EITHER, INSTANCE, creation, name_of

DELETE = {INSTANCE: "DeleteDBSnapshot", CLUSTER: "DeleteDBClusterSnapshot"}


def deleting(database: Database = INSTANCE, **fields: Any) -> SnapshotWork:
    work = deletion(EXECUTION, "delete", name_of(creation(database)), database)
    return work.model_copy(update={"may_appear": False} | fields)


@pytest.fixture
def own(rds):
    """Add the snapshot that an earlier job has created."""

    def own(database: Database = INSTANCE, **tags: str) -> FakeSnapshot:
        kind = "cluster" if database.is_cluster else "db"
        tags = tags or {OWNER_TAG: OWNER}
        added: FakeSnapshot = rds.foreign(kind, name_of(creation(database)), "shop", **tags)
        return added

    return own


@EITHER
def test_deletes_and_waits_until_it_is_gone(run, rds, own, database):
    own(database)
    entry, phases = run(deleting(database))
    assert rds.calls == [(DELETE[database], name_of(creation(database)))]
    assert (entry.phase, entry.reason) == ("COMPLETE", "TargetReached")
    assert (entry.initial_state, entry.final_state) == ("available", "deleted")
    assert set(phases[:-1]) == {"DELETING"}


def test_only_the_deletion_of_an_instances_snapshot_has_an_event(run_pass, own, manual_clock):
    woken = {}
    for database in (INSTANCE, CLUSTER):
        own(database)
        first = run_pass(deleting(database))
        manual_clock.advance(first.wait_seconds)
        second = run_pass(first.work)
        woken[database] = second.wake is not None
        assert second.work.progress.state == "deleting"
    assert woken == {INSTANCE: True, CLUSTER: False}


@EITHER
def test_what_is_gone_is_already_gone(run, rds, database):
    entry, phases = run(deleting(database))
    assert (entry.phase, entry.reason) == ("COMPLETE", "AlreadyGone")
    assert (entry.initial_state, entry.final_state, len(phases)) == (None, None, 1)


@EITHER
def test_what_is_being_created_is_deleted_when_it_is_available(run, run_pass, rds, database):
    run_pass(creation(database))
    entry, _ = run(deleting(database))
    assert (entry.reason, entry.initial_state) == ("TargetReached", "creating")
    assert rds.calls[1:] == [(DELETE[database], name_of(creation(database)))]


@EITHER
def test_a_creation_that_takes_effect_late_is_deleted(run, run_pass, rds, manual_clock, database):
    result = run_pass(deleting(database, may_appear=True))
    manual_clock.advance(60)
    run_pass(creation(database))
    entry, _ = run(result.work)
    assert entry.reason == "TargetReached"


def test_what_may_still_appear_is_waited_for_no_longer_than_a_function_runs(run):
    entry, phases = run(deleting(may_appear=True))
    assert entry.reason == "AlreadyGone"
    assert 90 <= entry.elapsed_seconds <= 120
    assert len(phases) < 20


@EITHER
@pytest.mark.parametrize("tags", [{"any": "tag"}, {OWNER_TAG: "OtherStack"}])
def test_nobody_elses_snapshot_is_deleted(run, rds, own, database, tags):
    own(database, **tags)
    entry, _ = run(deleting(database))
    assert (entry.phase, entry.reason) == ("FAILED", "IdentifierCollision")
    assert rds.calls == []


@EITHER
def test_a_lost_response_is_followed_by_no_error(run, rds, own, database):
    own(database)
    rds.faults = {DELETE[database]: [LostError()]}
    entry, _ = run(deleting(database))
    assert entry.reason == "TargetReached"
    assert len(rds.calls) == 1


@EITHER
def test_one_that_disappears_before_the_call_was_deleted(run, rds, own, database):
    own(database)
    code = "DBClusterSnapshotNotFoundFault" if database.is_cluster else "DBSnapshotNotFound"
    rds.faults = {DELETE[database]: [client_error(code, 404)]}
    rds.deleting = 0.0
    entry, _ = run(deleting(database))
    assert entry.reason == "TargetReached"


@EITHER
def test_a_refused_deletion_is_repeated_and_not_forever(run, rds, own, database):
    own(database)
    code = "InvalidDBClusterSnapshotStateFault" if database.is_cluster else "InvalidDBSnapshotState"
    rds.faults = {DELETE[database]: [client_error(code)] * 3}
    assert run(deleting(database))[0].reason == "TargetReached"
    own(database)
    rds.faults = {DELETE[database]: [client_error(code)] * 20}
    assert run(deleting(database))[0].reason == "NoAnswer"


def test_a_failed_snapshot_is_deleted_too(run, own):
    own().status = "failed"
    assert run(deleting())[0].reason == "TargetReached"


DELETION_JOB = SnapshotJob.model_validate(
    {"kind": "snapshot", "id": "delete", "of": "create", "target": "DELETED"}
)


@EITHER
@pytest.mark.parametrize("complete", [True, False])
def test_a_job_is_resolved_to_the_snapshot_of_the_job_that_it_names(run, rds, database, complete):
    if not complete:
        rds.quota = 0
    created, _ = run(creation(database))
    context = Context(EXECUTION, (created,), NOW, at_most=15)
    resolved = resolve(DELETION_JOB, "2.1", context)
    (work,) = resolved.work
    assert isinstance(work, SnapshotWork)
    assert (work.key, work.job_label, work.resource_id) == ("2.1.0", "delete", created.id)
    assert (work.snapshot_id, work.may_appear) == (name_of(creation(database)), not complete)


def test_the_snapshot_of_a_job_that_never_ran_is_gone(run):
    never = creation().fail_all(reason="StageSkipped", message="any", now=NOW)
    (work,) = resolve(DELETION_JOB, "2.1", Context(EXECUTION, never.entries, NOW, 15)).work
    entry, _ = run(work)
    assert (entry.phase, entry.reason) == ("COMPLETE", "AlreadyGone")


@EITHER
def test_a_clean_up_deletes_what_the_execution_has_noted(
    monkeypatch, run, run_pass, rds, created, database
):
    run_pass(creation(database, delete_on_abort=True))
    monkeypatch.setenv("COORDINATION_TABLE", "any-table")
    monkeypatch.setattr(clean_up, "CreatedSnapshots", lambda _table: created)
    (left,) = clean_up.left_behind(EXECUTION)
    ((snapshot_id, jobs),) = left.jobs_of.items()
    assert jobs == ("create",)
    assert clean_up.left_behind(f"{EXECUTION}-2") == ()
    entry, _ = run(left.work.with_key("0.0"))
    assert (entry.reason, entry.id) == ("TargetReached", snapshot_id)
    assert all(snapshot.deleted is not None for snapshot in rds.snapshots.values())


def test_notes_of_two_executions_are_kept_apart(created: CreatedSnapshots):
    for execution, name in ((EXECUTION, "a"), (f"{EXECUTION}-2", "b")):
        created.record(execution, CreatedSnapshot(name, CLUSTER, "create"))
    assert created.of(EXECUTION) == (CreatedSnapshot("a", CLUSTER, "create"),)
