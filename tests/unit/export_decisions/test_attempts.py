"""A failed export is tried again as the request says, unless a person has to act."""

from __future__ import annotations

import pytest

from lambdas.exports.decisions import (
    ExportStatus,
    Start,
    TryAgain,
)
from lambdas.exports.details import ExportAttempt
from lambdas.exports.identifier import identifier
from lambdas.exports.work import ExportProgress
from lambdas.jobs.phases import Reason
from tests.unit.builders import (
    DESTINATION,
    SNAPSHOT,
    export_task,
)
from tests.unit.export_decisions.decisions import CANCELED, decided, in_words, own


def with_failures(count: int) -> ExportProgress:
    return own(
        failed=tuple(
            ExportAttempt(export_task_identifier=f"t-{n}", status="FAILED", failure_cause=None)
            for n in range(count)
        )
    )


@pytest.mark.parametrize(
    ("failed", "most", "word"),
    [
        (0, 1, "ExportFailed"),
        (0, 2, "tryagain"),
        (1, 2, "ExportFailed"),
        (1, 3, "tryagain"),
        (2, 3, "ExportFailed"),
        (3, 5, "tryagain"),
        (4, 5, "ExportFailed"),
    ],
)
def test_tries_again_as_often_as_the_request_says(failed, most, word):
    task = export_task("FAILED", failure_cause="no space")
    assert in_words(decided(task, progress=with_failures(failed), max_attempts=most)) == word


@pytest.mark.parametrize(
    "cause",
    [
        "The KMS key is disabled",
        "The role cannot be assumed",
        "The bucket is gone",
        "not supported",
    ],
)
def test_does_not_try_again_what_a_person_must_fix(cause):
    task = export_task("FAILED", failure_cause=cause)
    decision = decided(task, progress=own(), max_attempts=5)
    assert in_words(decision) == Reason.EXPORT_FAILED
    assert decision.why.startswith(f"{cause}: check")


@pytest.mark.parametrize("cause", [None, "", "no space"])
def test_tries_a_failure_again_that_no_person_must_fix(cause):
    task = export_task("FAILED", failure_cause=cause)
    assert decided(task, progress=own(), max_attempts=2) == TryAgain(task)


@pytest.mark.parametrize("status", sorted({*ExportStatus, "NEW_STATUS"} - {"FAILED"}))
def test_tries_only_a_failed_export_again(status):
    decision = decided(export_task(status), progress=own(), max_attempts=5)
    assert not isinstance(decision, TryAgain | Start)


@pytest.mark.parametrize("target", [CANCELED])
def test_an_export_that_is_to_be_canceled_is_never_tried_again(target):
    decision = decided(export_task("FAILED"), target=target, progress=own(), max_attempts=5)
    assert in_words(decision) == Reason.FINISHED_BEFORE_CANCEL


def test_another_try_takes_the_next_identifier():
    first, second, third = (identifier(SNAPSHOT, (), DESTINATION.prefix, n) for n in (1, 2, 3))
    one, two = export_task("FAILED", task_id=first), export_task("FAILED", task_id=second)
    freed = with_failures(1).replace(task_id=None, requested_task_id=None)
    assert decided(one, progress=freed, max_attempts=3) == Start(second)
    assert decided(one, two, progress=freed, max_attempts=3) == Start(third)
