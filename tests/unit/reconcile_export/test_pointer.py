"""A COMPLETE export ends with its pointer replaced; what goes wrong there fails nothing."""

from __future__ import annotations

from typing import Any, cast

import pytest

from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import ExportTask
from lambdas.exports.pointers import Pointed, Pointers
from lambdas.exports.reconcile_export import MAX_POINTER_FAILURES
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    AccessDeniedException,
    ConflictException,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import export_task, export_work
from tests.unit.fakes import FakeExports, aws_error
from tests.unit.reconcile_export.passes import FIRST, entry_of

KEY = "exports/latest/instance/shop.json"


class FakePointers:
    """Has the method of `Pointers`; answers in turn, the last answer again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def point_to(self, task: ExportTask, _now: float) -> Pointed:
        self.asked.append(task.task_id)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return cast(Pointed, answer)


@pytest.fixture
def complete() -> FakeExports:
    return FakeExports([export_task("COMPLETE", task_id=FIRST, ended_at=1.0)])


def test_the_entry_of_an_export_has_its_pointer(pass_with, complete):
    pointers = FakePointers(Pointed(KEY, ("any doubt",)))
    entry = entry_of(pass_with(pointers)(export_work(), complete))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.ALREADY_THERE)
    assert entry.details["pointer"] == KEY
    assert entry.warnings == ("any doubt",)
    assert pointers.asked == [FIRST]


def test_an_export_that_is_not_the_latest_has_none(pass_with, complete):
    entry = entry_of(pass_with(FakePointers(Pointed()))(export_work(), complete))
    assert entry.details["pointer"] is None
    assert entry.warnings == ()


def test_without_the_setting_nothing_is_said_of_it(run_pass, complete):
    assert "pointer" not in entry_of(run_pass(export_work(), complete)).details


@pytest.mark.parametrize(
    "error", [ServiceUnavailableException, ThrottlingException, ConflictException]
)
def test_what_may_pass_is_tried_again_by_later_passes(pass_with, manual_clock, complete, error):
    pointers = FakePointers(*[aws_error(error)] * MAX_POINTER_FAILURES, Pointed(KEY))
    run_pass = pass_with(pointers)
    work, waits = export_work(), []
    for _ in range(MAX_POINTER_FAILURES):
        seen = run_pass(work, complete)
        assert seen.phase is Phase.IN_PROGRESS
        work = seen.work
        waits.append(seen.wait_seconds)
        manual_clock.advance(seen.wait_seconds)
    assert entry_of(run_pass(work, complete)).details["pointer"] == KEY
    assert min(waits) >= 1
    assert max(waits) <= 60


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(ServiceUnavailableException, MAX_POINTER_FAILURES + 1), (AccessDeniedException, 1)],
)
def test_an_export_completes_without_its_pointer_if_need_be(
    pass_with, manual_clock, complete, error, attempts
):
    pointers = FakePointers(aws_error(error))
    run_pass, work = pass_with(pointers), export_work(deadline_seconds=60)
    while (seen := run_pass(work, complete)).phase is Phase.IN_PROGRESS:
        work = seen.work
        manual_clock.advance(seen.wait_seconds)
    entry = entry_of(seen)
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.ALREADY_THERE)
    assert entry.details["pointer"] is None
    assert entry.warnings == (
        "the pointer to it was not replaced: AnyOperation: AnyCode: any message",
    )
    assert len(pointers.asked) == attempts


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_nothing_points_to_an_export_that_is_not_complete(pass_with, status):
    pointers = FakePointers(Pointed(KEY))
    run_pass = pass_with(pointers)
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    rds.end(FIRST, status)
    assert entry_of(run_pass(seen.work, rds)).phase is Phase.FAILED
    assert pointers.asked == []


def test_a_job_that_cancels_replaces_no_pointer(pass_with, complete):
    pointers = FakePointers(Pointed(KEY))
    entry = entry_of(pass_with(pointers)(export_work(ExportTarget.CANCELED), complete))
    assert entry.phase is Phase.COMPLETE
    assert "pointer" not in entry.details
    assert pointers.asked == []


@pytest.fixture
def pass_with(run_pass):
    """Return how to run a pass with pointers of some kind."""

    def pass_with(pointers: FakePointers) -> Any:
        def with_pointers(work: Any, rds: FakeExports) -> Any:
            return run_pass(work, rds, pointers=cast(Pointers, pointers))

        return with_pointers

    return pass_with
