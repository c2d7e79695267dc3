"""How an export is canceled, and what happens where it cannot be."""

from __future__ import annotations

import pytest

from lambdas.exports.decisions import (
    MAX_REFUSALS,
    MAX_THROTTLES,
)
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    AccessDeniedException,
    ConflictException,
    InvalidExportTaskStateException,
    ServiceUnavailableException,
    ThrottlingException,
    ValidationException,
)
from tests.unit.builders import (
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
    entry_of,
)


def test_what_it_cancels_was_there_before(run_pass):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = run_pass(export_work(CANCELED), rds)
    assert (seen.work.progress.initial_state, seen.work.progress.state) == (
        "IN_PROGRESS",
        "CANCELING",
    )


def test_cancels_what_runs(run_to_end, run_pass):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = run_pass(export_work(CANCELED), rds)
    assert rds.asked("cancel") == ["any-task"]
    assert seen.phase is Phase.IN_PROGRESS
    rds.end("any-task", "CANCELED")
    entry = run_to_end(seen.work, rds)
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert rds.asked("cancel") == ["any-task"]
    assert not rds.asked("start")


def test_nothing_to_cancel_completes(run_pass):
    rds = FakeExports()
    entry = entry_of(run_pass(export_work(CANCELED), rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.NOTHING_TO_CANCEL)
    assert (entry.initial_state, entry.final_state, entry.details) == (None, None, {})
    assert rds.calls == [("of_source", SNAPSHOT)]


def test_what_was_canceled_before_was_already_there(run_pass):
    entry = entry_of(run_pass(export_work(CANCELED), FakeExports([export_task("CANCELED")])))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.ALREADY_THERE)


@pytest.mark.parametrize("ended", ["COMPLETE", "FAILED"])
def test_an_export_that_ends_before_it_is_canceled_is_reported_as_such(run_pass, ended):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", lambda: rds.end("any-task", ended))
    entry = entry_of(run_pass(export_work(CANCELED), rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.FINISHED_BEFORE_CANCEL)
    assert entry.final_state == ended
    assert rds.calls == [("of_source", SNAPSHOT), ("cancel", "any-task"), ("of_source", SNAPSHOT)]


def test_a_cancel_whose_answer_was_lost_is_not_repeated(run_to_end, run_pass):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", LostResponse())
    seen = run_pass(export_work(CANCELED), rds)
    seen = run_pass(seen.work, rds)
    rds.end("any-task", "CANCELED")
    assert run_to_end(seen.work, rds).reason == Reason.TARGET_REACHED
    assert rds.asked("cancel") == ["any-task"]


@pytest.mark.parametrize("error", [ServiceUnavailableException, ConflictException])
def test_cancels_again_after_a_refusal_that_passes(run_to_end, run_pass, error):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", aws_error(error))
    seen = run_pass(export_work(CANCELED), rds)
    seen = run_pass(seen.work, rds)
    assert seen.work.progress.state == "CANCELING"
    assert rds.asked("cancel") == ["any-task"] * 2


@pytest.mark.parametrize("error", [ServiceUnavailableException, InvalidExportTaskStateException])
def test_fails_when_no_cancel_has_an_effect(run_to_end, error):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", *[aws_error(error) for _ in range(50)])
    entry = run_to_end(export_work(CANCELED), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.NO_ANSWER)
    assert len(rds.asked("cancel")) <= MAX_REFUSALS + 2


def test_an_export_that_is_canceled_after_many_lost_answers_is_canceled(run_pass, manual_clock):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", *[aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS + 1)])
    seen = run_pass(export_work(CANCELED), rds)
    for _ in range(MAX_REFUSALS):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    rds.end("any-task", "CANCELED")
    assert entry_of(run_pass(seen.work, rds)).phase is Phase.COMPLETE


def test_a_throttled_cancel_is_made_again_and_what_was_seen_is_remembered(run_to_end, run_pass):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", *[aws_error(ThrottlingException)] * (MAX_THROTTLES - 1))
    seen = run_pass(export_work(CANCELED), rds)
    assert (seen.phase, seen.work.progress.throttles) == (Phase.IN_PROGRESS, 1)
    assert seen.work.progress.initial_state == "IN_PROGRESS"
    rds.will("of_source", *[None] * MAX_THROTTLES, lambda: rds.end("any-task", "CANCELED"))
    entry = run_to_end(seen.work, rds)
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert rds.asked("cancel") == ["any-task"] * MAX_THROTTLES
    assert "the export completed while it was being canceled" not in entry.warnings


def test_a_cancel_that_is_throttled_time_and_again_ends_the_export(run_to_end):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", *[aws_error(ThrottlingException)] * 50)
    entry = run_to_end(export_work(CANCELED), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, "ThrottlingException")
    assert "any message" in entry.message
    assert (entry.initial_state, entry.final_state) == ("IN_PROGRESS", "IN_PROGRESS")
    assert len(rds.asked("cancel")) == entry.polls == MAX_THROTTLES


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_cancel_that_may_not_be_done_ends_the_export(run_pass, error):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", aws_error(error))
    entry = entry_of(run_pass(export_work(CANCELED), rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, error.__name__)
    assert entry.details["export_task_identifier"] == "any-task"
