"""When an export is polled again, and what may wake it before."""

from __future__ import annotations

import pytest

from lambdas.exports.slots import PATIENCE_SECONDS
from lambdas.exports.wakes import EXPORT_SLOT, source_key
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    AccessDeniedException,
    ExportTaskLimitReachedException,
    InvalidExportSourceStateException,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import (
    NOW,
    OTHER_SNAPSHOT,
    SNAPSHOT,
    export_task,
    export_work,
)
from tests.unit.fakes import (
    FakeExports,
    LostResponse,
    aws_error,
)
from tests.unit.reconcile_export.passes import (
    FIRST,
    entry_of,
)


def test_waits_longer_and_for_no_event_when_the_history_is_far_ahead_of_its_age(run_pass):
    running = export_task("IN_PROGRESS", percent=50, started_at=NOW - 60)
    soon = run_pass(export_work(), FakeExports([running]))
    late = run_pass(export_work(), FakeExports([running]), history_events=10_000)
    assert soon.wait_seconds < 60
    assert 100 < late.wait_seconds < late.work.deadline_seconds
    assert late.wake is None


def test_an_export_that_ends_ends_whatever_its_history(run_pass):
    seen = run_pass(export_work(), FakeExports([export_task("COMPLETE")]), history_events=24_000)
    assert seen.phase is Phase.COMPLETE


@pytest.mark.parametrize(
    ("status", "shortest", "longest"),
    [("STARTING", 162, 180), ("IN_PROGRESS", 27, 30), ("CANCELING", 9, 10), ("HIBERNATING", 1, 2)],
)
def test_polls_again_at_the_pace_of_the_status(run_pass, status, shortest, longest):
    seen = run_pass(export_work(), FakeExports([export_task(status)]))
    assert shortest <= seen.wait_seconds <= longest


def test_waits_for_most_of_what_its_progress_says_remains(run_pass):
    running = export_task("IN_PROGRESS", percent=50, started_at=NOW - 1_000)
    assert 810 <= run_pass(export_work(), FakeExports([running])).wait_seconds <= 900


def test_a_wait_for_an_export_ends_with_it(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    assert seen.wake.on == source_key(SNAPSHOT)
    assert seen.wake.expires_at > NOW + seen.wait_seconds


@pytest.mark.parametrize(
    ("error", "on"),
    [
        (ExportTaskLimitReachedException, EXPORT_SLOT),
        (InvalidExportSourceStateException, source_key(SNAPSHOT)),
    ],
)
def test_a_wait_for_room_ends_where_room_is_made(run_pass, manual_clock, error, on):
    rds = FakeExports()
    rds.will("start", aws_error(error), aws_error(error))
    first = run_pass(export_work(), rds)
    manual_clock.advance(first.wait_seconds)
    second = run_pass(first.work, rds)
    assert [seen.wake.on for seen in (first, second)] == [on, on]
    assert first.wake.order == second.wake.order


def test_who_queued_for_a_slot_and_may_have_it_waits_for_its_own_export(run_pass, manual_clock):
    rds = FakeExports()
    rds.will("start", aws_error(ExportTaskLimitReachedException), LostResponse())
    seen = run_pass(export_work(), rds)
    manual_clock.advance(1)
    assert run_pass(seen.work, rds).wake.on == source_key(SNAPSHOT)


def test_a_wait_behind_another_export_of_the_source_ends_with_that_one(run_pass):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs", bucket="elsewhere")])
    assert run_pass(export_work(), rds).wake.on == source_key(SNAPSHOT)


def test_a_pass_after_which_there_is_none_has_nothing_to_be_woken_by(run_pass):
    assert run_pass(export_work(), FakeExports([export_task("COMPLETE")])).wake is None


def full() -> FakeExports:
    """Return an account whose five slots are taken."""
    rds = FakeExports(
        [
            export_task(
                "IN_PROGRESS", task_id=f"theirs-{number}", source_arn=f"{OTHER_SNAPSHOT}-{number}"
            )
            for number in range(5)
        ]
    )
    rds.will("start", aws_error(ExportTaskLimitReachedException))
    return rds


def test_who_is_queued_for_a_slot_polls_with_one_call_and_asks_for_nothing(run_pass, manual_clock):
    rds = full()
    seen = run_pass(export_work(), rds)
    rds.calls.clear()
    for polls in range(1, 9):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
        assert (seen.phase, seen.wake.on) == (Phase.QUEUED, EXPORT_SLOT)
        assert rds.calls == [("running", "")] * polls
    assert seen.work.polling.polls == 9


def test_a_waiter_that_is_woken_for_a_slot_asks_at_once(run_pass, manual_clock):
    rds = full()
    seen = run_pass(export_work(), rds)
    manual_clock.advance(seen.wait_seconds - 5)
    rds.end("theirs-0", "COMPLETE")
    assert run_pass(seen.work, rds).work.progress.task_id == FIRST
    assert rds.asked("start") == [FIRST, FIRST]


def test_a_slot_without_an_event_is_requested_by_the_second_poll_that_sees_it(
    run_pass, manual_clock
):
    rds = full()
    seen = run_pass(export_work(), rds)
    for _ in range(9):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    rds.end("theirs-0", "COMPLETE")
    manual_clock.advance(seen.wait_seconds)
    seen = run_pass(seen.work, rds)
    assert (seen.phase, rds.asked("start")) == (Phase.QUEUED, [FIRST])
    assert 27 <= seen.wait_seconds <= 30
    manual_clock.advance(seen.wait_seconds)
    assert run_pass(seen.work, rds).work.progress.task_id == FIRST


def test_who_is_queued_for_a_slot_adopts_what_somebody_else_starts(run_pass, manual_clock):
    rds = full()
    seen = run_pass(export_work(), rds)
    rds.end("theirs-0", "COMPLETE")
    rds.tasks["same"] = export_task("STARTING", task_id="same")
    manual_clock.advance(seen.wait_seconds)
    seen = run_pass(seen.work, rds)
    assert (seen.phase, seen.work.progress.task_id) == (Phase.IN_PROGRESS, "same")
    assert rds.asked("start") == [FIRST]


def test_who_is_queued_for_a_slot_fails_at_the_deadline(run_pass, manual_clock):
    rds = full()
    seen = run_pass(export_work(deadline_seconds=600), rds)
    while seen.phase is Phase.QUEUED:
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    assert entry_of(seen).reason == Reason.DEADLINE_EXCEEDED
    assert 0 <= manual_clock.time - NOW - 600 <= 1


def test_who_is_queued_for_a_slot_asks_for_it_though_the_count_never_falls(run_pass, manual_clock):
    rds = full()
    seen = run_pass(export_work(), rds)
    while seen.phase is Phase.QUEUED:
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    assert seen.work.progress.task_id == FIRST
    assert PATIENCE_SECONDS <= manual_clock.time - NOW <= PATIENCE_SECONDS + 120


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_poll_of_the_queue_that_rds_does_not_answer_is_raised(run_pass, manual_clock, error):
    rds = full()
    seen = run_pass(export_work(), rds)
    manual_clock.advance(seen.wait_seconds)
    rds.will("running", aws_error(error))
    with pytest.raises(error):
        run_pass(seen.work, rds)


@pytest.mark.parametrize("error", [ThrottlingException, AccessDeniedException])
def test_exports_that_cannot_be_counted_after_a_refusal_are_no_error(run_pass, error):
    rds = full()
    rds.will("running", aws_error(error))
    assert run_pass(export_work(), rds).phase is Phase.QUEUED
