"""What becomes of an export that failed and may be tried again."""

from __future__ import annotations

import pytest

from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    InvalidExportSourceStateException,
)
from tests.unit.builders import (
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
    SECOND,
    entry_of,
)


def test_a_failed_export_is_tried_again_under_the_next_identifier(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST, SECOND]
    rds.end(SECOND, "COMPLETE", extracted_gb=7)
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert (entry.details["export_task_identifier"], entry.details["adopted"]) == (SECOND, False)
    assert entry.details["total_extracted_gb"] == 7
    assert [
        (attempt["export_task_identifier"], attempt["status"], attempt["failure_cause"])
        for attempt in entry.details["attempts"]
    ] == [(FIRST, "FAILED", "no space"), (SECOND, "COMPLETE", None)]


@pytest.mark.parametrize("attempts", [1, 2, 3, 5])
def test_an_export_that_keeps_failing_is_tried_as_often_as_it_may(run_pass, attempts):
    rds = FakeExports()
    seen = run_pass(export_work(max_attempts=attempts), rds)
    while seen.phase is Phase.IN_PROGRESS:
        *_, last = rds.tasks
        rds.end(last, "FAILED", failure_cause="no space")
        seen = run_pass(seen.work, rds)
    entry = entry_of(seen)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.EXPORT_FAILED)
    assert len(rds.tasks) == len(rds.asked("start")) == attempts
    reported = [one["export_task_identifier"] for one in entry.details.get("attempts", ())]
    assert reported == (list(rds.tasks) if attempts > 1 else [])


def test_an_export_whose_cause_a_person_must_fix_is_tried_once(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(max_attempts=5), rds)
    rds.end(FIRST, "FAILED", failure_cause="The KMS key is disabled")
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.reason, rds.asked("start")) == (Reason.EXPORT_FAILED, [FIRST])
    assert "check that the stack's key" in entry.message


def test_an_adopted_export_that_fails_was_the_first_attempt(run_pass):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs")])
    seen = run_pass(export_work(max_attempts=2), rds)
    rds.end("theirs", "FAILED", failure_cause="no space")
    seen = run_pass(seen.work, rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    entry = entry_of(run_pass(seen.work, rds))
    assert rds.asked("start") == [FIRST]
    reported = [one["export_task_identifier"] for one in entry.details["attempts"]]
    assert reported == ["theirs", FIRST]


def test_another_try_waits_until_the_source_may_be_exported_again(run_pass, manual_clock):
    rds = FakeExports()
    seen = run_pass(export_work(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    rds.will("start", aws_error(InvalidExportSourceStateException))
    seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.QUEUED
    manual_clock.advance(seen.wait_seconds)
    seen = run_pass(seen.work, rds)
    rds.end(SECOND, "COMPLETE")
    entry = entry_of(run_pass(seen.work, rds))
    assert entry.phase is Phase.COMPLETE
    assert len(entry.details["attempts"]) == 2


def test_another_try_whose_answer_was_lost_is_not_made_twice(run_pass, manual_clock):
    rds = FakeExports()
    seen = run_pass(export_work(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    rds.will("start", LostResponse())
    seen = run_pass(seen.work, rds)
    manual_clock.advance(seen.wait_seconds)
    seen = run_pass(seen.work, rds)
    assert seen.work.progress.task_id == SECOND
    assert list(rds.tasks) == [FIRST, SECOND]
