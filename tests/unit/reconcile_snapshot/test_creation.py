"""A snapshot is created once, whatever is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.jobs.databases import Database
from lambdas.shared.errors import AccessDeniedException, ThrottlingException
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.ownership import OWNER_TAG
from lambdas.snapshots.work import SnapshotDetails, SnapshotWork
from tests.unit.builders import EXECUTION
from tests.unit.fake_rds_snapshots import OWNER, LostError
from tests.unit.fakes import client_error

INSTANCE, CLUSTER = Database(db_instance="shop"), Database(db_cluster="shop")
CREATE = {INSTANCE: "CreateDBSnapshot", CLUSTER: "CreateDBClusterSnapshot"}
EITHER = pytest.mark.parametrize("database", [INSTANCE, CLUSTER], ids=["instance", "cluster"])


def creation(database: Database = INSTANCE, **fields: Any) -> SnapshotWork:
    return SnapshotWork(
        kind="snapshot",
        key="0.0",
        job_label="create",
        resource_id=database.id,
        target=SnapshotTarget.AVAILABLE,
        details=SnapshotDetails(database=database),
        **fields,
    )


def name_of(work: SnapshotWork) -> str:
    return work.of_execution(EXECUTION).snapshot_id


@EITHER
def test_creates_one_with_the_stacks_tag_and_waits_for_it(run, rds, database):
    entry, phases = run(creation(database))
    assert rds.calls == [(CREATE[database], name_of(creation(database)))]
    (snapshot,) = rds.snapshots.values()
    assert snapshot.tags == {OWNER_TAG: OWNER}
    assert (entry.phase, entry.reason) == ("COMPLETE", "TargetReached")
    assert (entry.initial_state, entry.final_state) == (None, "available")
    assert set(phases[:-1]) == {"IN_PROGRESS"}


@EITHER
def test_the_entry_names_the_snapshot_and_its_database(run, database):
    entry, _ = run(creation(database))
    name = name_of(creation(database))
    kind = "cluster-snapshot" if database.is_cluster else "snapshot"
    assert entry.id == f"arn:aws:rds:us-east-1:123456789012:{kind}:{name}"
    assert entry.details == {
        "database": database.as_payload(),
        "snapshot_id": name,
        "snapshot_arn": entry.id,
        "percent_progress": 100,
        "created_at": "2027-01-15T08:00:00.000Z",
        "engine": "mysql",
        "allocated_gb": 20,
    }


def test_an_event_may_end_the_wait_for_it(run_pass):
    result = run_pass(creation())
    assert result.wake is not None
    assert result.wake.on.endswith(f":snapshot:{name_of(creation())}")


@EITHER
def test_a_lost_response_is_followed_by_no_second_snapshot(run, rds, database):
    rds.faults = {CREATE[database]: [LostError()]}
    entry, _ = run(creation(database))
    assert entry.reason == "TargetReached"
    assert len(rds.calls) == 1


def test_a_pass_that_was_killed_after_its_call_is_run_again(run, run_pass, rds, manual_clock):
    run_pass(creation())  # whose result Step Functions never receives
    manual_clock.advance(60)
    entry, _ = run(creation())
    assert (entry.reason, entry.initial_state) == ("TargetReached", None)
    assert len(rds.calls) == 1


@EITHER
def test_a_snapshot_that_is_not_listed_yet_is_not_created_again(run, rds, database):
    rds.unlisted_for = 90
    rds.faults = {CREATE[database]: [LostError()]}
    entry, _ = run(creation(database))
    assert entry.reason == "TargetReached"
    assert len(rds.snapshots) == 1


@EITHER
def test_a_database_that_is_not_available_is_waited_for(run, run_pass, rds, manual_clock, database):
    kind = "cluster" if database.is_cluster else "db"
    rds.databases[kind, "shop"] = "backing-up"
    result = run_pass(creation(database))
    assert (result.phase, result.wake) == ("QUEUED", None)
    manual_clock.advance(result.wait_seconds)
    rds.databases[kind, "shop"] = "available"
    entry, _ = run(result.work)
    assert entry.reason == "TargetReached"
    assert len(rds.calls) == 2


def test_a_database_that_never_becomes_available_is_waited_for_until_the_deadline(run, rds):
    rds.databases["db", "shop"] = "stopped"
    entry, phases = run(creation(deadline_seconds=7_200))
    assert (entry.phase, entry.reason) == ("FAILED", "DeadlineExceeded")
    assert set(phases[:-1]) == {"QUEUED"}
    assert entry.elapsed_seconds == pytest.approx(7_200, abs=60)


@EITHER
def test_a_database_that_does_not_exist_fails_with_a_hint(run, rds, database):
    rds.databases.clear()
    entry, phases = run(creation(database))
    assert (entry.phase, entry.reason) == ("FAILED", "DatabaseNotFound")
    other = "db_instance" if database.is_cluster else "db_cluster"
    assert f"whether it is a {other}" in entry.message
    assert len(phases) == 1


@EITHER
def test_a_used_up_quota_fails_with_a_hint(run, rds, database):
    rds.quota = 0
    entry, _ = run(creation(database))
    assert (entry.phase, entry.reason) == ("FAILED", "QuotaExceeded")
    assert "delete manual snapshots" in entry.message


def test_an_instance_of_a_cluster_fails_with_a_hint(run, rds):
    rds.faults = {CREATE[INSTANCE]: [client_error("InvalidParameterValue")]}
    entry, _ = run(creation())
    assert entry.reason == "ValidationException"
    assert "name its db_cluster" in entry.message


def test_a_refusal_for_good_fails_at_once(run, rds):
    rds.faults = {CREATE[INSTANCE]: [client_error("AccessDenied", 403)]}
    entry, phases = run(creation())
    assert (entry.reason, len(phases)) == (AccessDeniedException.__name__, 1)


@EITHER
@pytest.mark.parametrize("tags", [{}, {OWNER_TAG: "OtherStack"}], ids=["untagged", "of another"])
def test_a_foreign_snapshot_is_not_adopted(run, rds, database, tags):
    kind = "cluster" if database.is_cluster else "db"
    rds.foreign(kind, name_of(creation(database)), "shop", **tags)
    entry, _ = run(creation(database))
    assert (entry.phase, entry.reason) == ("FAILED", "IdentifierCollision")
    assert rds.calls == []


def test_a_snapshot_of_another_database_is_not_adopted(run, rds):
    rds.foreign("db", name_of(creation()), "other", **{OWNER_TAG: OWNER})
    entry, _ = run(creation())
    assert (entry.phase, entry.reason) == ("FAILED", "IdentifierCollision")
    assert "taken by a snapshot of DB instance other" in entry.message


def test_a_snapshot_that_fails_fails_the_job(run, run_pass, rds, manual_clock):
    result = run_pass(creation())
    (snapshot,) = rds.snapshots.values()
    snapshot.status = "failed"
    entry, _ = run(result.work)
    assert (entry.reason, entry.final_state) == ("SnapshotFailed", "failed")


def test_a_snapshot_that_somebody_deletes_is_not_created_again(run, run_pass, rds, manual_clock):
    result = run_pass(creation())
    rds.snapshots.clear()
    entry, _ = run(result.work)
    assert entry.reason == "SnapshotGone"
    assert len(rds.calls) == 1


def test_a_deadline_leaves_what_is_being_created(run, rds):
    rds.creating = 10_000
    entry, _ = run(creation(deadline_seconds=3_600))
    assert (entry.reason, entry.final_state) == ("DeadlineExceeded", "creating")
    assert len(rds.snapshots) == 1


def test_throttled_creations_are_tried_again_and_not_forever(run, rds):
    rds.faults = {CREATE[INSTANCE]: [client_error("Throttling")] * 9}
    assert run(creation())[0].reason == "TargetReached"
    rds.snapshots.clear()
    rds.faults = {CREATE[INSTANCE]: [client_error("Throttling")] * 10}
    assert run(creation())[0].reason == ThrottlingException.__name__


def test_a_throttled_read_is_left_to_step_functions(run_pass, rds):
    rds.faults = {"DescribeDBSnapshots": [client_error("Throttling")]}
    with pytest.raises(ThrottlingException):
        run_pass(creation())
    assert rds.calls == []


def test_what_must_not_outlive_its_execution_is_noted_before_it_is_created(
    run_pass, rds, table, created
):
    table.will("put_item", client_error("ThrottlingException"))
    result = run_pass(creation(delete_on_abort=True))
    assert rds.calls == []
    run_pass(result.work)
    (note,) = created.of(EXECUTION)
    assert (note.snapshot_id, note.job) == (name_of(creation()), "create")
    assert note.database == INSTANCE
    assert len(rds.calls) == 1


def test_what_may_outlive_its_execution_is_not_noted(run, table):
    run(creation())
    assert table.calls == []
