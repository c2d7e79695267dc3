"""Everything RDS can say of a source's tasks, and the one thing that is done about it."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import (
    CANCEL_GRACE_SECONDS,
    CANCELABLE,
    ENDED,
    MAX_REFUSALS,
    MAX_UNEXPLAINED_POLLS,
    START_GRACE_SECONDS,
    Cancel,
    Decision,
    Destination,
    ExportStatus,
    ExportTask,
    Queue,
    Reached,
    Refuse,
    Start,
    TryAgain,
    Watch,
    decide,
    is_unexplained,
)
from lambdas.exports.details import ExportAttempt
from lambdas.exports.identifier import identifier
from lambdas.exports.work import ExportProgress
from lambdas.jobs.phases import Reason
from tests.unit.builders import (
    CLUSTER,
    CLUSTER_SNAPSHOT,
    DESTINATION,
    NOW,
    SNAPSHOT,
    export_job,
    export_task,
)

COMPLETE, CANCELED = ExportTarget.COMPLETE, ExportTarget.CANCELED

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


def decided(
    *tasks: ExportTask,
    target: ExportTarget = COMPLETE,
    progress: ExportProgress | None = None,
    destination: Destination = DESTINATION,
    began_at: float = NOW,
    age: float = 0.0,
    **job: Any,
) -> Decision:
    given = export_job(target, **job)
    return decide(
        tasks, given, progress or ExportProgress(), destination, began_at=began_at, age=age
    )


def own(**fields: Any) -> ExportProgress:
    return ExportProgress(**{"task_id": "any-task", "requested_task_id": "any-task", **fields})


def in_words(decision: Decision) -> str:
    match decision:
        case Reached(_, reason) | Refuse(_, reason):
            return reason.value
        case _:
            return type(decision).__name__.lower()


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


def test_starts_where_there_is_nothing():
    assert decided() == Start(identifier(SNAPSHOT, (), DESTINATION.prefix, 1))


def test_nothing_to_cancel_where_there_is_nothing():
    assert decided(target=CANCELED) == Reached(None, Reason.NOTHING_TO_CANCEL)


@pytest.mark.parametrize("arn", [SNAPSHOT, CLUSTER_SNAPSHOT])
@pytest.mark.parametrize("started_at", [None, NOW - 90_000, NOW + 1])
def test_a_snapshot_that_is_exported_stays_exported(arn, started_at):
    done = export_task("COMPLETE", source_arn=arn, started_at=started_at)
    assert decided(done, source_arn=arn) == Reached(done, Reason.TARGET_REACHED)


@pytest.mark.parametrize(
    ("started_at", "decision"),
    [(None, Start), (NOW - 1, Start), (NOW, Reached), (NOW + 9, Reached)],
)
def test_a_cluster_that_was_exported_before_is_exported_again(started_at, decision):
    done = export_task("COMPLETE", source_arn=CLUSTER, started_at=started_at, ended_at=NOW)
    assert isinstance(decided(done, source_arn=CLUSTER), decision)


@pytest.mark.parametrize("arn", [SNAPSHOT, CLUSTER])
def test_adopts_what_runs_already(arn):
    running = export_task("STARTING", source_arn=arn, started_at=NOW - 500)
    assert decided(running, source_arn=arn) == Watch(running)


@pytest.mark.parametrize("arn", [SNAPSHOT, CLUSTER_SNAPSHOT, CLUSTER])
def test_what_is_complete_is_enough_whatever_else_runs(arn):
    done = export_task("COMPLETE", task_id="done", source_arn=arn, started_at=NOW)
    running = export_task("IN_PROGRESS", task_id="running", source_arn=arn)
    for tasks in ((done, running), (running, done)):
        assert decided(*tasks, source_arn=arn) == Reached(done, Reason.TARGET_REACHED)


def test_what_runs_is_preferred_to_an_export_of_a_cluster_that_was_complete_before():
    done = export_task("COMPLETE", task_id="done", source_arn=CLUSTER, started_at=NOW - 1)
    running = export_task("IN_PROGRESS", task_id="running", source_arn=CLUSTER)
    assert decided(done, running, source_arn=CLUSTER) == Watch(running)


def test_takes_the_last_of_the_complete_ones():
    old, new = (
        export_task("COMPLETE", task_id=f"at-{end}", ended_at=NOW + end) for end in range(2)
    )
    assert decided(old, new) == decided(new, old) == Reached(new, Reason.TARGET_REACHED)


@pytest.mark.parametrize(
    "other",
    [
        {"bucket": "elsewhere"},
        {"prefix": "elsewhere"},
        {"export_only": ("shop.customers",)},
        {"export_only": ("shop.orders", "shop.customers")},
        {"export_only": ()},
    ],
)
def test_another_export_of_the_source_is_waited_for_and_never_adopted(other):
    fields = {"export_only": ("shop.orders",)} | other
    running = decided(export_task("IN_PROGRESS", **fields), export_only=("shop.orders",))
    assert isinstance(running, Queue)
    assert "any-task" in running.why
    done = decided(export_task("COMPLETE", **fields), export_only=("shop.orders",))
    assert isinstance(done, Start)


def test_the_order_of_tables_makes_no_other_export():
    running = export_task("IN_PROGRESS", export_only=("b", "a"))
    assert decided(running, export_only=("a", "b")) == Watch(running)


def test_a_task_that_is_being_canceled_still_holds_the_source():
    assert isinstance(decided(export_task("CANCELING", bucket="elsewhere")), Queue)


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_starts_again_under_another_identifier_after_a_task_that_came_to_nothing(status):
    first, second, third = (
        identifier(SNAPSHOT, (), DESTINATION.prefix, generation) for generation in (1, 2, 3)
    )
    assert decided(export_task(status, task_id=first)) == Start(second)
    assert decided(
        export_task(status, task_id=first), export_task(status, task_id=second)
    ) == Start(third)


def test_skips_identifiers_of_earlier_generations():
    second = identifier(SNAPSHOT, (), DESTINATION.prefix, 2)
    assert decided(progress=ExportProgress(generation=2)) == Start(second)


def test_a_task_that_was_asked_for_is_its_own_even_if_the_answer_was_lost():
    task = export_task("STARTING", task_id="asked")
    assert decided(task, progress=ExportProgress(requested_task_id="asked")) == Watch(task)


def test_keeps_to_its_own_task():
    mine = export_task("IN_PROGRESS")
    other = export_task("COMPLETE", task_id="other", ended_at=NOW + 1)
    assert decided(other, mine, progress=own()) == Watch(mine)


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


@pytest.mark.parametrize("ended", sorted(ENDED))
def test_cancels_what_runs_and_not_what_has_ended(ended):
    running = export_task("IN_PROGRESS", task_id="running")
    done = export_task(ended, task_id="done", ended_at=NOW)
    assert decided(done, running, target=CANCELED) == Cancel(running)


def test_cancels_an_export_of_some_tables_when_the_request_names_none():
    running = export_task("IN_PROGRESS", export_only=("shop.orders",))
    assert decided(running, target=CANCELED) == Cancel(running)


def test_does_not_cancel_an_export_of_other_tables_than_the_request_names():
    running = export_task("IN_PROGRESS", export_only=("shop.orders",))
    decision = decided(running, target=CANCELED, export_only=("shop.customers",))
    assert in_words(decision) == Reason.NOTHING_TO_CANCEL


def test_does_not_cancel_an_export_to_another_bucket():
    running = export_task("IN_PROGRESS", bucket="elsewhere")
    assert in_words(decided(running, target=CANCELED)) == Reason.NOTHING_TO_CANCEL


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
    freed = with_failures(1).model_copy(update={"task_id": None, "requested_task_id": None})
    assert decided(one, progress=freed, max_attempts=3) == Start(second)
    assert decided(one, two, progress=freed, max_attempts=3) == Start(third)


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


def noted(name: str = "noted") -> ExportProgress:
    return ExportProgress(requested_task_id=name, never_adopts=True)


@pytest.mark.parametrize("status", sorted(CANCELABLE))
def test_a_clean_up_cancels_the_one_task_and_no_other(status):
    mine, other = export_task(status, task_id="noted"), export_task(status, task_id="other")
    assert decided(other, mine, target=CANCELED, progress=noted()) == Cancel(mine)


@pytest.mark.parametrize("status", [*ExportStatus, "NEW_STATUS"])
def test_a_clean_up_finds_nothing_where_only_others_are(status):
    decision = decided(
        export_task(status), target=CANCELED, progress=noted(), age=START_GRACE_SECONDS
    )
    assert decision == Reached(None, Reason.NOTHING_TO_CANCEL)


@pytest.mark.parametrize(
    "unexplained_polls", [0, MAX_UNEXPLAINED_POLLS, 10 * MAX_UNEXPLAINED_POLLS]
)
def test_a_clean_up_waits_for_a_start_that_may_be_on_its_way(unexplained_polls):
    progress = noted().model_copy(update={"unexplained_polls": unexplained_polls})
    age = START_GRACE_SECONDS - 0.1
    assert decided(target=CANCELED, progress=progress, age=age) == Watch(None)
    started = export_task("STARTING", task_id="noted")
    assert decided(started, target=CANCELED, progress=progress, age=age) == Cancel(started)


def test_a_request_to_cancel_finds_nothing_at_once():
    assert decided(target=CANCELED, age=0) == Reached(None, Reason.NOTHING_TO_CANCEL)


def test_a_job_with_an_export_id_adopts_only_what_has_it():
    plain = export_task("IN_PROGRESS", task_id=identifier(SNAPSHOT, (), "exports", 1))
    mine = export_task("IN_PROGRESS", task_id=identifier(SNAPSHOT, (), "exports", 2, "nightly"))
    assert isinstance(decided(plain, export_id="nightly"), Queue)
    assert decided(mine, export_id="nightly") == Watch(mine)


def test_a_job_with_an_export_id_exports_again_what_is_exported_under_another():
    done = export_task("COMPLETE", task_id=identifier(SNAPSHOT, (), "exports", 1, "yesterday"))
    started = Start(identifier(SNAPSHOT, (), "exports", 1, "today"))
    assert decided(done, export_id="today") == started
