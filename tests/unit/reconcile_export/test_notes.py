"""Which starts are noted for a clean-up, and when a note is taken back."""

from __future__ import annotations

import pytest

from lambdas.aws.errors import (
    AccessDeniedException,
    ExportTaskLimitReachedException,
    InvalidExportSourceStateException,
    ServiceUnavailableException,
    ThrottlingException,
)
from lambdas.aws.started_exports import KEPT_AFTER_DEADLINE
from lambdas.domain.phases import Phase
from lambdas.domain.work import ExportWork
from tests.unit.builders import (
    EXECUTION,
    NOW,
    OTHER_SNAPSHOT,
    SNAPSHOT,
    export_task,
    export_work,
)
from tests.unit.export_looks import (
    CANCELED,
    FIRST,
    PERMANENT,
    SECOND,
    entry_of,
)
from tests.unit.fakes import (
    FakeExports,
    FakeTable,
    LostResponse,
    aws_error,
    client_error,
)


def noted(table: FakeTable) -> list[str]:
    assert {pk for pk, _sk in table.items} <= {f"started#{EXECUTION}"}
    return [sk for _pk, sk in table.items]


def wanted(**fields: object) -> ExportWork:
    return export_work(on_abort="cancel", **fields)


def test_a_start_is_noted_before_it_is_made(look, table):
    rds = FakeExports()
    before: list[list[str]] = []
    rds.will("start", lambda: before.append(noted(table)))
    look(wanted(), rds)
    assert before == [[FIRST]]
    assert noted(table) == [FIRST]
    (item,) = table.items.values()
    assert item["source_arn"] == {"S": SNAPSHOT}
    assert int(item["expires_at"]["N"]) >= NOW + wanted().deadline_seconds + KEPT_AFTER_DEADLINE - 1


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_what_can_not_be_noted_is_not_started(look, table, code):
    rds = FakeExports()
    table.will("put_item", client_error(code))
    if code == "ThrottlingException":
        with pytest.raises(ThrottlingException):
            look(wanted(), rds)
    else:
        assert entry_of(look(wanted(), rds)).reason == code
    assert rds.asked("start") == []


@pytest.mark.parametrize(
    "error", [ExportTaskLimitReachedException, InvalidExportSourceStateException]
)
def test_a_note_is_taken_back_where_there_is_no_room(look, table, error):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    seen = look(wanted(), rds)
    assert (seen.phase, noted(table)) == (Phase.QUEUED, [])
    look(seen.work, rds)
    assert noted(table) == [FIRST]


def test_a_note_is_taken_back_when_the_start_is_throttled(look, table):
    rds = FakeExports()
    rds.will("start", aws_error(ThrottlingException))
    with pytest.raises(ThrottlingException):
        look(wanted(), rds)
    assert noted(table) == []


@pytest.mark.parametrize("error", PERMANENT)
def test_a_note_is_taken_back_when_the_start_is_refused_for_good(look, table, error):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    assert entry_of(look(wanted(), rds)).reason == error.__name__
    assert noted(table) == []


@pytest.mark.parametrize("theirs", [SNAPSHOT, OTHER_SNAPSHOT])
def test_a_note_is_taken_back_when_the_identifier_is_somebody_elses(look, table, theirs):
    rds = FakeExports([export_task("IN_PROGRESS", task_id=FIRST, source_arn=theirs)])
    rds.hidden.add(FIRST)
    look(wanted(), rds)
    assert rds.asked("start") == [FIRST]
    assert noted(table) == []


def test_a_note_of_the_identifier_that_is_passed_over_is_taken_back(look, table):
    rds = FakeExports([export_task("FAILED", task_id=FIRST)])
    rds.hidden.add(FIRST)
    look(wanted(), rds)
    assert rds.asked("start") == [FIRST, SECOND]
    assert noted(table) == [SECOND]


def test_an_adopted_export_is_never_noted(look, table):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs")])
    look(wanted(), rds)
    assert table.calls == []


@pytest.mark.parametrize("error", [LostResponse(), aws_error(ServiceUnavailableException)])
def test_a_note_is_kept_when_the_answer_is_lost(look, table, hand_clock, error):
    rds = FakeExports()
    rds.will("start", error)
    seen = look(wanted(), rds)
    assert noted(table) == [FIRST]
    hand_clock.move(seen.wait_seconds)
    look(seen.work, rds)
    assert noted(table) == list(rds.tasks) == [FIRST]


@pytest.mark.parametrize("unfindable", [True, False])
def test_a_note_is_kept_when_the_identifier_is_taken_by_its_own_lost_start(
    look, table, hand_clock, unfindable
):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)
    rds.unfindable |= {FIRST} if unfindable else set()
    seen = look(wanted(), rds)
    hand_clock.move(seen.wait_seconds)
    look(seen.work, rds)
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
    look, table, hand_clock, error
):
    """The first one may have taken effect without being listed yet."""
    rds = FakeExports()
    rds.will("start", LostResponse(), aws_error(error))
    rds.hidden.add(FIRST)
    seen = look(wanted(), rds)
    hand_clock.move(seen.wait_seconds)
    if error is ThrottlingException:
        with pytest.raises(ThrottlingException):
            look(seen.work, rds)
    else:
        look(seen.work, rds)
    assert noted(table) == list(rds.tasks) == [FIRST]


def test_every_attempt_is_noted(look, table):
    rds = FakeExports()
    seen = look(wanted(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    look(seen.work, rds)
    assert SECOND in noted(table)


def test_nothing_is_noted_of_an_export_that_may_outlive_its_execution(look, table, hand_clock):
    rds = FakeExports()
    rds.will("start", aws_error(ExportTaskLimitReachedException), LostResponse())
    seen = look(export_work(on_abort="leave"), rds)
    for _ in range(2):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    assert seen.work.progress.task_id == FIRST
    assert table.calls == []


def test_a_request_to_cancel_notes_nothing(look, table):
    look(export_work(CANCELED, on_abort="cancel"), FakeExports([export_task("IN_PROGRESS")]))
    assert table.calls == []
