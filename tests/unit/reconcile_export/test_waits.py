"""When an export is looked at again, and what may wake it before."""

from __future__ import annotations

import pytest

from lambdas.aws.errors import (
    ExportTaskLimitReachedException,
    InvalidExportSourceStateException,
)
from lambdas.domain.phases import Phase
from lambdas.domain.wakes import EXPORT_SLOT, source_key
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


def test_waits_longer_and_for_no_event_when_the_history_is_far_ahead_of_its_age(look):
    running = export_task("IN_PROGRESS", percent=50, started_at=NOW - 60)
    soon = look(export_work(), FakeExports([running]))
    late = look(export_work(), FakeExports([running]), history_events=10_000)
    assert soon.wait_seconds < 60
    assert 3_600 < late.wait_seconds < late.work.deadline_seconds
    assert late.wake is None


def test_an_export_that_ends_is_settled_whatever_its_history(look):
    seen = look(export_work(), FakeExports([export_task("COMPLETE")]), history_events=24_000)
    assert seen.phase is Phase.COMPLETE


@pytest.mark.parametrize(
    ("status", "shortest", "longest"),
    [("STARTING", 162, 180), ("IN_PROGRESS", 27, 30), ("CANCELING", 9, 10), ("HIBERNATING", 1, 2)],
)
def test_looks_again_at_the_pace_of_the_status(look, status, shortest, longest):
    seen = look(export_work(), FakeExports([export_task(status)]))
    assert shortest <= seen.wait_seconds <= longest


def test_waits_for_most_of_what_its_progress_says_remains(look):
    running = export_task("IN_PROGRESS", percent=50, started_at=NOW - 1_000)
    assert 810 <= look(export_work(), FakeExports([running])).wait_seconds <= 900


def test_a_wait_for_an_export_ends_with_it(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    assert seen.wake.on == source_key(SNAPSHOT)
    assert seen.wake.expires_at > NOW + seen.wait_seconds


@pytest.mark.parametrize(
    ("error", "on"),
    [
        (ExportTaskLimitReachedException, EXPORT_SLOT),
        (InvalidExportSourceStateException, source_key(SNAPSHOT)),
    ],
)
def test_a_wait_for_room_ends_where_room_is_made(look, hand_clock, error, on):
    rds = FakeExports()
    rds.will("start", aws_error(error), aws_error(error))
    first = look(export_work(), rds)
    hand_clock.move(first.wait_seconds)
    second = look(first.work, rds)
    assert [seen.wake.on for seen in (first, second)] == [on, on]
    assert first.wake.order == second.wake.order


def test_who_queued_for_a_slot_and_may_have_it_waits_for_its_own_export(look, hand_clock):
    rds = FakeExports()
    rds.will("start", aws_error(ExportTaskLimitReachedException), LostResponse())
    seen = look(export_work(), rds)
    hand_clock.move(seen.wait_seconds)
    assert look(seen.work, rds).wake.on == source_key(SNAPSHOT)


def test_a_wait_behind_another_export_of_the_source_ends_with_that_one(look):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs", bucket="elsewhere")])
    assert look(export_work(), rds).wake.on == source_key(SNAPSHOT)


def test_a_look_after_which_there_is_none_has_nothing_to_be_woken_by(look):
    assert look(export_work(), FakeExports([export_task("COMPLETE")])).wake is None
