"""A clean-up cancels the one task that its execution noted."""

from __future__ import annotations

import pytest

from lambdas.exports.decisions import (
    CANCELABLE,
    Cancel,
    ExportStatus,
    Reached,
    Watch,
)
from lambdas.exports.work import ExportProgress
from lambdas.jobs.phases import Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.shared.limits import OUTLIVES_EXECUTION_SECONDS
from tests.unit.builders import (
    export_task,
)
from tests.unit.export_decisions.decisions import CANCELED, decided


def noted(name: str = "noted") -> ExportProgress:
    return ExportProgress(requested_task_id=name, never_adopts=True)


@pytest.mark.parametrize("status", sorted(CANCELABLE))
def test_a_clean_up_cancels_the_one_task_and_no_other(status):
    mine, other = export_task(status, task_id="noted"), export_task(status, task_id="other")
    assert decided(other, mine, target=CANCELED, progress=noted()) == Cancel(mine)


@pytest.mark.parametrize("status", [*ExportStatus, "NEW_STATUS"])
def test_a_clean_up_finds_nothing_where_only_others_are(status):
    decision = decided(
        export_task(status), target=CANCELED, progress=noted(), age=OUTLIVES_EXECUTION_SECONDS
    )
    assert decision == Reached(None, Reason.NOTHING_TO_CANCEL)


@pytest.mark.parametrize(
    "unexplained_polls", [0, MAX_UNEXPLAINED_POLLS, 10 * MAX_UNEXPLAINED_POLLS]
)
def test_a_clean_up_waits_for_a_start_that_may_be_on_its_way(unexplained_polls):
    progress = noted().replace(unexplained_polls=unexplained_polls)
    age = OUTLIVES_EXECUTION_SECONDS - 0.1
    assert decided(target=CANCELED, progress=progress, age=age) == Watch(None)
    started = export_task("STARTING", task_id="noted")
    assert decided(started, target=CANCELED, progress=progress, age=age) == Cancel(started)


def test_a_request_to_cancel_finds_nothing_at_once():
    assert decided(target=CANCELED, age=0) == Reached(None, Reason.NOTHING_TO_CANCEL)
