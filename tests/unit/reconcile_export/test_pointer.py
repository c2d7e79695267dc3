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
from tests.unit.export_looks import FIRST, entry_of
from tests.unit.fakes import FakeExports, aws_error

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


def test_the_entry_of_an_export_has_its_pointer(look_with, complete):
    pointers = FakePointers(Pointed(KEY, ("any doubt",)))
    entry = entry_of(look_with(pointers)(export_work(), complete))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.ALREADY_THERE)
    assert entry.details["pointer"] == KEY
    assert entry.warnings == ("any doubt",)
    assert pointers.asked == [FIRST]


def test_an_export_that_is_not_the_latest_has_none(look_with, complete):
    entry = entry_of(look_with(FakePointers(Pointed()))(export_work(), complete))
    assert entry.details["pointer"] is None
    assert entry.warnings == ()


def test_without_the_setting_nothing_is_said_of_it(look, complete):
    assert "pointer" not in entry_of(look(export_work(), complete)).details


@pytest.mark.parametrize(
    "error", [ServiceUnavailableException, ThrottlingException, ConflictException]
)
def test_what_may_pass_is_tried_again_by_later_passes(look_with, hand_clock, complete, error):
    pointers = FakePointers(*[aws_error(error)] * MAX_POINTER_FAILURES, Pointed(KEY))
    look = look_with(pointers)
    work, waits = export_work(), []
    for _ in range(MAX_POINTER_FAILURES):
        seen = look(work, complete)
        assert seen.phase is Phase.IN_PROGRESS
        work = seen.work
        waits.append(seen.wait_seconds)
        hand_clock.move(seen.wait_seconds)
    assert entry_of(look(work, complete)).details["pointer"] == KEY
    assert min(waits) >= 1
    assert max(waits) <= 60


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(ServiceUnavailableException, MAX_POINTER_FAILURES + 1), (AccessDeniedException, 1)],
)
def test_an_export_completes_without_its_pointer_if_need_be(
    look_with, hand_clock, complete, error, attempts
):
    pointers = FakePointers(aws_error(error))
    look, work = look_with(pointers), export_work(deadline_seconds=60)
    while (seen := look(work, complete)).phase is Phase.IN_PROGRESS:
        work = seen.work
        hand_clock.move(seen.wait_seconds)
    entry = entry_of(seen)
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.ALREADY_THERE)
    assert entry.details["pointer"] is None
    assert entry.warnings == (
        "the pointer to it was not replaced: AnyOperation: AnyCode: any message",
    )
    assert len(pointers.asked) == attempts


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_nothing_points_to_an_export_that_is_not_complete(look_with, status):
    pointers = FakePointers(Pointed(KEY))
    look = look_with(pointers)
    rds = FakeExports()
    seen = look(export_work(), rds)
    rds.end(FIRST, status)
    assert entry_of(look(seen.work, rds)).phase is Phase.FAILED
    assert pointers.asked == []


def test_a_job_that_cancels_moves_no_pointer(look_with, complete):
    pointers = FakePointers(Pointed(KEY))
    entry = entry_of(look_with(pointers)(export_work(ExportTarget.CANCELED), complete))
    assert entry.phase is Phase.COMPLETE
    assert "pointer" not in entry.details
    assert pointers.asked == []


@pytest.fixture
def look_with(look):
    """Return how to take one look, with pointers of some kind."""

    def look_with(pointers: FakePointers) -> Any:
        def look_at(work: Any, rds: FakeExports) -> Any:
            return look(work, rds, pointers=cast(Pointers, pointers))

        return look_at

    return look_with
