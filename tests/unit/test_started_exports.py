"""What an execution has started is written down in time, and read again in full."""

from __future__ import annotations

import pytest

from lambdas.aws.errors import AccessDeniedException, ThrottlingException
from lambdas.aws.started_exports import (
    KEPT_AFTER_DEADLINE,
    Notes,
    StartedExport,
    StartedExports,
)
from tests.unit.builders import EXECUTION, NOW, OTHER_SNAPSHOT, SNAPSHOT, export_work
from tests.unit.fakes import FakeTable, client_error

OTHER_EXECUTION = f"{EXECUTION}-2"


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def started(table) -> StartedExports:
    return StartedExports(table.NAME, connect={"dynamodb": table}.__getitem__)


def test_reads_what_this_execution_has_started_and_no_other(started):
    mine = [StartedExport("a", SNAPSHOT), StartedExport("b", OTHER_SNAPSHOT)]
    for export in mine:
        started.record(EXECUTION, export, expires_at=NOW)
    started.record(OTHER_EXECUTION, StartedExport("c", SNAPSHOT), expires_at=NOW)
    assert list(started.of(EXECUTION)) == mine
    assert started.of(OTHER_EXECUTION) == (StartedExport("c", SNAPSHOT),)


def test_an_execution_that_started_nothing_left_nothing_behind(started):
    assert started.of(EXECUTION) == ()


def test_forgets_one_and_not_the_other(started):
    for name in ("a", "b"):
        started.record(EXECUTION, StartedExport(name, SNAPSHOT), expires_at=NOW)
    started.forget(EXECUTION, "a")
    assert started.of(EXECUTION) == (StartedExport("b", SNAPSHOT),)


def test_to_record_twice_and_to_forget_twice_is_to_do_it_once(started):
    for _ in range(2):
        started.record(EXECUTION, StartedExport("a", SNAPSHOT), expires_at=NOW)
    assert len(started.of(EXECUTION)) == 1
    for _ in range(2):
        started.forget(EXECUTION, "a")
    assert started.of(EXECUTION) == ()


@pytest.mark.parametrize("operation", ["delete_item", "put_item", "query"])
@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("AccessDeniedException", AccessDeniedException),
        ("ProvisionedThroughputExceededException", ThrottlingException),
    ],
)
def test_a_table_that_refuses_is_told_by_name(table, started, operation, code, named):
    table.will(operation, client_error(code))
    calls = {
        "delete_item": lambda: started.forget(EXECUTION, "a"),
        "put_item": lambda: started.record(EXECUTION, StartedExport("a", SNAPSHOT), expires_at=NOW),
        "query": lambda: started.of(EXECUTION),
    }
    with pytest.raises(named):
        calls[operation]()


def test_a_note_outlives_the_deadline_by_long_enough_for_a_late_clean_up(
    table, started, hand_clock
):
    Notes(export_work(on_abort="cancel", deadline_seconds=600), EXECUTION, started).record("a")
    (item,) = table.items.values()
    assert item["expires_at"] == {"N": str(int(NOW) + 600 + KEPT_AFTER_DEADLINE)}
    assert started.of(EXECUTION) == (StartedExport("a", SNAPSHOT),)


def test_a_note_is_taken_back(table, started, hand_clock):
    notes = Notes(export_work(on_abort="cancel"), EXECUTION, started)
    notes.record("a")
    notes.forget("a")
    assert table.items == {}


def test_nothing_is_noted_of_an_export_that_may_outlive_its_execution(table, started, hand_clock):
    notes = Notes(export_work(on_abort="leave"), EXECUTION, started)
    notes.record("a")
    notes.forget("a")
    assert table.calls == []
