"""How an export is begun, and what happens where it can not be."""

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
from tests.unit.export_looks import (
    CANCELED,
    FIRST,
    PERMANENT,
    entry_of,
)
from tests.unit.fakes import (
    FakeExports,
    LostResponse,
    aws_error,
)


def test_starts_an_export_and_waits(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    assert rds.calls == [("of_source", SNAPSHOT), ("start", FIRST)]
    assert seen.phase is Phase.IN_PROGRESS
    assert 162 <= seen.wait_seconds <= 180


def test_follows_its_export_to_the_end(look, hand_clock):
    rds = FakeExports()
    seen = look(export_work(export_only=("shop.orders",)), rds)
    (task_id,) = rds.tasks
    hand_clock.move(seen.wait_seconds)
    rds.move(task_id, "IN_PROGRESS", percent=50, started_at=NOW)
    seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    rds.end(task_id, "COMPLETE", percent=100, extracted_gb=40)
    entry = entry_of(look(seen.work, rds))
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


def test_its_own_export_is_nothing_that_was_there_before(look):
    rds = FakeExports()
    assert look(export_work(), rds).work.progress.initial_state is None


@pytest.mark.parametrize(
    "error", [ExportTaskLimitReachedException, InvalidExportSourceStateException]
)
def test_queues_where_there_is_no_room(look, hand_clock, error):
    rds = FakeExports()
    rds.will("start", aws_error(error), aws_error(error))
    seen = look(export_work(), rds)
    assert seen.phase is Phase.QUEUED
    assert 27 <= seen.wait_seconds <= 30
    for asked in (2, 3):
        while len(rds.asked("start")) < asked:
            assert seen.phase is Phase.QUEUED
            assert seen.work.progress.queued_since == NOW
            hand_clock.move(seen.wait_seconds)
            seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST] * 3


def test_no_room_for_long_is_no_refusal(settle):
    rds = FakeExports()
    full = [aws_error(ExportTaskLimitReachedException) for _ in range(3 * MAX_REFUSALS)]
    rds.will("start", *full, lambda: rds.will("of_source", lambda: rds.end(FIRST, "COMPLETE")))
    assert settle(export_work(), rds).phase is Phase.COMPLETE


def test_queues_behind_another_export_of_the_source(look):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs", bucket="elsewhere")])
    seen = look(export_work(), rds)
    assert seen.phase is Phase.QUEUED
    assert not rds.asked("start")
    rds.end("theirs", "COMPLETE")
    assert look(seen.work, rds).phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("error", [LostResponse(), aws_error(ServiceUnavailableException)])
def test_looks_before_it_starts_again_after_no_answer(look, hand_clock, error):
    rds = FakeExports()
    rds.will("start", error)
    seen = look(export_work(), rds)
    assert seen.phase is Phase.IN_PROGRESS
    hand_clock.move(seen.wait_seconds)
    seen = look(seen.work, rds)
    assert len(rds.tasks) == 1
    rds.end(FIRST, "COMPLETE")
    entry = entry_of(look(seen.work, rds))
    assert entry.reason == Reason.TARGET_REACHED
    assert entry.details["adopted"] is False


def test_its_own_export_that_rds_does_not_list_yet_is_found_by_its_identifier(settle):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)

    def list_it() -> None:
        rds.hidden.clear()
        rds.end(FIRST, "COMPLETE")

    rds.will("find", list_it)
    assert settle(export_work(), rds).phase is Phase.COMPLETE
    assert len(rds.tasks) == 1


def test_its_own_export_that_rds_does_not_show_yet_is_not_started_twice(look, hand_clock):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)
    rds.unfindable.add(FIRST)
    seen = look(export_work(), rds)
    for _ in range(2):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    assert set(rds.tasks) == {FIRST}


def test_gives_up_when_no_start_is_ever_answered(settle):
    rds = FakeExports()
    rds.will("start", *[aws_error(ServiceUnavailableException) for _ in range(50)])
    entry = settle(export_work(), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.NO_ANSWER)
    assert len(rds.asked("start")) <= MAX_REFUSALS + 1


def test_an_export_that_shows_up_after_many_lost_answers_is_watched(look, hand_clock):
    rds = FakeExports()
    unanswered = [aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS)]
    rds.will("start", *unanswered, LostResponse())
    seen = look(export_work(), rds)
    for _ in range(MAX_REFUSALS + 1):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.progress.task_id == FIRST


def test_outlives_a_minute_in_which_rds_answers_no_start(look, hand_clock):
    rds = FakeExports()
    work = export_work()
    while hand_clock.time < NOW + 60:
        rds.will("start", aws_error(ServiceUnavailableException))
        seen = look(work, rds)
        assert seen.phase in {Phase.IN_PROGRESS, Phase.QUEUED}
        work = seen.work
        hand_clock.move(seen.wait_seconds)
    assert look(work, rds).work.progress.task_id == FIRST


def test_a_throttled_start_is_made_again(look, hand_clock, monkeypatch):
    monkeypatch.setattr(random, "random", lambda: 1.0)
    rds = FakeExports()
    rds.will("start", *[aws_error(ThrottlingException)] * (MAX_THROTTLES - 1))
    seen = look(export_work(), rds)
    waits = []
    while seen.work.progress.throttles:
        waits.append(seen.wait_seconds)
        assert seen.phase is Phase.IN_PROGRESS
        assert seen.work.progress.requested_task_id is None
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    assert list(rds.tasks) == [FIRST]
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_throttles_of_starts_are_counted_in_a_row(look, hand_clock):
    rds = FakeExports()
    work = export_work()
    for _ in range(3):
        throttled = [aws_error(ThrottlingException)] * (MAX_THROTTLES - 1)
        rds.will("start", *throttled, aws_error(InvalidExportSourceStateException))
        for _ in range(MAX_THROTTLES):
            seen = look(work, rds)
            work = seen.work
            hand_clock.move(seen.wait_seconds)
    assert look(work, rds).work.progress.task_id == FIRST


def test_a_start_that_is_throttled_time_and_again_ends_the_export(settle):
    rds = FakeExports()
    rds.will("start", *[aws_error(ThrottlingException)] * 50)
    entry = settle(export_work(), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, "ThrottlingException")
    assert "any message" in entry.message
    assert entry.elapsed_seconds > 0
    assert len(rds.asked("start")) == entry.polls == MAX_THROTTLES


def test_a_throttled_start_keeps_its_place_in_the_queue(look, hand_clock):
    rds = FakeExports()
    full, throttled = aws_error(ExportTaskLimitReachedException), aws_error(ThrottlingException)
    rds.will("start", full, throttled)
    first = look(export_work(), rds)
    hand_clock.move(1)
    second = look(first.work, rds)
    assert (second.phase, second.work.progress.throttles) == (Phase.QUEUED, 1)
    assert second.wake.order == first.wake.order
    hand_clock.move(second.wait_seconds)
    assert look(second.work, rds).work.progress.task_id == FIRST


@pytest.mark.parametrize("operation", ["of_source", "find"])
@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_what_was_seen_is_told_although_a_second_look_was_not_answered(look, operation, error):
    rds = FakeExports([export_task("COMPLETE", task_id=FIRST)])
    rds.hidden.add(FIRST)
    if operation == "of_source":
        rds = FakeExports([export_task("IN_PROGRESS")])
        rds.will("cancel", aws_error(InvalidExportTaskStateException))
        rds.will("of_source", None, aws_error(error))
        seen = look(export_work(CANCELED), rds)
        assert seen.work.progress.state == "IN_PROGRESS"
    else:
        rds.will("find", aws_error(error))
        seen = look(export_work(), rds)
    assert (seen.phase, seen.work.polling.polls) == (Phase.IN_PROGRESS, 1)


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_look_that_rds_does_not_answer_is_raised(look, error):
    rds = FakeExports()
    rds.will("of_source", aws_error(error))
    with pytest.raises(error):
        look(export_work(), rds)


@pytest.mark.parametrize("error", PERMANENT)
def test_a_permanent_refusal_ends_the_export_at_once(look, error):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    entry = entry_of(look(export_work(), rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, error.__name__)
    assert "any message" in entry.message
    assert entry.final_state is None


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_look_that_can_never_succeed_ends_the_export(look, error):
    rds = FakeExports()
    rds.will("of_source", aws_error(error))
    assert entry_of(look(export_work(), rds)).reason == error.__name__


def test_an_answer_that_there_is_no_room_ends_a_row_of_lost_ones(look, hand_clock):
    rds = FakeExports()
    work = export_work()
    for _ in range(3):
        unanswered = [aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS - 1)]
        rds.will("start", *unanswered, aws_error(ExportTaskLimitReachedException))
        while rds.answers["start"]:
            seen = look(work, rds)
            assert seen.phase in {Phase.IN_PROGRESS, Phase.QUEUED}
            work = seen.work
            hand_clock.move(seen.wait_seconds)
    work = look(work, rds).work
    hand_clock.move(30)
    assert look(work, rds).work.progress.task_id == FIRST
