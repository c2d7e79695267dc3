"""Which exports of others count as what was asked for, and which do not."""

from __future__ import annotations

import pytest

from lambdas.exports.identifier import identifier
from lambdas.jobs.phases import Phase, Reason
from tests.unit.builders import (
    CLUSTER,
    DESTINATION,
    NOW,
    OTHER_SNAPSHOT,
    SNAPSHOT,
    export_task,
    export_work,
)
from tests.unit.fakes import (
    FakeExports,
)
from tests.unit.reconcile_export.passes import (
    FIRST,
    SECOND,
    THIRD,
    entry_of,
)


def test_adopts_an_export_that_runs_already(run_to_end, run_pass):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs")])
    seen = run_pass(export_work(), rds)
    rds.end("theirs", "COMPLETE")
    entry = run_to_end(seen.work, rds)
    assert not rds.asked("start")
    assert (entry.initial_state, entry.reason) == ("IN_PROGRESS", Reason.TARGET_REACHED)
    assert entry.details["adopted"] is True


def test_a_snapshot_that_is_exported_already_is_not_exported_again(run_pass):
    rds = FakeExports([export_task("COMPLETE", task_id="theirs", ended_at=NOW - 90_000)])
    entry = entry_of(run_pass(export_work(), rds))
    assert (entry.phase, entry.reason, entry.polls) == (Phase.COMPLETE, Reason.ALREADY_THERE, 1)
    assert entry.details["export_task_identifier"] == "theirs"
    assert not rds.asked("start")


def test_a_target_that_somebody_else_reached_while_it_was_waited_for_was_not_already_there(
    run_pass,
):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="other", export_only=("shop.orders",))])
    seen = run_pass(export_work(), rds)
    for _ in range(8):
        seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.QUEUED
    rds.end("other", "COMPLETE")
    rds.tasks["theirs"] = export_task("COMPLETE", task_id="theirs", ended_at=NOW)
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.reason, entry.polls) == (Phase.COMPLETE, Reason.TARGET_REACHED, 10)
    assert entry.details["adopted"] is True


def test_a_cluster_that_was_exported_before_is_exported_again(run_pass):
    first = identifier(CLUSTER, (), DESTINATION.prefix, 1)
    rds = FakeExports(
        [export_task("COMPLETE", task_id=first, source_arn=CLUSTER, started_at=NOW - 90_000)]
    )
    seen = run_pass(export_work(source_arn=CLUSTER), rds)
    assert rds.asked("start") == [identifier(CLUSTER, (), DESTINATION.prefix, 2)]
    assert seen.phase is Phase.IN_PROGRESS


def test_two_requests_for_one_source_share_one_export(run_to_end):
    rds = FakeExports()
    rds.will("start", lambda: rds.tasks.update({FIRST: export_task("STARTING", task_id=FIRST)}))
    rds.will("of_source", None, lambda: rds.end(FIRST, "COMPLETE"))
    entry = run_to_end(export_work(), rds)
    assert entry.phase is Phase.COMPLETE
    assert rds.asked("start") == [FIRST]
    assert len(rds.tasks) == 1


def test_an_identifier_that_is_taken_by_its_own_kind_is_adopted(run_pass):
    rds = FakeExports([export_task("IN_PROGRESS", task_id=FIRST)])
    rds.hidden.add(FIRST)
    seen = run_pass(export_work(), rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.progress.task_id == FIRST
    assert rds.calls == [("of_source", SNAPSHOT), ("start", FIRST), ("find", FIRST)]


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_an_identifier_that_came_to_nothing_is_skipped_in_the_same_pass(run_pass, status):
    rds = FakeExports([export_task(status, task_id=FIRST)])
    rds.hidden.add(FIRST)
    seen = run_pass(export_work(), rds)
    assert rds.asked("start") == [FIRST, SECOND]
    assert seen.work.progress.task_id == SECOND


def test_an_identifier_that_rds_does_not_show_any_more_is_skipped(run_pass, manual_clock):
    rds = FakeExports([export_task("COMPLETE", task_id=name) for name in (FIRST, SECOND)])
    rds.hidden |= {FIRST, SECOND}
    rds.unfindable |= {FIRST, SECOND}
    seen = run_pass(export_work(), rds)
    while seen.work.progress.task_id is None:
        assert seen.wait_seconds >= 1
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    assert rds.asked("start") == [FIRST, SECOND, THIRD]


def test_an_identifier_that_is_taken_by_another_source_is_a_collision(run_pass):
    rds = FakeExports([export_task("COMPLETE", task_id=FIRST, source_arn=OTHER_SNAPSHOT)])
    entry = entry_of(run_pass(export_work(), rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.IDENTIFIER_COLLISION)
    assert OTHER_SNAPSHOT in entry.message


def test_an_identifier_that_is_taken_for_another_bucket_is_skipped(run_pass):
    rds = FakeExports([export_task("COMPLETE", task_id=FIRST, bucket="elsewhere")])
    seen = run_pass(export_work(), rds)
    assert seen.work.progress.task_id == SECOND
