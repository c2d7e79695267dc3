"""What an execution has started is written down in time, and read again in full."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.started import (
    KEPT_AFTER_DEADLINE,
    Notes,
    StartedExport,
    StartedExports,
)
from lambdas.shared.errors import AccessDeniedException, ThrottlingException
from tests.unit.builders import EXECUTION, NOW, OTHER_SNAPSHOT, SNAPSHOT, export_work
from tests.unit.fakes import FakeTable, client_error

OTHER_EXECUTION = f"{EXECUTION}-2"


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def started(table) -> StartedExports:
    return StartedExports(table.NAME, connect={"dynamodb": table}.__getitem__)


def export(
    task_id: str, *, job: str = "0.0", source_arn: str = SNAPSHOT, cancel: bool = True
) -> StartedExport:
    return StartedExport(task_id, source_arn, job, cancel)


def test_reads_what_this_execution_has_started_and_no_other(started):
    mine = [export("a"), export("b", source_arn=OTHER_SNAPSHOT, cancel=False)]
    for one in mine:
        started.record(EXECUTION, one, expires_at=NOW)
    started.record(OTHER_EXECUTION, export("c"), expires_at=NOW)
    assert list(started.of_execution(EXECUTION)) == mine
    assert started.of_execution(OTHER_EXECUTION) == (export("c"),)


def test_an_execution_that_started_nothing_left_nothing_behind(started):
    assert started.of_execution(EXECUTION) == ()
    assert started.to_cancel(EXECUTION) == ()


def test_forgets_one_and_not_the_other(started):
    for name in ("a", "b"):
        started.record(EXECUTION, export(name), expires_at=NOW)
    started.forget(EXECUTION, "0.0", "a")
    assert started.of_execution(EXECUTION) == (export("b"),)


def test_the_notes_of_two_jobs_for_the_same_export_are_two(started):
    for job in ("0.0", "0.1"):
        assert not started.record(EXECUTION, export("a", job=job), expires_at=NOW)
    started.forget(EXECUTION, "0.1", "a")
    assert started.of_execution(EXECUTION) == (export("a", job="0.0"),)
    assert [started.holds(EXECUTION, job, "a") for job in ("0.0", "0.1")] == [True, False]


def test_what_is_to_be_canceled_is_reported_without_what_may_outlive_its_execution(started):
    notes = [
        export("a", job="0.0"),
        export("a", job="0.1"),
        export("b", job="0.2", source_arn=OTHER_SNAPSHOT),
        export("left", job="0.3", cancel=False),
    ]
    for note in notes:
        started.record(EXECUTION, note, expires_at=NOW)
    assert started.to_cancel(EXECUTION) == tuple(notes[:3])


def test_to_record_twice_and_to_forget_twice_is_to_do_it_once(started):
    noted = [started.record(EXECUTION, export("a"), expires_at=NOW) for _ in range(2)]
    assert noted == [False, True]
    assert len(started.of_execution(EXECUTION)) == 1
    for _ in range(2):
        started.forget(EXECUTION, "0.0", "a")
    assert started.of_execution(EXECUTION) == ()


REFUSALS = pytest.mark.parametrize(
    ("code", "named"),
    [
        ("AccessDeniedException", AccessDeniedException),
        ("ProvisionedThroughputExceededException", ThrottlingException),
    ],
)


@pytest.mark.parametrize("operation", ["delete_item", "get_item", "put_item", "query"])
@REFUSALS
def test_a_table_that_refuses_is_reported_by_name(table, started, operation, code, named):
    table.will(operation, client_error(code))
    calls = {
        "delete_item": lambda: started.forget(EXECUTION, "0.0", "a"),
        "get_item": lambda: started.holds(EXECUTION, "0.0", "a"),
        "put_item": lambda: started.record(EXECUTION, export("a"), expires_at=NOW),
        "query": lambda: started.to_cancel(EXECUTION),
    }
    with pytest.raises(named):
        calls[operation]()


def test_a_note_outlives_the_deadline_by_long_enough_for_a_late_clean_up(
    table, started, manual_clock
):
    Notes(export_work(on_abort="cancel", deadline_seconds=600), EXECUTION, started).record("a")
    (item,) = table.items.values()
    assert item["expires_at"] == {"N": str(int(NOW) + 600 + KEPT_AFTER_DEADLINE)}
    assert started.of_execution(EXECUTION) == (export("a"),)


def test_a_note_is_read_again_and_taken_back(table, started, manual_clock):
    notes = Notes(export_work(on_abort="cancel"), EXECUTION, started)
    assert not notes.holds("a")
    assert not notes.record("a")
    assert notes.holds("a")
    assert notes.record("a")
    notes.forget("a")
    assert table.items == {}


@pytest.mark.parametrize(
    ("fields", "canceled"),
    [
        ({}, False),
        ({"on_deadline": "cancel"}, False),
        ({"on_abort": "cancel"}, True),
        ({"on_abort": "cancel", "on_deadline": "cancel"}, True),
    ],
)
def test_every_start_is_noted_and_only_by_wish_to_be_canceled_after_an_abort(
    started, manual_clock, fields, canceled
):
    Notes(export_work(**fields), EXECUTION, started).record("a")
    assert started.of_execution(EXECUTION) == (export("a", cancel=canceled),)


@pytest.mark.parametrize("operation", ["delete_item", "get_item", "put_item"])
@REFUSALS
def test_a_table_out_of_reach_is_no_error_where_nothing_is_canceled_by_its_notes(
    table, started, manual_clock, operation, code, named
):
    def call(notes: Notes) -> object:
        table.will(operation, client_error(code))
        calls = {"delete_item": notes.forget, "get_item": notes.holds, "put_item": notes.record}
        return calls[operation]("a")

    assert not call(Notes(export_work(), EXECUTION, started))
    for field in ("on_abort", "on_deadline"):
        with pytest.raises(named):
            call(Notes(export_work(**dict[str, Any]({field: "cancel"})), EXECUTION, started))
