"""Exports whose source is the newest snapshot of a database."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.identifier import identifier
from lambdas.exports.reconcile_export import MAX_PASSED_OVER
from lambdas.exports.wakes import CLUSTER_SNAPSHOT, INSTANCE_SNAPSHOT
from lambdas.exports.work import ExportWork
from lambdas.jobs.phases import Phase
from lambdas.shared.errors import (
    AccessDeniedException,
    ExportTaskLimitReachedException,
    InvalidExportSourceStateException,
    ResourceNotFoundException,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import DESTINATION, NOW, export_task, export_work
from tests.unit.fake_snapshots import snapshot
from tests.unit.fakes import FakeExports, LostResponse, aws_error
from tests.unit.reconcile_export.passes import COMPLETE, entry_of

HOUR = 3_600
NEW, OLD = snapshot("rds:shop-2", age=HOUR), snapshot("rds:shop-1", age=25 * HOUR)


def work_of(**source: Any) -> ExportWork:
    return export_work(COMPLETE, source_arn=None, source={"db_instance": "shop"} | source)


def task_of(arn: str) -> str:
    return identifier(arn, (), DESTINATION.prefix, 1)


def chosen(run_pass: Any, rds: FakeExports, **source: Any) -> ExportWork:
    work: ExportWork = run_pass(work_of(**source), rds).work
    assert work.job.source_arn is not None
    return work


def test_a_choice_is_kept_before_anything_is_started(run_pass, snapshots):
    snapshots.snapshots = [OLD, NEW]
    rds = FakeExports()
    seen = run_pass(work_of(), rds)
    assert (seen.work.job.source_arn, rds.calls) == (NEW.arn, [])
    assert (seen.wait_seconds, seen.wake) == (1, None)


def test_a_choice_is_not_made_again_when_a_newer_snapshot_appears(run_pass, run_to_end, snapshots):
    snapshots.snapshots = [OLD]
    rds = FakeExports()
    work = chosen(run_pass, rds)
    snapshots.snapshots = [OLD, NEW]
    work = run_pass(work, rds).work
    rds.end(task_of(OLD.arn), "COMPLETE")
    entry = run_to_end(work, rds)
    assert (entry.id, entry.reason) == (OLD.arn, "TargetReached")
    assert rds.asked("start") == [task_of(OLD.arn)]
    assert len(snapshots.queries) == 1


def test_the_result_has_the_snapshot_the_request_and_the_time(run_to_end, snapshots):
    snapshots.snapshots = [NEW]
    rds = FakeExports([export_task("COMPLETE", task_id="any", source_arn=NEW.arn, ended_at=NOW)])
    entry = run_to_end(work_of(max_age_seconds=2 * HOUR), rds)
    assert entry.id == NEW.arn
    assert entry.details["source"] == {"db_instance": "shop", "max_age_seconds": 2 * HOUR}
    assert entry.details["snapshot_created_at"] == "2027-01-15T07:00:00.000Z"


def test_an_export_that_was_there_before_is_found(run_to_end, snapshots):
    snapshots.snapshots = [NEW]
    rds = FakeExports([export_task("COMPLETE", task_id="any", source_arn=NEW.arn, ended_at=NOW)])
    entry = run_to_end(work_of(), rds)
    assert (entry.reason, entry.initial_state, entry.polls) == ("AlreadyThere", "COMPLETE", 2)
    assert rds.asked("start") == []


@pytest.mark.parametrize(
    ("database", "key"),
    [({"db_instance": "shop"}, INSTANCE_SNAPSHOT), ({"db_cluster": "shop"}, CLUSTER_SNAPSHOT)],
)
def test_waits_for_a_snapshot_until_one_is_young_enough(
    run_pass, run_to_end, snapshots, manual_clock, database, key
):
    snapshots.snapshots = [OLD]
    rds = FakeExports()
    source = database | {"max_age_seconds": 2 * HOUR}
    seen = run_pass(export_work(source_arn=None, source=source), rds)
    assert (seen.phase, seen.wake.on) == (Phase.PENDING, key)
    assert 54 <= seen.wait_seconds <= 60
    manual_clock.advance(6 * HOUR)
    snapshots.snapshots = [OLD, snapshot("rds:shop-3", age=-5 * HOUR)]
    work = run_pass(seen.work, rds).work
    assert work.job.source_arn == snapshot("rds:shop-3").arn


def test_polls_become_rarer_and_never_later_than_the_deadline(run_pass, snapshots, manual_clock):
    snapshots.snapshots = [OLD]
    work = export_work(
        source_arn=None,
        source={"db_instance": "shop", "max_age_seconds": 60},
        deadline_seconds=2 * HOUR,
    )
    waits = []
    while (seen := run_pass(work, FakeExports())).work is not None:
        waits.append(seen.wait_seconds)
        work = seen.work
        manual_clock.advance(seen.wait_seconds)
    assert sum(waits) == 2 * HOUR
    assert max(waits) <= 600
    assert len(waits) <= 25
    entry = entry_of(seen)
    assert (entry.phase, entry.reason, entry.id) == (Phase.FAILED, "NoSnapshot", "shop")
    assert "max_age_seconds is 60" in entry.message
    assert entry.polls == len(waits) + 1
    assert entry.details == {
        "source": {"db_instance": "shop", "max_age_seconds": 60},
        "snapshot_created_at": None,
    }


def test_without_an_age_there_is_no_wait(run_pass):
    entry = entry_of(run_pass(work_of(), FakeExports()))
    assert (entry.phase, entry.reason, entry.polls) == (Phase.FAILED, "NoSnapshot", 1)


def test_a_snapshot_of_another_database_completes_without_an_export(run_pass, snapshots):
    snapshots.snapshots = [OLD]
    rds = FakeExports()
    entry = entry_of(run_pass(work_of(snapshot_arn=NEW.arn), rds))
    assert (entry.phase, entry.reason, entry.id) == (Phase.COMPLETE, "OtherDatabase", "shop")
    assert rds.calls == []


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_listing_without_an_answer_is_retried_by_step_functions(run_pass, snapshots, error):
    snapshots.answers = [aws_error(error)]
    with pytest.raises(error):
        run_pass(work_of(), FakeExports())


def test_a_listing_that_is_denied_fails_by_that_name(run_pass, snapshots):
    snapshots.answers = [aws_error(AccessDeniedException)]
    assert entry_of(run_pass(work_of(), FakeExports())).reason == "AccessDeniedException"


@pytest.mark.parametrize("error", [ResourceNotFoundException, InvalidExportSourceStateException])
def test_a_snapshot_that_disappears_before_its_export_is_replaced(
    run_pass, run_to_end, snapshots, table, error
):
    snapshots.snapshots = [OLD, NEW]
    rds = FakeExports()
    rds.will("start", aws_error(error))
    work = chosen(run_pass, rds)
    snapshots.snapshots = [OLD]
    seen = run_pass(work, rds)
    assert (seen.phase, seen.work.job.source_arn) == (Phase.PENDING, None)
    assert seen.wait_seconds <= 10
    assert [key for key in table.items if key[0].startswith("started#")] == []
    work = run_pass(seen.work, rds).work
    assert work.job.source_arn == OLD.arn
    work = run_pass(work, rds).work
    assert rds.asked("start") == [task_of(NEW.arn), task_of(OLD.arn)]


def test_a_deleted_snapshot_that_is_still_listed_is_not_chosen_again(run_pass, snapshots):
    snapshots.snapshots = [OLD, NEW]
    rds = FakeExports()
    rds.will("start", aws_error(ResourceNotFoundException))
    seen = run_pass(chosen(run_pass, rds), rds)
    assert run_pass(seen.work, rds).work.job.source_arn == OLD.arn


def test_snapshots_do_not_disappear_for_ever(run_to_end, snapshots):
    snapshots.snapshots = [snapshot(f"s{number}", age=number) for number in range(9)]
    rds = FakeExports()
    rds.will("start", *[aws_error(ResourceNotFoundException)] * 9)
    entry = run_to_end(work_of(), rds)
    assert (entry.phase, entry.reason, entry.id) == (Phase.FAILED, "NoSnapshot", "shop")
    assert len(rds.asked("start")) == MAX_PASSED_OVER + 1


def test_a_busy_snapshot_that_is_still_available_is_queued_for(run_pass, snapshots):
    """Its export of other tables may run."""
    snapshots.snapshots = [OLD]
    rds = FakeExports()
    rds.will("start", aws_error(InvalidExportSourceStateException))
    work = chosen(run_pass, rds)
    snapshots.snapshots = [OLD, NEW]
    seen = run_pass(work, rds)
    assert (seen.phase, seen.work.job.source_arn) == (Phase.QUEUED, OLD.arn)


def test_a_snapshot_whose_export_may_have_started_is_not_replaced(run_pass, snapshots):
    snapshots.snapshots = [OLD]
    rds = FakeExports()
    rds.hidden = {task_of(OLD.arn)}
    rds.will("start", LostResponse(), aws_error(ResourceNotFoundException))
    work = chosen(run_pass, rds)
    for _ in range(2):
        work = run_pass(work, rds).work
    assert work.job.source_arn == OLD.arn
    assert work.progress.requested_task_id == task_of(OLD.arn)


def test_a_wait_for_a_slot_keeps_the_snapshot(run_pass, snapshots):
    snapshots.snapshots = [OLD]
    rds = FakeExports()
    rds.will("start", aws_error(ExportTaskLimitReachedException))
    seen = run_pass(chosen(run_pass, rds), rds)
    assert (seen.phase, seen.work.job.source_arn) == (Phase.QUEUED, OLD.arn)
    snapshots.snapshots = [OLD, NEW]
    assert run_pass(seen.work, rds).work.job.source_arn == OLD.arn


def test_a_job_of_an_earlier_one_is_about_that_snapshot_only(run_pass, snapshots):
    snapshots.snapshots = [OLD]
    rds = FakeExports()
    rds.will("start", aws_error(ResourceNotFoundException))
    work = export_work(COMPLETE, source_arn=NEW.arn, source={"of": "snap"})
    entry = entry_of(run_pass(work, rds))
    assert (entry.reason, entry.id) == ("ResourceNotFoundException", NEW.arn)
    assert entry.details["source"] == {"of": "snap"}
    assert snapshots.queries == []


def test_a_dry_run_chooses_a_snapshot_and_starts_nothing(run_pass, snapshots):
    snapshots.snapshots = [OLD, NEW]
    rds = FakeExports()
    (entry,) = run_pass(run_pass(work_of().as_dry_run(()), rds).work, rds).entries
    assert (entry.phase, entry.id, entry.would) == (Phase.PLANNED, NEW.arn, ("StartExportTask",))
    assert entry.details["source"] == {"db_instance": "shop"}
    assert rds.asked("start") == []
    (again,) = run_pass(run_pass(work_of().as_dry_run((entry,)), rds).work, rds).entries
    assert (again.id, again.would, again.reason) == (NEW.arn, (), "AlreadyThere")


def test_a_dry_run_waits_for_no_snapshot(run_pass, snapshots):
    snapshots.snapshots = [OLD]
    (entry,) = run_pass(work_of(max_age_seconds=60).as_dry_run(()), FakeExports()).entries
    assert (entry.phase, entry.id, entry.would) == (Phase.PLANNED, "shop", ("StartExportTask",))
    seen = run_pass(work_of(type="manual").as_dry_run(()), FakeExports())
    (entry,) = seen.entries
    assert (entry.phase, entry.reason, entry.would) == (Phase.PLANNED, "NoSnapshot", ())
    assert seen.phase is Phase.FAILED
