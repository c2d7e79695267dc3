"""A clean-up cancels what the execution started, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.exports import reconcile_export
from lambdas.exports.started import StartedExport, StartedExports
from lambdas.requests import plan_clean_up
from tests.unit.builders import (
    EXECUTION,
    SNAPSHOT,
    any_export_job,
    export_task,
)
from tests.unit.conftest import ManualClock
from tests.unit.fakes import (
    FakeExports,
    FakeTable,
)
from tests.unit.handlers.functions import (
    accept,
    advance,
    invoke,
    items,
)


def cleaned_up(arn: str, manual_clock: ManualClock) -> dict[str, Any]:
    """Return the outcome of an execution's clean-up."""
    event = {**accept(clean_up(arn)), "execution_arn": EXECUTION, "execution_name": "run-1"}
    planned = invoke(plan_clean_up.handler, event)
    answer = planned if "outcome" in planned else advance(planned, manual_clock)
    outcome: dict[str, Any] = answer["outcome"]
    return outcome


LEFT_BEHIND_BY = f"{EXECUTION}-aborted"


def clean_up(arn: str = LEFT_BEHIND_BY) -> dict[str, Any]:
    return {"clean_up": {"execution_arn": arn}}


@pytest.fixture
def aborted(executions) -> None:
    """Executions of which it is only known that they were aborted."""
    for arn in (EXECUTION, LEFT_BEHIND_BY):
        executions.add(arn, "ABORTED")


def note(table: FakeTable, task_id: str, arn: str = LEFT_BEHIND_BY) -> None:
    started = StartedExports(table.NAME, connect=lambda _service: table)
    export = StartedExport(task_id, SNAPSHOT, job="0.0", cancel_on_abort=True)
    started.record(arn, export, expires_at=2e9)


def test_a_clean_up_cancels_what_the_execution_started_and_nothing_else(
    rds, aborted, table, manual_clock
):
    names = ("mine", "theirs", "another", "done")
    rds.tasks |= {name: export_task("IN_PROGRESS", task_id=name) for name in names}
    rds.end("done", "COMPLETE")
    note(table, "mine")
    note(table, "done")
    note(table, "theirs", arn=f"{EXECUTION}-other")
    rds.will("of_source", *[None, cancels_end(rds)] * 3)
    outcome = cleaned_up(LEFT_BEHIND_BY, manual_clock)
    assert outcome["phase"] == "COMPLETE"
    assert sorted(
        (entry["details"]["export_task_identifier"], entry["reason"], entry["target"])
        for entry in outcome["resources"]
    ) == [
        ("done", "FinishedBeforeCancel", "CANCELED"),
        ("mine", "TargetReached", "CANCELED"),
    ]
    assert rds.asked("cancel") == ["mine"]
    assert rds.tasks["theirs"].status == rds.tasks["another"].status == "IN_PROGRESS"
    assert rds.asked("start") == []


def test_a_clean_up_after_a_start_that_never_took_effect_finds_nothing(
    rds, aborted, table, manual_clock
):
    rds.tasks["theirs"] = export_task("IN_PROGRESS", task_id="theirs")
    note(table, "mine")
    outcome = cleaned_up(LEFT_BEHIND_BY, manual_clock)
    assert [entry["reason"] for entry in outcome["resources"]] == ["NothingToCancel"]
    assert outcome["phase"] == "COMPLETE"
    assert rds.asked("cancel") == []


def test_a_clean_up_after_an_execution_that_noted_nothing_is_complete(
    rds, aborted, table, manual_clock
):
    note(table, "theirs", arn=f"{EXECUTION}-other")
    outcome = cleaned_up(LEFT_BEHIND_BY, manual_clock)
    assert (outcome["phase"], outcome["resources"]) == ("COMPLETE", [])
    assert table.calls[-1] == ("query", f"started#{LEFT_BEHIND_BY}")


def test_an_aborted_request_is_cleaned_up_by_what_it_noted_itself(
    rds, aborted, table, manual_clock
):
    state = accept(any_export_job(on_abort="cancel"))
    (item,) = items(state["plan"])
    invoke(reconcile_export.handler, item)
    (task_id,) = rds.tasks
    rds.will("of_source", None, lambda: rds.end(task_id, "CANCELED"))
    outcome = cleaned_up(EXECUTION, manual_clock)
    assert [entry["reason"] for entry in outcome["resources"]] == ["TargetReached"]
    assert rds.asked("cancel") == [task_id]


def test_an_aborted_request_that_leaves_its_export_has_nothing_to_clean_up(
    rds, aborted, manual_clock
):
    state = accept(any_export_job(on_abort="leave"))
    invoke(reconcile_export.handler, items(state["plan"])[0])
    assert cleaned_up(EXECUTION, manual_clock)["resources"] == []
    assert rds.asked("cancel") == []


@pytest.mark.parametrize("asked", [{}, {"execution_arn": "a"}, None, "all", ["execution_arn"]])
def test_a_clean_up_that_does_not_say_whose_is_rejected(asked):
    assert accept({"clean_up": asked})["outcome"]["reason"] == "RequestRejected"


@pytest.mark.usefixtures("uncounted")
def test_a_clean_up_is_accepted_without_a_read_of_what_it_cleans_up(table, executions):
    assert accept(clean_up()) == clean_up()
    assert (table.calls, executions.calls) == ([], [])


def test_a_clean_up_cancels_a_start_that_takes_effect_after_the_abort(
    rds, aborted, table, manual_clock
):
    note(table, "mine")
    starting = export_task("STARTING", task_id="mine")
    rds.will(
        "of_source", None, None, lambda: rds.tasks.update(mine=starting), None, cancels_end(rds)
    )
    outcome = cleaned_up(LEFT_BEHIND_BY, manual_clock)
    assert [entry["reason"] for entry in outcome["resources"]] == ["TargetReached"]
    assert rds.asked("cancel") == ["mine"]


def cancels_end(rds: FakeExports) -> Callable[[], None]:
    def end() -> None:
        for task_id in rds.asked("cancel"):
            rds.end(task_id, "CANCELED")

    return end
