"""How an export is begun, and what happens where it cannot be."""

from __future__ import annotations

import random

import pytest

from lambdas.exports.decisions import (
    MAX_REFUSALS,
    MAX_THROTTLES,
)
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    AccessDeniedException,
    ExportTaskLimitReachedException,
    InvalidExportSourceStateException,
    InvalidExportTaskStateException,
    ServiceUnavailableException,
    ThrottlingException,
    ValidationException,
)
from tests.unit.builders import (
    NOW,
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
    CANCELED,
    FIRST,
    PERMANENT,
    entry_of,
)


def test_starts_an_export_and_waits(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    assert rds.calls == [("of_source", SNAPSHOT), ("start", FIRST)]
    assert seen.phase is Phase.IN_PROGRESS
    assert 162 <= seen.wait_seconds <= 180


def test_follows_its_export_to_the_end(run_pass, manual_clock):
    rds = FakeExports()
    seen = run_pass(export_work(export_only=("shop.orders",)), rds)
    (task_id,) = rds.tasks
    manual_clock.advance(seen.wait_seconds)
    rds.change(task_id, "IN_PROGRESS", percent=50, started_at=NOW)
    seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    rds.end(task_id, "COMPLETE", percent=100, extracted_gb=40)
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert (entry.id, entry.target, entry.polls) == (SNAPSHOT, "COMPLETE", 3)
    assert (entry.initial_state, entry.final_state) == (None, "COMPLETE")
    assert entry.details == {
        "export_task_identifier": task_id,
        "adopted": False,
        "s3_location": f"s3://stack-bucket/exports/{task_id}/",
        "tables": ("shop.orders",),
        "percent_progress": 100,
        "total_extracted_gb": 40,
        "failure_cause": None,
        "files_found": False,
        "files_status": None,
        "table_results": (),
        "tables_counted": 0,
        "tables_not_complete": 0,
    }
    assert rds.asked("start") == [task_id]


def test_its_own_export_is_nothing_that_was_there_before(run_pass):
    rds = FakeExports()
    assert run_pass(export_work(), rds).work.progress.initial_state is None


@pytest.mark.parametrize(
    "error", [ExportTaskLimitReachedException, InvalidExportSourceStateException]
)
def test_queues_where_there_is_no_room(run_pass, manual_clock, error):
    rds = FakeExports()
    rds.will("start", aws_error(error), aws_error(error))
    seen = run_pass(export_work(), rds)
    assert seen.phase is Phase.QUEUED
    assert 27 <= seen.wait_seconds <= 30
    for asked in (2, 3):
        while len(rds.asked("start")) < asked:
            assert seen.phase is Phase.QUEUED
            assert seen.work.progress.queued_since == NOW
            manual_clock.advance(seen.wait_seconds)
            seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST] * 3


def test_no_room_for_long_is_no_refusal(run_to_end):
    rds = FakeExports()
    full = [aws_error(ExportTaskLimitReachedException) for _ in range(3 * MAX_REFUSALS)]
    rds.will("start", *full, lambda: rds.will("of_source", lambda: rds.end(FIRST, "COMPLETE")))
    assert run_to_end(export_work(), rds).phase is Phase.COMPLETE


def test_queues_behind_another_export_of_the_source(run_pass):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs", bucket="elsewhere")])
    seen = run_pass(export_work(), rds)
    assert seen.phase is Phase.QUEUED
    assert not rds.asked("start")
    rds.end("theirs", "COMPLETE")
    assert run_pass(seen.work, rds).phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("error", [LostResponse(), aws_error(ServiceUnavailableException)])
def test_polls_before_it_starts_again_after_no_answer(run_pass, manual_clock, error):
    rds = FakeExports()
    rds.will("start", error)
    seen = run_pass(export_work(), rds)
    assert seen.phase is Phase.IN_PROGRESS
    manual_clock.advance(seen.wait_seconds)
    seen = run_pass(seen.work, rds)
    assert len(rds.tasks) == 1
    rds.end(FIRST, "COMPLETE")
    entry = entry_of(run_pass(seen.work, rds))
    assert entry.reason == Reason.TARGET_REACHED
    assert entry.details["adopted"] is False


def test_its_own_export_that_rds_does_not_list_yet_is_found_by_its_identifier(run_to_end):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)

    def list_it() -> None:
        rds.hidden.clear()
        rds.end(FIRST, "COMPLETE")

    rds.will("find", list_it)
    assert run_to_end(export_work(), rds).phase is Phase.COMPLETE
    assert len(rds.tasks) == 1


def test_its_own_export_that_rds_does_not_show_yet_is_not_started_twice(run_pass, manual_clock):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)
    rds.unfindable.add(FIRST)
    seen = run_pass(export_work(), rds)
    for _ in range(2):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    assert set(rds.tasks) == {FIRST}


def test_fails_when_no_start_is_ever_answered(run_to_end):
    rds = FakeExports()
    rds.will("start", *[aws_error(ServiceUnavailableException) for _ in range(50)])
    entry = run_to_end(export_work(), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.NO_ANSWER)
    assert len(rds.asked("start")) <= MAX_REFUSALS + 1


def test_an_export_that_shows_up_after_many_lost_answers_is_watched(run_pass, manual_clock):
    rds = FakeExports()
    unanswered = [aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS)]
    rds.will("start", *unanswered, LostResponse())
    seen = run_pass(export_work(), rds)
    for _ in range(MAX_REFUSALS + 1):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.progress.task_id == FIRST


def test_outlives_a_minute_in_which_rds_answers_no_start(run_pass, manual_clock):
    rds = FakeExports()
    work = export_work()
    while manual_clock.time < NOW + 60:
        rds.will("start", aws_error(ServiceUnavailableException))
        seen = run_pass(work, rds)
        assert seen.phase in {Phase.IN_PROGRESS, Phase.QUEUED}
        work = seen.work
        manual_clock.advance(seen.wait_seconds)
    assert run_pass(work, rds).work.progress.task_id == FIRST


def test_a_throttled_start_is_made_again(run_pass, manual_clock, monkeypatch):
    monkeypatch.setattr(random, "random", lambda: 1.0)
    rds = FakeExports()
    rds.will("start", *[aws_error(ThrottlingException)] * (MAX_THROTTLES - 1))
    seen = run_pass(export_work(), rds)
    waits = []
    while seen.work.progress.throttles:
        waits.append(seen.wait_seconds)
        assert seen.phase is Phase.IN_PROGRESS
        assert seen.work.progress.requested_task_id is None
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    assert list(rds.tasks) == [FIRST]
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_throttles_of_starts_are_counted_in_a_row(run_pass, manual_clock):
    rds = FakeExports()
    work = export_work()
    for _ in range(3):
        throttled = [aws_error(ThrottlingException)] * (MAX_THROTTLES - 1)
        rds.will("start", *throttled, aws_error(InvalidExportSourceStateException))
        for _ in range(MAX_THROTTLES):
            seen = run_pass(work, rds)
            work = seen.work
            manual_clock.advance(seen.wait_seconds)
    assert run_pass(work, rds).work.progress.task_id == FIRST


def test_a_start_that_is_throttled_time_and_again_ends_the_export(run_to_end):
    rds = FakeExports()
    rds.will("start", *[aws_error(ThrottlingException)] * 50)
    entry = run_to_end(export_work(), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, "ThrottlingException")
    assert "any message" in entry.message
    assert entry.elapsed_seconds > 0
    assert len(rds.asked("start")) == entry.polls == MAX_THROTTLES


def test_a_throttled_start_keeps_its_place_in_the_queue(run_pass, manual_clock):
    rds = FakeExports()
    full, throttled = aws_error(ExportTaskLimitReachedException), aws_error(ThrottlingException)
    rds.will("start", full, throttled)
    first = run_pass(export_work(), rds)
    manual_clock.advance(1)
    second = run_pass(first.work, rds)
    assert (second.phase, second.work.progress.throttles) == (Phase.QUEUED, 1)
    assert second.wake.order == first.wake.order
    manual_clock.advance(second.wait_seconds)
    assert run_pass(second.work, rds).work.progress.task_id == FIRST


@pytest.mark.parametrize("operation", ["of_source", "find"])
@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_what_was_seen_is_reported_although_a_second_pass_was_not_answered(
    run_pass, operation, error
):
    rds = FakeExports([export_task("COMPLETE", task_id=FIRST)])
    rds.hidden.add(FIRST)
    if operation == "of_source":
        rds = FakeExports([export_task("IN_PROGRESS")])
        rds.will("cancel", aws_error(InvalidExportTaskStateException))
        rds.will("of_source", None, aws_error(error))
        seen = run_pass(export_work(CANCELED), rds)
        assert seen.work.progress.state == "IN_PROGRESS"
    else:
        rds.will("find", aws_error(error))
        seen = run_pass(export_work(), rds)
    assert (seen.phase, seen.work.polling.polls) == (Phase.IN_PROGRESS, 1)


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_pass_that_rds_does_not_answer_is_raised(run_pass, error):
    rds = FakeExports()
    rds.will("of_source", aws_error(error))
    with pytest.raises(error):
        run_pass(export_work(), rds)


@pytest.mark.parametrize("error", PERMANENT)
def test_a_permanent_refusal_ends_the_export_at_once(run_pass, error):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    entry = entry_of(run_pass(export_work(), rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, error.__name__)
    assert "any message" in entry.message
    assert entry.final_state is None


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_pass_that_can_never_succeed_ends_the_export(run_pass, error):
    rds = FakeExports()
    rds.will("of_source", aws_error(error))
    assert entry_of(run_pass(export_work(), rds)).reason == error.__name__


def test_an_answer_that_there_is_no_room_ends_a_row_of_lost_ones(run_pass, manual_clock):
    rds = FakeExports()
    work = export_work()
    for _ in range(3):
        unanswered = [aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS - 1)]
        rds.will("start", *unanswered, aws_error(ExportTaskLimitReachedException))
        while rds.answers["start"]:
            seen = run_pass(work, rds)
            assert seen.phase in {Phase.IN_PROGRESS, Phase.QUEUED}
            work = seen.work
            manual_clock.advance(seen.wait_seconds)
    work = run_pass(work, rds).work
    manual_clock.advance(30)
    assert run_pass(work, rds).work.progress.task_id == FIRST
