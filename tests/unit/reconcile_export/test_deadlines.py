"""What becomes of an export that is late."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.decisions import (
    CANCEL_GRACE_SECONDS,
    CANCELABLE,
    MAX_REFUSALS,
    ExportStatus,
)
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    ExportTaskLimitReachedException,
    ServiceUnavailableException,
)
from tests.unit.builders import (
    NOW,
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


@pytest.mark.parametrize("status", sorted(set(ExportStatus) - {"COMPLETE", "FAILED", "CANCELED"}))
def test_the_deadline_ends_whatever_has_not_ended(run_pass, manual_clock, status):
    rds = FakeExports([export_task(status)])
    seen = run_pass(export_work(deadline_seconds=600), rds)
    manual_clock.advance(600)
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)
    assert entry.elapsed_seconds == 600
    assert entry.details["export_task_identifier"] == "any-task"


def test_after_the_deadline_nothing_is_started_and_nothing_is_canceled(run_pass, manual_clock):
    rds = FakeExports()
    rds.will("start", aws_error(ExportTaskLimitReachedException))
    seen = run_pass(export_work(deadline_seconds=600), rds)
    manual_clock.advance(601)
    assert entry_of(run_pass(seen.work, rds)).reason == Reason.DEADLINE_EXCEEDED
    assert len(rds.asked("start")) == 1


def test_an_export_that_completes_late_is_complete(run_pass, manual_clock):
    rds = FakeExports()
    seen = run_pass(export_work(deadline_seconds=600), rds)
    rds.end(FIRST, "COMPLETE")
    manual_clock.advance(10_000)
    assert entry_of(run_pass(seen.work, rds)).phase is Phase.COMPLETE


@pytest.mark.parametrize("status", ["STARTING", "IN_PROGRESS", "CANCELING", "HIBERNATING"])
def test_the_last_wait_ends_at_the_deadline(run_pass, manual_clock, status):
    rds = FakeExports([export_task(status, started_at=NOW - 50_000, percent=1)])
    seen = run_pass(export_work(deadline_seconds=100), rds)
    while seen.phase is Phase.IN_PROGRESS:
        manual_clock.advance(seen.wait_seconds)
        assert manual_clock.time <= NOW + 101
        seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.FAILED


@pytest.mark.parametrize("fraction", [0.1, 0.4, 0.6, 0.9])
def test_the_poll_at_the_deadline_is_on_time_for_a_deadline_between_two_seconds(
    run_pass, manual_clock, fraction
):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = run_pass(export_work(deadline_seconds=600), rds)
    manual_clock.time = NOW + 600 - fraction
    seen = run_pass(seen.work, rds)
    assert seen.wait_seconds <= 1


@pytest.fixture
def late(run_pass, manual_clock):
    """Start an export and poll it at its deadline, after which it is to be canceled."""

    def late(rds: FakeExports, status: str = "IN_PROGRESS", **fields: Any) -> PassResult:
        given: dict[str, Any] = {"deadline_seconds": 600, "on_deadline": "cancel"} | fields
        seen = run_pass(export_work(**given), rds)
        rds.change(FIRST, status)
        manual_clock.advance(600)
        return run_pass(seen.work, rds)

    return late


def test_an_export_that_is_late_is_left_running_unless_the_request_says_otherwise(late):
    rds = FakeExports()
    entry = entry_of(late(rds, on_deadline="leave"))
    assert entry.reason == Reason.DEADLINE_EXCEEDED
    assert rds.tasks[FIRST].status == "IN_PROGRESS"
    assert rds.asked("cancel") == []


@pytest.mark.parametrize("status", sorted(CANCELABLE))
def test_an_export_that_is_late_is_canceled_and_fails(run_pass, late, status):
    rds = FakeExports()
    seen = late(rds, status)
    assert (seen.phase, rds.asked("cancel")) == (Phase.IN_PROGRESS, [FIRST])
    assert 1 <= seen.wait_seconds <= 60
    rds.end(FIRST, "CANCELED")
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)
    assert entry.final_state == "CANCELED"
    assert rds.asked("cancel") == [FIRST]


def test_an_export_that_completes_while_it_is_being_canceled_is_complete_with_a_warning(
    run_pass, late, files
):
    rds = FakeExports()
    seen = late(rds)
    rds.end(FIRST, "COMPLETE", warning="any warning")
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert entry.warnings == ("any warning", "the export completed while it was being canceled")
    assert files.asked == [(f"exports/{FIRST}/", FIRST)]


def test_an_export_that_completes_before_its_cancel_arrives_is_complete(late):
    rds = FakeExports()
    rds.will("cancel", lambda: rds.end(FIRST, "COMPLETE"))
    entry = entry_of(late(rds))
    assert (entry.phase, entry.final_state) == (Phase.COMPLETE, "COMPLETE")
    assert rds.asked("cancel") == [FIRST]


def test_an_export_that_fails_while_it_is_being_canceled_has_failed(run_pass, late):
    rds = FakeExports()
    seen = late(rds, max_attempts=3)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.final_state) == (Phase.FAILED, "FAILED")
    assert entry.details["failure_cause"] == "no space"
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("error", [LostResponse(), aws_error(ServiceUnavailableException)])
def test_a_cancel_at_the_deadline_whose_answer_was_lost_is_late_and_not_someones_doing(
    run_pass, late, manual_clock, error
):
    rds = FakeExports()
    rds.will("cancel", error)
    seen = late(rds)
    manual_clock.advance(seen.wait_seconds)
    if rds.tasks[FIRST].status != "CANCELING":
        seen = run_pass(seen.work, rds)
    rds.end(FIRST, "CANCELED")
    assert entry_of(run_pass(seen.work, rds)).reason == Reason.DEADLINE_EXCEEDED


@pytest.mark.parametrize("status", sorted(CANCELABLE))
@pytest.mark.parametrize("task_id", ["theirs", FIRST])
def test_an_adopted_export_is_never_canceled_at_the_deadline(
    run_pass, manual_clock, status, task_id
):
    rds = FakeExports([export_task(status, task_id=task_id)])
    seen = run_pass(export_work(deadline_seconds=600, on_deadline="cancel"), rds)
    manual_clock.advance(600)
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.reason, rds.asked("cancel")) == (Reason.DEADLINE_EXCEEDED, [])
    assert entry.details["adopted"] is True


def test_an_export_that_is_adopted_for_its_identifier_is_never_canceled_at_the_deadline(
    run_pass, manual_clock
):
    rds = FakeExports([export_task("IN_PROGRESS", task_id=FIRST)])
    rds.hidden.add(FIRST)
    seen = run_pass(export_work(deadline_seconds=600, on_deadline="cancel"), rds)
    rds.hidden.clear()
    manual_clock.advance(600)
    assert entry_of(run_pass(seen.work, rds)).reason == Reason.DEADLINE_EXCEEDED
    assert rds.asked("cancel") == []


def test_waits_for_a_cancel_at_the_deadline_no_longer_than_its_grace(run_pass, late, manual_clock):
    rds = FakeExports()
    seen = late(rds)
    while seen.phase is Phase.IN_PROGRESS:
        assert 1 <= seen.wait_seconds <= 60
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    entry = entry_of(seen)
    assert entry.reason == Reason.DEADLINE_EXCEEDED
    assert 0 <= manual_clock.time - (NOW + 600 + CANCEL_GRACE_SECONDS) <= 60
    assert "CANCELING" in entry.message
    assert rds.asked("cancel") == [FIRST]


def test_fails_at_the_deadline_when_no_cancel_is_ever_answered(late, run_to_end):
    rds = FakeExports()
    rds.will("cancel", *[aws_error(ServiceUnavailableException) for _ in range(50)])
    entry = run_to_end(late(rds).work, rds)
    assert entry.reason == Reason.DEADLINE_EXCEEDED
    assert len(rds.asked("cancel")) <= MAX_REFUSALS + 2
