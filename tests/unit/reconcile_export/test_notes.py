"""Which starts are noted for a clean-up, and when a note is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.started import KEPT_AFTER_DEADLINE
from lambdas.exports.work import ExportWork
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    AccessDeniedException,
    ExportTaskLimitReachedException,
    InvalidExportSourceStateException,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import (
    EXECUTION,
    NOW,
    OTHER_SNAPSHOT,
    SNAPSHOT,
    export_task,
    export_work,
)
from tests.unit.fakes import (
    FakeExports,
    FakeTable,
    LostResponse,
    aws_error,
    client_error,
)
from tests.unit.reconcile_export.passes import (
    CANCELED,
    FIRST,
    PERMANENT,
    SECOND,
    entry_of,
)


def noted(table: FakeTable) -> list[str]:
    assert {pk for pk, _sk in table.items} <= {f"started#{EXECUTION}"}
    keys = [sk.partition("#") for _pk, sk in table.items]
    assert {job for job, _, _ in keys} <= {wanted().key}
    return [task_id for _, _, task_id in keys]


def wanted(**fields: Any) -> ExportWork:
    return export_work(on_abort="cancel", **fields)


def test_a_start_is_noted_by_the_name_that_the_outcome_has_for_its_job(run_pass, table):
    run_pass(wanted().replace(job_label="night"), FakeExports())
    assert [sk for _pk, sk in table.items] == [f"night#{FIRST}"]


def test_a_start_is_noted_before_it_is_made(run_pass, table):
    rds = FakeExports()
    before: list[list[str]] = []
    rds.will("start", lambda: before.append(noted(table)))
    run_pass(wanted(), rds)
    assert before == [[FIRST]]
    assert noted(table) == [FIRST]
    (item,) = table.items.values()
    assert item["source_arn"] == {"S": SNAPSHOT}
    assert int(item["expires_at"]["N"]) >= NOW + wanted().deadline_seconds + KEPT_AFTER_DEADLINE - 1


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_what_cannot_be_noted_is_not_started(run_pass, table, code):
    rds = FakeExports()
    table.will("put_item", client_error(code))
    seen = run_pass(wanted(), rds)
    assert rds.asked("start") == []
    if code == "AccessDeniedException":
        assert entry_of(seen).reason == code
    else:
        assert (seen.phase, seen.work.progress.throttles) == (Phase.IN_PROGRESS, 1)
        assert seen.work.progress.requested_task_id is None


@pytest.mark.parametrize(
    "error", [ExportTaskLimitReachedException, InvalidExportSourceStateException]
)
def test_a_note_is_taken_back_where_there_is_no_room(run_pass, table, manual_clock, error):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    seen = run_pass(wanted(), rds)
    assert (seen.phase, noted(table)) == (Phase.QUEUED, [])
    manual_clock.advance(1)
    run_pass(seen.work, rds)
    assert noted(table) == [FIRST]


def test_a_note_is_taken_back_when_the_start_is_throttled(run_pass, table):
    rds = FakeExports()
    rds.will("start", aws_error(ThrottlingException))
    run_pass(wanted(), rds)
    assert noted(table) == []


@pytest.mark.parametrize("error", PERMANENT)
def test_a_note_is_taken_back_when_the_start_is_refused_for_good(run_pass, table, error):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    assert entry_of(run_pass(wanted(), rds)).reason == error.__name__
    assert noted(table) == []


@pytest.mark.parametrize("theirs", [SNAPSHOT, OTHER_SNAPSHOT])
def test_a_note_is_taken_back_when_the_identifier_is_somebody_elses(run_pass, table, theirs):
    rds = FakeExports([export_task("IN_PROGRESS", task_id=FIRST, source_arn=theirs)])
    rds.hidden.add(FIRST)
    run_pass(wanted(), rds)
    assert rds.asked("start") == [FIRST]
    assert noted(table) == []


def test_a_note_of_the_identifier_that_is_skipped_is_taken_back(run_pass, table):
    rds = FakeExports([export_task("FAILED", task_id=FIRST)])
    rds.hidden.add(FIRST)
    run_pass(wanted(), rds)
    assert rds.asked("start") == [FIRST, SECOND]
    assert noted(table) == [SECOND]


def test_an_adopted_export_is_never_noted(run_pass, table):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs")])
    run_pass(wanted(), rds)
    assert noted(table) == []


@pytest.mark.parametrize("error", [LostResponse(), aws_error(ServiceUnavailableException)])
def test_a_note_is_kept_when_the_answer_is_lost(run_pass, table, manual_clock, error):
    rds = FakeExports()
    rds.will("start", error)
    seen = run_pass(wanted(), rds)
    assert noted(table) == [FIRST]
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, rds)
    assert noted(table) == list(rds.tasks) == [FIRST]


@pytest.mark.parametrize("unfindable", [True, False])
def test_a_note_is_kept_when_the_identifier_is_taken_by_its_own_lost_start(
    run_pass, table, manual_clock, unfindable
):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)
    rds.unfindable |= {FIRST} if unfindable else set()
    seen = run_pass(wanted(), rds)
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, rds)
    assert rds.asked("start") == [FIRST, FIRST]
    assert noted(table) == [FIRST]


@pytest.mark.parametrize(
    "error",
    [
        AccessDeniedException,
        ExportTaskLimitReachedException,
        InvalidExportSourceStateException,
        ThrottlingException,
    ],
)
def test_a_note_of_a_lost_start_is_kept_whatever_the_next_try_is_answered(
    run_pass, table, manual_clock, error
):
    """The first one may have taken effect without being listed yet."""
    rds = FakeExports()
    rds.will("start", LostResponse(), aws_error(error))
    rds.hidden.add(FIRST)
    seen = run_pass(wanted(), rds)
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, rds)
    assert rds.asked("start") == [FIRST, FIRST]
    assert noted(table) == list(rds.tasks) == [FIRST]


def test_every_attempt_is_noted(run_pass, table):
    rds = FakeExports()
    seen = run_pass(wanted(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    run_pass(seen.work, rds)
    assert SECOND in noted(table)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_an_export_that_may_outlive_its_execution_is_started_without_a_note_where_there_is_no_table(
    run_pass, table, code
):
    rds = FakeExports()
    table.will("put_item", client_error(code))
    assert run_pass(export_work(), rds).work.progress.task_id == FIRST
    assert noted(table) == []


def killed_after_its_start(run_pass, rds: FakeExports, work: ExportWork) -> None:
    """Take a pass whose result is lost; what it has done is done."""
    run_pass(work, rds)
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("fields", [{}, {"on_deadline": "cancel"}, {"on_abort": "cancel"}])
@pytest.mark.parametrize("listed", [True, False])
def test_a_start_whose_pass_was_killed_is_restored(run_pass, table, manual_clock, fields, listed):
    rds = FakeExports()
    work = export_work(**fields)
    killed_after_its_start(run_pass, rds, work)
    rds.hidden |= set() if listed else {FIRST}
    seen = run_pass(work, rds)
    assert (seen.work.progress.requested_task_id, seen.work.progress.task_id) == (FIRST, FIRST)
    assert noted(table) == [FIRST]
    rds.hidden.clear()
    rds.end(FIRST, "COMPLETE")
    entry = entry_of(run_pass(seen.work, rds))
    assert (entry.reason, entry.initial_state) == (Reason.TARGET_REACHED, None)
    assert entry.details["adopted"] is False


def test_its_own_export_that_ended_before_it_is_known_again_was_not_already_there(run_pass):
    rds = FakeExports()
    killed_after_its_start(run_pass, rds, export_work())
    rds.end(FIRST, "COMPLETE")
    assert entry_of(run_pass(export_work(), rds)).reason == Reason.TARGET_REACHED


def test_a_start_whose_pass_was_killed_is_canceled_at_the_deadline(run_pass, manual_clock):
    rds = FakeExports()
    work = export_work(on_deadline="cancel", deadline_seconds=600)
    killed_after_its_start(run_pass, rds, work)
    seen = run_pass(work, rds)
    manual_clock.advance(600)
    run_pass(seen.work, rds)
    assert rds.asked("cancel") == [FIRST]


def test_another_attempt_whose_pass_was_killed_is_restored(run_pass):
    rds = FakeExports()
    seen = run_pass(export_work(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    run_pass(seen.work, rds)
    seen = run_pass(seen.work, rds)
    assert rds.asked("start") == [FIRST, SECOND]
    assert seen.work.progress.requested_task_id == SECOND


def test_the_note_of_another_job_for_the_same_export_is_left_alone(run_pass, table):
    """Both jobs of a request have polled before either started the export."""
    rds = FakeExports()
    run_pass(wanted(), rds)
    rds.hidden.add(FIRST)
    seen = run_pass(wanted().replace(key="0.1", job_label="0.1"), rds)
    assert rds.asked("start") == [FIRST, FIRST]
    assert noted(table) == [FIRST]
    assert (seen.work.progress.task_id, seen.work.progress.requested_task_id) == (FIRST, None)


@pytest.mark.parametrize("status", ["IN_PROGRESS", "COMPLETE"])
def test_the_note_is_read_once_and_only_where_there_is_something_to_adopt(run_pass, table, status):
    rds = FakeExports()
    seen = run_pass(export_work(on_deadline="cancel"), rds)
    run_pass(seen.work, rds)
    assert "get_item" not in {operation for operation, *_ in table.calls}
    table.calls.clear()
    theirs = FakeExports([export_task(status, task_id="theirs")])
    seen = run_pass(export_work(on_deadline="cancel"), theirs)
    if seen.work is not None:
        run_pass(seen.work, theirs)
    assert [operation for operation, *_ in table.calls] == ["get_item"]


@pytest.mark.parametrize(("fields", "needed"), [({}, False), ({"on_deadline": "cancel"}, True)])
def test_nothing_is_adopted_before_it_is_known_whose_it_is_if_that_matters(
    run_pass, table, fields, needed
):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs")])
    table.will("get_item", client_error("ThrottlingException"))
    seen = run_pass(export_work(**fields), rds)
    assert seen.work.progress.task_id == (None if needed else "theirs")
    assert seen.work.progress.throttles == (1 if needed else 0)
    assert run_pass(seen.work, rds).work.progress.task_id == "theirs"


def test_a_request_to_cancel_notes_nothing(run_pass, table):
    run_pass(export_work(CANCELED, on_abort="cancel"), FakeExports([export_task("IN_PROGRESS")]))
    assert table.calls == []
