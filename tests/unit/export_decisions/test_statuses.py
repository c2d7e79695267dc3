"""What is done about a task in each of its statuses."""

from __future__ import annotations

import pytest

from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import (
    CANCELABLE,
    MAX_REFUSALS,
    Cancel,
    ExportStatus,
    Watch,
    is_unexplained,
)
from lambdas.exports.work import ExportProgress
from lambdas.jobs.phases import Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from tests.unit.builders import (
    export_task,
)
from tests.unit.export_decisions.decisions import CANCELED, COMPLETE, decided, in_words, own

EXPECTED = """
status       found/COMPLETE   own/COMPLETE     found/CANCELED         own/CANCELED
STARTING     watch            watch            cancel                 cancel
IN_PROGRESS  watch            watch            cancel                 cancel
CANCELING    watch            watch            watch                  watch
COMPLETE     TargetReached    TargetReached    FinishedBeforeCancel   FinishedBeforeCancel
FAILED       start            ExportFailed     FinishedBeforeCancel   FinishedBeforeCancel
CANCELED     start            ExportCanceled   TargetReached          TargetReached
NEW_STATUS   watch            watch            watch                  watch
"""

_HEADER, *_ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [
    (status, *column.split("/"), word)
    for status, *words in _ROWS
    for column, word in zip(_HEADER[1:], words, strict=True)
]


@pytest.mark.parametrize(("status", "whose", "target", "word"), CELLS)
def test_does_what_the_table_says(status, whose, target, word):
    progress = own() if whose == "own" else ExportProgress()
    decision = decided(export_task(status), target=ExportTarget(target), progress=progress)
    assert in_words(decision) == word
    if word != "start":
        assert decision.task == export_task(status)


def test_the_table_covers_every_status_and_target():
    assert {status for status, *_ in CELLS} == {*ExportStatus, "NEW_STATUS"}
    assert {column.split("/")[1] for column in _HEADER[1:]} == set(ExportTarget)


@pytest.mark.parametrize("status", [*ExportStatus, "NEW_STATUS", ""])
def test_only_asks_to_cancel_what_can_be_canceled(status):
    decision = decided(export_task(status), target=CANCELED)
    assert isinstance(decision, Cancel) == (status in CANCELABLE)


@pytest.mark.parametrize("status", ["NEW_STATUS", "", "complete", "CANCELLED"])
@pytest.mark.parametrize("target", ExportTarget)
def test_an_undocumented_status_is_watched_and_unexplained(status, target):
    decision = decided(export_task(status), target=target)
    assert isinstance(decision, Watch)
    assert is_unexplained(decision)


@pytest.mark.parametrize("status", ExportStatus)
def test_a_documented_status_is_never_unexplained(status):
    assert not is_unexplained(Watch(export_task(status)))


@pytest.mark.parametrize("target", ExportTarget)
def test_a_task_that_disappeared_is_polled_and_never_replaced(target):
    other = export_task("COMPLETE", task_id="other")
    decision = decided(other, target=target, progress=own())
    assert decision == Watch(None)
    assert is_unexplained(decision)


@pytest.mark.parametrize("target", ExportTarget)
def test_fails_for_a_task_that_disappeared(target):
    decision = decided(target=target, progress=own(unexplained_polls=MAX_UNEXPLAINED_POLLS + 1))
    assert in_words(decision) == Reason.EXPORT_VANISHED


@pytest.mark.parametrize("target", ExportTarget)
def test_fails_for_an_undocumented_status_by_its_name(target):
    progress = own(unexplained_polls=MAX_UNEXPLAINED_POLLS + 1)
    decision = decided(export_task("NEW_STATUS"), target=target, progress=progress)
    assert in_words(decision) == Reason.UNKNOWN_STATE
    assert "NEW_STATUS" in decision.why


@pytest.mark.parametrize(
    ("status", "target", "word"),
    [
        ("COMPLETE", COMPLETE, "TargetReached"),
        ("IN_PROGRESS", COMPLETE, "watch"),
        ("FAILED", COMPLETE, "ExportFailed"),
        ("CANCELED", CANCELED, "TargetReached"),
    ],
)
def test_a_status_that_makes_sense_counts_whatever_unexplained_polls_came_before(
    status, target, word
):
    progress = own(unexplained_polls=MAX_UNEXPLAINED_POLLS + 1)
    assert in_words(decided(export_task(status), target=target, progress=progress)) == word


@pytest.mark.parametrize(
    ("status", "target", "word"),
    [
        ("STARTING", COMPLETE, "watch"),
        ("COMPLETE", COMPLETE, "TargetReached"),
        ("CANCELED", CANCELED, "TargetReached"),
        ("CANCELING", CANCELED, "watch"),
    ],
)
def test_a_task_that_shows_up_counts_whatever_refusals_came_before(status, target, word):
    progress = own(refusals=MAX_REFUSALS + 1)
    assert in_words(decided(export_task(status), target=target, progress=progress)) == word


@pytest.mark.parametrize("target", ExportTarget)
def test_fails_when_requests_have_no_effect(target):
    tasks = [export_task("IN_PROGRESS")] if target is CANCELED else []
    decision = decided(*tasks, target=target, progress=ExportProgress(refusals=MAX_REFUSALS + 1))
    assert in_words(decision) == Reason.NO_ANSWER


def test_a_failure_has_its_cause():
    assert (
        decided(export_task("FAILED", failure_cause="no space"), progress=own()).why == "no space"
    )
    assert decided(export_task("FAILED"), progress=own()).why
