"""What is done after the deadline."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.decisions import (
    CANCEL_GRACE_SECONDS,
    MAX_REFUSALS,
    Cancel,
    Decision,
    ExportStatus,
    ExportTask,
    Watch,
)
from lambdas.exports.work import ExportProgress
from lambdas.jobs.phases import Reason
from tests.unit.builders import (
    NOW,
    export_task,
)
from tests.unit.export_decisions.decisions import decided, in_words, own

PAST = 3_600
LATE = """
status       leave/own         cancel/own        cancel/adopted    cancel/asked only
STARTING     DeadlineExceeded  cancel            DeadlineExceeded  cancel
IN_PROGRESS  DeadlineExceeded  cancel            DeadlineExceeded  cancel
CANCELING    DeadlineExceeded  watch             DeadlineExceeded  watch
COMPLETE     TargetReached     TargetReached     TargetReached     TargetReached
FAILED       ExportFailed      ExportFailed      ExportFailed      ExportFailed
CANCELED     ExportCanceled    ExportCanceled    ExportCanceled    ExportCanceled
NEW_STATUS   DeadlineExceeded  DeadlineExceeded  DeadlineExceeded  DeadlineExceeded
"""
_LATE_HEADER, *_LATE_ROWS = [
    [cell.strip() for cell in line.split("  ") if cell] for line in LATE.strip().splitlines()
]
LATE_CELLS = [
    (status, *column.split("/"), word)
    for status, *words in _LATE_ROWS
    for column, word in zip(_LATE_HEADER[1:], words, strict=True)
]
WHOSE = {
    "own": own(),
    "adopted": ExportProgress(task_id="any-task"),
    "asked only": ExportProgress(requested_task_id="any-task"),
}


@pytest.mark.parametrize(("status", "on_deadline", "whose", "word"), LATE_CELLS)
@pytest.mark.parametrize("age", [PAST, PAST + CANCEL_GRACE_SECONDS - 1])
def test_does_after_the_deadline_what_the_table_says(status, on_deadline, whose, word, age):
    decision = decided(
        export_task(status),
        progress=WHOSE[whose],
        age=age,
        deadline_seconds=PAST,
        on_deadline=on_deadline,
    )
    assert in_words(decision) == word


def test_the_table_of_the_deadline_covers_every_status():
    assert {status for status, *_ in LATE_CELLS} == {*ExportStatus, "NEW_STATUS"}


def late(*tasks: ExportTask, age: float = PAST, **fields: Any) -> Decision:
    given: dict[str, Any] = {
        "deadline_seconds": PAST,
        "on_deadline": "cancel",
        "progress": own(),
    } | fields
    return decided(*tasks, age=age, **given)


def test_the_deadline_passes_with_its_second():
    running = export_task("IN_PROGRESS")
    assert late(running, age=PAST - 0.001) == Watch(running)
    assert late(running, age=PAST) == Cancel(running)


def test_waits_no_longer_than_the_grace_for_a_cancel_to_end():
    canceling = export_task("CANCELING")
    assert late(canceling, age=PAST + CANCEL_GRACE_SECONDS - 0.001) == Watch(canceling)
    decision = late(canceling, age=PAST + CANCEL_GRACE_SECONDS)
    assert in_words(decision) == Reason.DEADLINE_EXCEEDED
    assert "CANCELING" in decision.why


def test_fails_at_the_deadline_when_no_cancel_has_an_effect():
    running = export_task("IN_PROGRESS")
    assert late(running, progress=own(refusals=MAX_REFUSALS)) == Cancel(running)
    decision = late(running, progress=own(refusals=MAX_REFUSALS + 1))
    assert in_words(decision) == Reason.DEADLINE_EXCEEDED


def test_an_export_that_was_canceled_at_the_deadline_is_late_and_not_someones_doing():
    decision = late(export_task("CANCELED"), progress=own(cancel_requested=True))
    assert in_words(decision) == Reason.DEADLINE_EXCEEDED


@pytest.mark.parametrize("progress", [ExportProgress(), own()])
@pytest.mark.parametrize("on_deadline", ["cancel", "leave"])
def test_nothing_is_started_and_nobody_waited_for_after_the_deadline(progress, on_deadline):
    decision = late(progress=progress, on_deadline=on_deadline)
    assert in_words(decision) == Reason.DEADLINE_EXCEEDED


def test_nothing_is_tried_again_after_the_deadline():
    assert in_words(late(export_task("FAILED"), max_attempts=5)) != "tryagain"


def test_a_job_that_queues_at_its_deadline_leaves_the_other_export_alone():
    theirs = export_task("IN_PROGRESS", bucket="elsewhere")
    decision = late(theirs, progress=ExportProgress(queued_since=NOW))
    assert in_words(decision) == Reason.DEADLINE_EXCEEDED
