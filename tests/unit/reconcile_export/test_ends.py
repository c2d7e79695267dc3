"""How an export ends, and what is reported of it."""

from __future__ import annotations

import pytest

from lambdas.exports.contract import ExportTarget
from lambdas.exports.result_files import result
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.shared.errors import (
    IamRoleMissingPermissionsException,
    InvalidS3BucketException,
    KmsKeyNotAccessibleException,
)
from lambdas.shared.limits import MAX_TEXT_BYTES
from tests.unit.builders import (
    export_task,
    export_work,
    json_bytes,
)
from tests.unit.fakes import (
    FakeExports,
    aws_error,
)
from tests.unit.reconcile_export.passes import (
    CANCELED,
    FIRST,
    entry_of,
)


def test_a_failed_export_has_its_cause(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    cause = "The KMS key is disabled. " + "x" * 900
    rds.end(FIRST, "FAILED", failure_cause=cause)
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.EXPORT_FAILED)
    for text in (entry.message, entry.details["failure_cause"]):
        assert text.startswith("The KMS key is disabled.")
        assert len(text.encode()) == MAX_TEXT_BYTES
    assert entry.final_state == "FAILED"


def test_an_export_that_someone_cancels_fails(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    rds.change(FIRST, "CANCELING")
    seen = run_pass(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    rds.end(FIRST, "CANCELED")
    assert entry_of(run_pass(seen.work, rds)).reason == Reason.EXPORT_CANCELED
    assert rds.asked("start") == [FIRST]


def test_an_export_that_completes_in_spite_of_a_cancel_is_complete(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    rds.change(FIRST, "CANCELING")
    seen = run_pass(seen.work, rds)
    rds.end(FIRST, "COMPLETE")
    assert entry_of(run_pass(seen.work, rds)).phase is Phase.COMPLETE


def test_passes_on_what_rds_warns_of(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    rds.end(FIRST, "COMPLETE", warning='{"skippedTables":["a"]}' + "x" * 900)
    entry = entry_of(run_pass(seen.work, rds))
    assert entry.phase is Phase.COMPLETE
    (warning,) = entry.warnings
    assert warning.startswith('{"skippedTables"')
    assert json_bytes(warning) - 2 == MAX_TEXT_BYTES


def test_a_task_that_disappears_is_waited_for_and_then_fails(run_to_end, run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    rds.tasks.clear()
    entry = run_to_end(seen.work, rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.EXPORT_VANISHED)
    assert MAX_UNEXPLAINED_POLLS <= entry.polls <= MAX_UNEXPLAINED_POLLS + 3
    assert FIRST in entry.message
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("target", ExportTarget)
def test_an_undocumented_status_is_waited_for_and_then_fails(run_to_end, target):
    rds = FakeExports([export_task("HIBERNATING")])
    entry = run_to_end(export_work(target), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.UNKNOWN_STATE)
    assert MAX_UNEXPLAINED_POLLS <= entry.polls <= MAX_UNEXPLAINED_POLLS + 3
    assert entry.final_state == "HIBERNATING"
    assert rds.asked("start") == rds.asked("cancel") == []


@pytest.mark.parametrize("unexplained", ["not listed", "unknown status"])
def test_an_export_that_completes_after_any_number_of_unexplained_polls_is_complete(
    run_pass, manual_clock, unexplained
):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = run_pass(export_work(), rds)
    if unexplained == "not listed":
        rds.hidden.add("any-task")
    else:
        rds.change("any-task", "HIBERNATING")
    last = seen
    while seen.phase is Phase.IN_PROGRESS:
        last = seen
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, rds)
    rds.hidden.clear()
    rds.end("any-task", "COMPLETE")
    assert entry_of(run_pass(last.work, rds)).phase is Phase.COMPLETE


def test_returns_what_the_files_of_an_export_say(run_pass, files):
    files.details = result('{"status": "COMPLETE"}', ())
    rds = FakeExports([export_task("COMPLETE", task_id="theirs")])
    entry = entry_of(run_pass(export_work(), rds))
    assert files.asked == [("exports/theirs/", "theirs")]
    assert (entry.details["files_found"], entry.details["files_status"]) == (True, "COMPLETE")


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_reads_no_files_of_an_export_that_came_to_nothing(run_pass, files, status):
    rds = FakeExports()
    seen = run_pass(export_work(), rds)
    rds.end(FIRST, status)
    entry_of(run_pass(seen.work, rds))
    assert files.asked == []


@pytest.mark.parametrize("status", ["CANCELED", "COMPLETE"])
def test_reads_no_files_where_the_target_is_no_export(run_pass, files, status):
    entry_of(run_pass(export_work(CANCELED), FakeExports([export_task(status)])))
    assert files.asked == []


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (KmsKeyNotAccessibleException, "key is enabled"),
        (IamRoleMissingPermissionsException, "export role's trust"),
        (InvalidS3BucketException, "bucket exists"),
    ],
)
def test_a_refusal_for_the_stacks_own_settings_says_what_to_check(run_pass, error, word):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    assert word in entry_of(run_pass(export_work(), rds)).message
