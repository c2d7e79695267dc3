"""One look at a source's export after the other, against exports that answer strictly."""

from __future__ import annotations

import pytest

from lambdas.aws.errors import (
    AccessDeniedException,
    ConflictException,
    ExportTaskLimitReachedException,
    IamRoleMissingPermissionsException,
    IamRoleNotFoundException,
    InvalidExportOnlyException,
    InvalidExportSourceStateException,
    InvalidExportTaskStateException,
    InvalidS3BucketException,
    KmsKeyNotAccessibleException,
    ResourceNotFoundException,
    ServiceUnavailableException,
    ThrottlingException,
    UnclassifiedException,
    ValidationException,
)
from lambdas.aws.started_exports import KEPT_AFTER_DEADLINE, Notes, StartedExports
from lambdas.domain.export_identity import identifier
from lambdas.domain.export_results import result
from lambdas.domain.exports import (
    CANCEL_GRACE_SECONDS,
    CANCELABLE,
    MAX_ODD_LOOKS,
    MAX_REFUSALS,
    ExportStatus,
)
from lambdas.domain.limits import MAX_TEXT_BYTES
from lambdas.domain.looks import Look
from lambdas.domain.outcomes import Entry
from lambdas.domain.phases import Phase, Reason
from lambdas.domain.requests import ExportTarget
from lambdas.domain.wakes import EXPORT_SLOT, source_key
from lambdas.domain.work import ExportWork
from lambdas.reconcile_export import reconcile
from tests.unit.builders import (
    CLUSTER,
    DESTINATION,
    EXECUTION,
    NOW,
    OTHER_SNAPSHOT,
    SNAPSHOT,
    export_task,
    export_work,
    json_bytes,
    through_json,
)
from tests.unit.fakes import (
    FakeExports,
    FakeFiles,
    FakeTable,
    LostResponse,
    aws_error,
    client_error,
)

COMPLETE, CANCELED = ExportTarget.COMPLETE, ExportTarget.CANCELED
FIRST, SECOND, THIRD = (identifier(SNAPSHOT, (), DESTINATION.prefix, n) for n in (1, 2, 3))
MANY_LOOKS = 100
ENDS = {Phase.COMPLETE, Phase.FAILED}
PERMANENT = [
    AccessDeniedException,
    ResourceNotFoundException,
    ValidationException,
    InvalidExportOnlyException,
    InvalidS3BucketException,
    IamRoleNotFoundException,
    IamRoleMissingPermissionsException,
    KmsKeyNotAccessibleException,
    UnclassifiedException,
]


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles()


@pytest.fixture
def look(hand_clock, table, files):
    """Take one look, with the work as Step Functions carries it."""

    def look(work: ExportWork, rds: FakeExports, budget: int = MANY_LOOKS) -> Look:
        carried = ExportWork.model_validate(
            through_json(work.model_dump(mode="json", exclude_defaults=True))
        )
        started = StartedExports(table.NAME, connect=lambda _service: table)
        return reconcile(carried, rds, files, Notes(carried, EXECUTION, started), budget)

    return look


@pytest.fixture
def settle(look, hand_clock):
    """Look again and again, waiting in between, until the export is settled."""

    def settle(work: ExportWork, rds: FakeExports, most: int = 60) -> Entry:
        for _ in range(most):
            seen = look(work, rds, budget=10_000)
            if seen.phase in ENDS:
                return entry_of(seen)
            work = seen.work
            assert seen.wait_seconds >= 1
            hand_clock.move(seen.wait_seconds)
        raise AssertionError(f"not settled after {most} looks: {work}")

    return settle


def entry_of(seen: Look) -> Entry:
    (entry,) = seen.settled
    assert entry.phase is seen.phase
    assert (seen.work, seen.wait_seconds) == (None, 0)
    return entry


def test_starts_an_export_and_waits(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    assert rds.calls == [("of_source", SNAPSHOT), ("start", FIRST)]
    assert seen.phase is Phase.IN_PROGRESS
    assert 162 <= seen.wait_seconds <= 180


def test_follows_its_export_to_the_end(look, hand_clock):
    rds = FakeExports()
    seen = look(export_work(export_only=("shop.orders",)), rds)
    (task_id,) = rds.tasks
    hand_clock.move(seen.wait_seconds)
    rds.move(task_id, "IN_PROGRESS", percent=50, started_at=NOW)
    seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    rds.end(task_id, "COMPLETE", percent=100, extracted_gb=40)
    entry = entry_of(look(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert (entry.id, entry.target, entry.polls) == (SNAPSHOT, "COMPLETE", 3)
    assert (entry.previous_state, entry.final_state) == (None, "COMPLETE")
    assert entry.details == {
        "export_task_identifier": task_id,
        "adopted": False,
        "s3_location": f"s3://stack-bucket/exports/{task_id}/",
        "tables": ("shop.orders",),
        "percent_progress": 100,
        "total_extracted_gb": 40,
        "failure_cause": None,
        "files_found": False,
        "files_status": None,
        "table_results": (),
        "tables_counted": 0,
        "tables_not_complete": 0,
    }
    assert rds.asked("start") == [task_id]


def test_its_own_export_is_nothing_that_was_there_before(look):
    rds = FakeExports()
    assert look(export_work(), rds).work.progress.previous_state is None


def test_what_it_cancels_was_there_before(look):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = look(export_work(CANCELED), rds)
    assert (seen.work.progress.previous_state, seen.work.progress.state) == (
        "IN_PROGRESS",
        "CANCELING",
    )


def test_adopts_an_export_that_runs_already(settle, look):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs")])
    seen = look(export_work(), rds)
    rds.end("theirs", "COMPLETE")
    entry = settle(seen.work, rds)
    assert not rds.asked("start")
    assert (entry.previous_state, entry.reason) == ("IN_PROGRESS", Reason.TARGET_REACHED)
    assert entry.details["adopted"] is True


def test_a_snapshot_that_is_exported_already_is_not_exported_again(look):
    rds = FakeExports([export_task("COMPLETE", task_id="theirs", ended_at=NOW - 90_000)])
    entry = entry_of(look(export_work(), rds))
    assert (entry.phase, entry.reason, entry.polls) == (Phase.COMPLETE, Reason.ALREADY_THERE, 1)
    assert entry.details["export_task_identifier"] == "theirs"
    assert not rds.asked("start")


def test_a_cluster_that_was_exported_before_is_exported_again(look):
    first = identifier(CLUSTER, (), DESTINATION.prefix, 1)
    rds = FakeExports(
        [export_task("COMPLETE", task_id=first, source_arn=CLUSTER, started_at=NOW - 90_000)]
    )
    seen = look(export_work(source_arn=CLUSTER), rds)
    assert rds.asked("start") == [identifier(CLUSTER, (), DESTINATION.prefix, 2)]
    assert seen.phase is Phase.IN_PROGRESS


def test_two_requests_for_one_source_share_one_export(settle):
    rds = FakeExports()
    rds.will("start", lambda: rds.tasks.update({FIRST: export_task("STARTING", task_id=FIRST)}))
    rds.will("of_source", None, lambda: rds.end(FIRST, "COMPLETE"))
    entry = settle(export_work(), rds)
    assert entry.phase is Phase.COMPLETE
    assert rds.asked("start") == [FIRST]
    assert len(rds.tasks) == 1


@pytest.mark.parametrize(
    "error", [ExportTaskLimitReachedException, InvalidExportSourceStateException]
)
def test_queues_where_there_is_no_room(look, hand_clock, error):
    rds = FakeExports()
    rds.will("start", aws_error(error), aws_error(error))
    seen = look(export_work(), rds)
    assert seen.phase is Phase.QUEUED
    assert 27 <= seen.wait_seconds <= 30
    hand_clock.move(seen.wait_seconds)
    seen = look(seen.work, rds)
    assert seen.phase is Phase.QUEUED
    assert seen.work.progress.queued_since == NOW
    hand_clock.move(seen.wait_seconds)
    seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST] * 3


def test_no_room_for_long_is_no_refusal(settle):
    rds = FakeExports()
    full = [aws_error(ExportTaskLimitReachedException) for _ in range(3 * MAX_REFUSALS)]
    rds.will("start", *full, lambda: rds.will("of_source", lambda: rds.end(FIRST, "COMPLETE")))
    assert settle(export_work(), rds).phase is Phase.COMPLETE


def test_queues_behind_another_export_of_the_source(look):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs", bucket="elsewhere")])
    seen = look(export_work(), rds)
    assert seen.phase is Phase.QUEUED
    assert not rds.asked("start")
    rds.end("theirs", "COMPLETE")
    assert look(seen.work, rds).phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("error", [LostResponse(), aws_error(ServiceUnavailableException)])
def test_looks_before_it_starts_again_after_no_answer(look, hand_clock, error):
    rds = FakeExports()
    rds.will("start", error)
    seen = look(export_work(), rds)
    assert seen.phase is Phase.IN_PROGRESS
    hand_clock.move(seen.wait_seconds)
    seen = look(seen.work, rds)
    assert len(rds.tasks) == 1
    rds.end(FIRST, "COMPLETE")
    entry = entry_of(look(seen.work, rds))
    assert entry.reason == Reason.TARGET_REACHED
    assert entry.details["adopted"] is False


def test_its_own_export_that_rds_does_not_list_yet_is_found_by_its_identifier(settle):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)
    rds.will("find", lambda: (rds.hidden.clear(), rds.end(FIRST, "COMPLETE")))
    assert settle(export_work(), rds).phase is Phase.COMPLETE
    assert len(rds.tasks) == 1


def test_its_own_export_that_rds_does_not_show_yet_is_not_started_twice(look, hand_clock):
    rds = FakeExports()
    rds.will("start", LostResponse())
    rds.hidden.add(FIRST)
    rds.unfindable.add(FIRST)
    seen = look(export_work(), rds)
    for _ in range(2):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    assert set(rds.tasks) == {FIRST}


def test_gives_up_when_no_start_is_ever_answered(settle):
    rds = FakeExports()
    rds.will("start", *[aws_error(ServiceUnavailableException) for _ in range(50)])
    entry = settle(export_work(), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.NO_ANSWER)
    assert len(rds.asked("start")) <= MAX_REFUSALS + 1


def test_an_export_that_shows_up_after_many_lost_answers_is_watched(look, hand_clock):
    rds = FakeExports()
    unanswered = [aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS)]
    rds.will("start", *unanswered, LostResponse())
    seen = look(export_work(), rds)
    for _ in range(MAX_REFUSALS + 1):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.progress.task_id == FIRST


def test_outlives_a_minute_in_which_rds_answers_no_start(look, hand_clock):
    rds = FakeExports()
    work = export_work()
    while hand_clock.time < NOW + 60:
        rds.will("start", aws_error(ServiceUnavailableException))
        seen = look(work, rds)
        assert seen.phase in {Phase.IN_PROGRESS, Phase.QUEUED}
        work = seen.work
        hand_clock.move(seen.wait_seconds)
    assert look(work, rds).work.progress.task_id == FIRST


def test_a_throttled_start_is_raised(look):
    rds = FakeExports()
    rds.will("start", aws_error(ThrottlingException))
    with pytest.raises(ThrottlingException):
        look(export_work(), rds)
    assert not rds.tasks


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_look_that_rds_does_not_answer_is_raised(look, error):
    rds = FakeExports()
    rds.will("of_source", aws_error(error))
    with pytest.raises(error):
        look(export_work(), rds)


@pytest.mark.parametrize("error", PERMANENT)
def test_a_permanent_refusal_ends_the_export_at_once(look, error):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    entry = entry_of(look(export_work(), rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, error.__name__)
    assert "any message" in entry.message
    assert entry.final_state is None


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_look_that_can_never_succeed_ends_the_export(look, error):
    rds = FakeExports()
    rds.will("of_source", aws_error(error))
    assert entry_of(look(export_work(), rds)).reason == error.__name__


def test_an_identifier_that_is_taken_by_its_own_kind_is_adopted(look):
    rds = FakeExports([export_task("IN_PROGRESS", task_id=FIRST)])
    rds.hidden.add(FIRST)
    seen = look(export_work(), rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.progress.task_id == FIRST
    assert rds.calls == [("of_source", SNAPSHOT), ("start", FIRST), ("find", FIRST)]


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_an_identifier_that_came_to_nothing_is_passed_over_in_the_same_look(look, status):
    rds = FakeExports([export_task(status, task_id=FIRST)])
    rds.hidden.add(FIRST)
    seen = look(export_work(), rds)
    assert rds.asked("start") == [FIRST, SECOND]
    assert seen.work.progress.task_id == SECOND


def test_an_identifier_that_rds_does_not_show_any_more_is_passed_over(look, hand_clock):
    rds = FakeExports([export_task("COMPLETE", task_id=name) for name in (FIRST, SECOND)])
    rds.hidden |= {FIRST, SECOND}
    rds.unfindable |= {FIRST, SECOND}
    seen = look(export_work(), rds)
    while seen.work.progress.task_id is None:
        assert seen.wait_seconds >= 1
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    assert rds.asked("start") == [FIRST, SECOND, THIRD]


def test_an_identifier_that_is_taken_by_another_source_is_a_collision(look):
    rds = FakeExports([export_task("COMPLETE", task_id=FIRST, source_arn=OTHER_SNAPSHOT)])
    entry = entry_of(look(export_work(), rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.IDENTIFIER_COLLISION)
    assert OTHER_SNAPSHOT in entry.message


def test_an_identifier_that_is_taken_for_another_bucket_is_passed_over(look):
    rds = FakeExports([export_task("COMPLETE", task_id=FIRST, bucket="elsewhere")])
    seen = look(export_work(), rds)
    assert seen.work.progress.task_id == SECOND


def test_a_failed_export_tells_its_cause(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    cause = "The KMS key is disabled. " + "x" * 900
    rds.end(FIRST, "FAILED", failure_cause=cause)
    entry = entry_of(look(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.EXPORT_FAILED)
    for text in (entry.message, entry.details["failure_cause"]):
        assert text.startswith("The KMS key is disabled.")
        assert len(text.encode()) == MAX_TEXT_BYTES
    assert entry.final_state == "FAILED"


def test_an_export_that_someone_cancels_fails(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    rds.move(FIRST, "CANCELING")
    seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    rds.end(FIRST, "CANCELED")
    assert entry_of(look(seen.work, rds)).reason == Reason.EXPORT_CANCELED
    assert rds.asked("start") == [FIRST]


def test_an_export_that_completes_in_spite_of_a_cancel_is_complete(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    rds.move(FIRST, "CANCELING")
    seen = look(seen.work, rds)
    rds.end(FIRST, "COMPLETE")
    assert entry_of(look(seen.work, rds)).phase is Phase.COMPLETE


def test_passes_on_what_rds_warns_of(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    rds.end(FIRST, "COMPLETE", warning='{"skippedTables":["a"]}' + "x" * 900)
    entry = entry_of(look(seen.work, rds))
    assert entry.phase is Phase.COMPLETE
    (warning,) = entry.warnings
    assert warning.startswith('{"skippedTables"')
    assert json_bytes(warning) - 2 == MAX_TEXT_BYTES


def test_cancels_what_runs(settle, look):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = look(export_work(CANCELED), rds)
    assert rds.asked("cancel") == ["any-task"]
    assert seen.phase is Phase.IN_PROGRESS
    rds.end("any-task", "CANCELED")
    entry = settle(seen.work, rds)
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert rds.asked("cancel") == ["any-task"]
    assert not rds.asked("start")


def test_nothing_to_cancel_completes(look):
    rds = FakeExports()
    entry = entry_of(look(export_work(CANCELED), rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.NOTHING_TO_CANCEL)
    assert (entry.previous_state, entry.final_state, entry.details) == (None, None, {})
    assert rds.calls == [("of_source", SNAPSHOT)]


def test_what_was_canceled_before_was_already_there(look):
    entry = entry_of(look(export_work(CANCELED), FakeExports([export_task("CANCELED")])))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.ALREADY_THERE)


@pytest.mark.parametrize("ended", ["COMPLETE", "FAILED"])
def test_an_export_that_ends_before_it_is_canceled_is_told_as_such(look, ended):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", lambda: rds.end("any-task", ended))
    entry = entry_of(look(export_work(CANCELED), rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.FINISHED_BEFORE_CANCEL)
    assert entry.final_state == ended
    assert rds.calls == [("of_source", SNAPSHOT), ("cancel", "any-task"), ("of_source", SNAPSHOT)]


def test_a_cancel_whose_answer_was_lost_is_not_repeated(settle, look):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", LostResponse())
    seen = look(export_work(CANCELED), rds)
    seen = look(seen.work, rds)
    rds.end("any-task", "CANCELED")
    assert settle(seen.work, rds).reason == Reason.TARGET_REACHED
    assert rds.asked("cancel") == ["any-task"]


@pytest.mark.parametrize("error", [ServiceUnavailableException, ConflictException])
def test_cancels_again_after_a_refusal_that_passes(settle, look, error):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", aws_error(error))
    seen = look(export_work(CANCELED), rds)
    seen = look(seen.work, rds)
    assert seen.work.progress.state == "CANCELING"
    assert rds.asked("cancel") == ["any-task"] * 2


@pytest.mark.parametrize("error", [ServiceUnavailableException, InvalidExportTaskStateException])
def test_gives_up_when_no_cancel_has_an_effect(settle, error):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", *[aws_error(error) for _ in range(50)])
    entry = settle(export_work(CANCELED), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.NO_ANSWER)
    assert len(rds.asked("cancel")) <= MAX_REFUSALS + 2


def test_an_export_that_is_canceled_after_many_lost_answers_is_canceled(look, hand_clock):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", *[aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS + 1)])
    seen = look(export_work(CANCELED), rds)
    for _ in range(MAX_REFUSALS):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    rds.end("any-task", "CANCELED")
    assert entry_of(look(seen.work, rds)).phase is Phase.COMPLETE


def test_a_throttled_cancel_is_raised(look):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", aws_error(ThrottlingException))
    with pytest.raises(ThrottlingException):
        look(export_work(CANCELED), rds)


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_cancel_that_may_not_be_done_ends_the_export(look, error):
    rds = FakeExports([export_task("IN_PROGRESS")])
    rds.will("cancel", aws_error(error))
    entry = entry_of(look(export_work(CANCELED), rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, error.__name__)
    assert entry.details["export_task_identifier"] == "any-task"


def test_a_task_that_vanishes_is_waited_for_and_given_up(settle, look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    rds.tasks.clear()
    entry = settle(seen.work, rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.EXPORT_VANISHED)
    assert MAX_ODD_LOOKS <= entry.polls <= MAX_ODD_LOOKS + 3
    assert FIRST in entry.message
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("target", ExportTarget)
def test_an_undocumented_status_is_waited_for_and_given_up(settle, target):
    rds = FakeExports([export_task("HIBERNATING")])
    entry = settle(export_work(target), rds)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.UNKNOWN_STATE)
    assert MAX_ODD_LOOKS <= entry.polls <= MAX_ODD_LOOKS + 3
    assert entry.final_state == "HIBERNATING"
    assert rds.asked("start") == rds.asked("cancel") == []


@pytest.mark.parametrize("odd", ["vanished", "unknown status"])
def test_an_export_that_completes_after_any_number_of_odd_looks_is_complete(look, hand_clock, odd):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = look(export_work(), rds)
    if odd == "vanished":
        rds.hidden.add("any-task")
    else:
        rds.move("any-task", "HIBERNATING")
    last = seen
    while seen.phase is Phase.IN_PROGRESS:
        last = seen
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds)
    rds.hidden.clear()
    rds.end("any-task", "COMPLETE")
    assert entry_of(look(last.work, rds)).phase is Phase.COMPLETE


@pytest.mark.parametrize("status", sorted(set(ExportStatus) - {"COMPLETE", "FAILED", "CANCELED"}))
def test_the_deadline_ends_whatever_has_not_ended(look, hand_clock, status):
    rds = FakeExports([export_task(status)])
    seen = look(export_work(deadline_seconds=600), rds)
    hand_clock.move(600)
    entry = entry_of(look(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)
    assert entry.elapsed_seconds == 600
    assert entry.details["export_task_identifier"] == "any-task"


def test_after_the_deadline_nothing_is_started_and_nothing_is_canceled(look, hand_clock):
    rds = FakeExports()
    rds.will("start", aws_error(ExportTaskLimitReachedException))
    seen = look(export_work(deadline_seconds=600), rds)
    hand_clock.move(601)
    assert entry_of(look(seen.work, rds)).reason == Reason.DEADLINE_EXCEEDED
    assert len(rds.asked("start")) == 1


def test_an_export_that_completes_late_is_complete(look, hand_clock):
    rds = FakeExports()
    seen = look(export_work(deadline_seconds=600), rds)
    rds.end(FIRST, "COMPLETE")
    hand_clock.move(10_000)
    assert entry_of(look(seen.work, rds)).phase is Phase.COMPLETE


@pytest.mark.parametrize("status", ["STARTING", "IN_PROGRESS", "CANCELING", "HIBERNATING"])
def test_the_last_wait_ends_at_the_deadline(look, hand_clock, status):
    rds = FakeExports([export_task(status, started_at=NOW - 50_000, percent=1)])
    seen = look(export_work(deadline_seconds=100), rds)
    while seen.phase is Phase.IN_PROGRESS:
        hand_clock.move(seen.wait_seconds)
        assert hand_clock.time <= NOW + 101
        seen = look(seen.work, rds)
    assert seen.phase is Phase.FAILED


def test_hands_the_work_to_a_fresh_child_when_the_looks_are_spent(look):
    rds = FakeExports()
    seen = look(export_work(), rds, budget=2)
    assert seen.phase is Phase.IN_PROGRESS
    seen = look(seen.work, rds, budget=2)
    assert seen.phase is Phase.UNSETTLED
    assert seen.work.memo.looks == 2
    assert seen.work.progress.task_id == FIRST


def test_an_export_that_settles_with_its_last_look_is_settled(look):
    seen = look(export_work(), FakeExports([export_task("COMPLETE")]), budget=1)
    assert seen.phase is Phase.COMPLETE


@pytest.mark.parametrize(
    ("status", "shortest", "longest"),
    [("STARTING", 162, 180), ("IN_PROGRESS", 27, 30), ("CANCELING", 9, 10), ("HIBERNATING", 1, 2)],
)
def test_looks_again_at_the_pace_of_the_status(look, status, shortest, longest):
    seen = look(export_work(), FakeExports([export_task(status)]))
    assert shortest <= seen.wait_seconds <= longest


def test_waits_for_most_of_what_its_progress_says_remains(look):
    running = export_task("IN_PROGRESS", percent=50, started_at=NOW - 1_000)
    assert 810 <= look(export_work(), FakeExports([running])).wait_seconds <= 900


def test_tells_what_the_files_of_an_export_say(look, files):
    files.told = result('{"status": "COMPLETE"}', ())
    rds = FakeExports([export_task("COMPLETE", task_id="theirs")])
    entry = entry_of(look(export_work(), rds))
    assert files.asked == [("exports/theirs/", "theirs")]
    assert (entry.details["files_found"], entry.details["files_status"]) == (True, "COMPLETE")


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_reads_no_files_of_an_export_that_came_to_nothing(look, files, status):
    rds = FakeExports()
    seen = look(export_work(), rds)
    rds.end(FIRST, status)
    entry_of(look(seen.work, rds))
    assert files.asked == []


@pytest.mark.parametrize("status", ["CANCELED", "COMPLETE"])
def test_reads_no_files_where_the_target_is_no_export(look, files, status):
    entry_of(look(export_work(CANCELED), FakeExports([export_task(status)])))
    assert files.asked == []


def test_a_wait_for_an_export_ends_with_it(look):
    rds = FakeExports()
    seen = look(export_work(), rds)
    assert seen.wake.on == source_key(SNAPSHOT)
    assert seen.wake.expires_at > NOW + seen.wait_seconds


@pytest.mark.parametrize(
    ("error", "on"),
    [
        (ExportTaskLimitReachedException, EXPORT_SLOT),
        (InvalidExportSourceStateException, source_key(SNAPSHOT)),
    ],
)
def test_a_wait_for_room_ends_where_room_is_made(look, hand_clock, error, on):
    rds = FakeExports()
    rds.will("start", aws_error(error), aws_error(error))
    first = look(export_work(), rds)
    hand_clock.move(first.wait_seconds)
    second = look(first.work, rds)
    assert [seen.wake.on for seen in (first, second)] == [on, on]
    assert first.wake.order == second.wake.order


def test_who_queued_for_a_slot_and_may_have_it_waits_for_its_own_export(look, hand_clock):
    rds = FakeExports()
    rds.will("start", aws_error(ExportTaskLimitReachedException), LostResponse())
    seen = look(export_work(), rds)
    hand_clock.move(seen.wait_seconds)
    assert look(seen.work, rds).wake.on == source_key(SNAPSHOT)


def test_a_wait_behind_another_export_of_the_source_ends_with_that_one(look):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs", bucket="elsewhere")])
    assert look(export_work(), rds).wake.on == source_key(SNAPSHOT)


def test_a_look_after_which_there_is_none_has_nothing_to_be_woken_by(look):
    rds = FakeExports()
    assert look(export_work(), rds, budget=1).wake is None
    assert look(export_work(), FakeExports([export_task("COMPLETE")])).wake is None


def test_an_answer_that_there_is_no_room_ends_a_row_of_lost_ones(look, hand_clock):
    rds = FakeExports()
    work = export_work()
    for _ in range(3):
        unanswered = [aws_error(ServiceUnavailableException) for _ in range(MAX_REFUSALS - 1)]
        rds.will("start", *unanswered, aws_error(ExportTaskLimitReachedException))
        for _ in range(MAX_REFUSALS):
            seen = look(work, rds)
            assert seen.phase in {Phase.IN_PROGRESS, Phase.QUEUED}
            work = seen.work
            hand_clock.move(seen.wait_seconds)
    assert look(work, rds).work.progress.task_id == FIRST


@pytest.mark.parametrize("fraction", [0.1, 0.4, 0.6, 0.9])
def test_the_look_at_the_deadline_is_on_time_for_a_deadline_between_two_seconds(
    look, hand_clock, fraction
):
    rds = FakeExports([export_task("IN_PROGRESS")])
    seen = look(export_work(deadline_seconds=600), rds)
    hand_clock.time = NOW + 600 - fraction
    seen = look(seen.work, rds)
    assert seen.wait_seconds <= 1


def test_a_failed_export_is_tried_again_under_the_next_identifier(look):
    rds = FakeExports()
    seen = look(export_work(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    seen = look(seen.work, rds)
    assert seen.phase is Phase.IN_PROGRESS
    assert rds.asked("start") == [FIRST, SECOND]
    rds.end(SECOND, "COMPLETE", extracted_gb=7)
    entry = entry_of(look(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert (entry.details["export_task_identifier"], entry.details["adopted"]) == (SECOND, False)
    assert entry.details["total_extracted_gb"] == 7
    assert [
        (attempt["export_task_identifier"], attempt["status"], attempt["failure_cause"])
        for attempt in entry.details["attempts"]
    ] == [(FIRST, "FAILED", "no space"), (SECOND, "COMPLETE", None)]


@pytest.mark.parametrize("attempts", [1, 2, 3, 5])
def test_an_export_that_keeps_failing_is_tried_as_often_as_it_may(look, attempts):
    rds = FakeExports()
    seen = look(export_work(max_attempts=attempts), rds)
    while seen.phase is Phase.IN_PROGRESS:
        *_, last = rds.tasks
        rds.end(last, "FAILED", failure_cause="no space")
        seen = look(seen.work, rds)
    entry = entry_of(seen)
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.EXPORT_FAILED)
    assert len(rds.tasks) == len(rds.asked("start")) == attempts
    told = [one["export_task_identifier"] for one in entry.details.get("attempts", ())]
    assert told == (list(rds.tasks) if attempts > 1 else [])


def test_an_export_whose_cause_a_person_must_mend_is_tried_once(look):
    rds = FakeExports()
    seen = look(export_work(max_attempts=5), rds)
    rds.end(FIRST, "FAILED", failure_cause="The KMS key is disabled")
    entry = entry_of(look(seen.work, rds))
    assert (entry.reason, rds.asked("start")) == (Reason.EXPORT_FAILED, [FIRST])
    assert "check that the stack's key" in entry.message


def test_an_adopted_export_that_fails_was_the_first_attempt(look):
    rds = FakeExports([export_task("IN_PROGRESS", task_id="theirs")])
    seen = look(export_work(max_attempts=2), rds)
    rds.end("theirs", "FAILED", failure_cause="no space")
    seen = look(seen.work, rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    entry = entry_of(look(seen.work, rds))
    assert rds.asked("start") == [FIRST]
    told = [one["export_task_identifier"] for one in entry.details["attempts"]]
    assert told == ["theirs", FIRST]


def test_another_try_waits_until_the_source_may_be_exported_again(look, hand_clock):
    rds = FakeExports()
    seen = look(export_work(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    rds.will("start", aws_error(InvalidExportSourceStateException))
    seen = look(seen.work, rds)
    assert seen.phase is Phase.QUEUED
    hand_clock.move(seen.wait_seconds)
    seen = look(seen.work, rds)
    rds.end(SECOND, "COMPLETE")
    entry = entry_of(look(seen.work, rds))
    assert entry.phase is Phase.COMPLETE
    assert len(entry.details["attempts"]) == 2


def test_another_try_whose_answer_was_lost_is_not_made_twice(look, hand_clock):
    rds = FakeExports()
    seen = look(export_work(max_attempts=2), rds)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    rds.will("start", LostResponse())
    seen = look(seen.work, rds)
    hand_clock.move(seen.wait_seconds)
    seen = look(seen.work, rds)
    assert seen.work.progress.task_id == SECOND
    assert list(rds.tasks) == [FIRST, SECOND]


@pytest.fixture
def late(look, hand_clock):
    """Start an export and look at it at its deadline, after which it is to be canceled."""

    def late(rds: FakeExports, status: str = "IN_PROGRESS", **fields: object) -> Look:
        given = {"deadline_seconds": 600, "on_deadline": "cancel"} | fields
        seen = look(export_work(**given), rds)
        rds.move(FIRST, status)
        hand_clock.move(600)
        return look(seen.work, rds)

    return late


def test_an_export_that_is_late_is_left_running_unless_the_request_says_otherwise(late):
    rds = FakeExports()
    entry = entry_of(late(rds, on_deadline="leave"))
    assert entry.reason == Reason.DEADLINE_EXCEEDED
    assert rds.tasks[FIRST].status == "IN_PROGRESS"
    assert rds.asked("cancel") == []


@pytest.mark.parametrize("status", sorted(CANCELABLE))
def test_an_export_that_is_late_is_canceled_and_then_given_up(look, late, status):
    rds = FakeExports()
    seen = late(rds, status)
    assert (seen.phase, rds.asked("cancel")) == (Phase.IN_PROGRESS, [FIRST])
    assert 1 <= seen.wait_seconds <= 60
    rds.end(FIRST, "CANCELED")
    entry = entry_of(look(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)
    assert entry.final_state == "CANCELED"
    assert rds.asked("cancel") == [FIRST]


def test_an_export_that_completes_while_it_is_being_canceled_is_complete_with_a_warning(
    look, late, files
):
    rds = FakeExports()
    seen = late(rds)
    rds.end(FIRST, "COMPLETE", warning="any warning")
    entry = entry_of(look(seen.work, rds))
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert entry.warnings == ("any warning", "the export completed while it was being canceled")
    assert files.asked == [(f"exports/{FIRST}/", FIRST)]


def test_an_export_that_completes_before_its_cancel_arrives_is_complete(late):
    rds = FakeExports()
    rds.will("cancel", lambda: rds.end(FIRST, "COMPLETE"))
    entry = entry_of(late(rds))
    assert (entry.phase, entry.final_state) == (Phase.COMPLETE, "COMPLETE")
    assert rds.asked("cancel") == [FIRST]


def test_an_export_that_fails_while_it_is_being_canceled_has_failed(look, late):
    rds = FakeExports()
    seen = late(rds, max_attempts=3)
    rds.end(FIRST, "FAILED", failure_cause="no space")
    entry = entry_of(look(seen.work, rds))
    assert (entry.phase, entry.final_state) == (Phase.FAILED, "FAILED")
    assert entry.details["failure_cause"] == "no space"
    assert rds.asked("start") == [FIRST]


@pytest.mark.parametrize("error", [LostResponse(), aws_error(ServiceUnavailableException)])
def test_a_cancel_at_the_deadline_whose_answer_was_lost_is_late_and_not_someones_doing(
    look, late, hand_clock, error
):
    rds = FakeExports()
    rds.will("cancel", error)
    seen = late(rds)
    hand_clock.move(seen.wait_seconds)
    if rds.tasks[FIRST].status != "CANCELING":
        seen = look(seen.work, rds)
    rds.end(FIRST, "CANCELED")
    assert entry_of(look(seen.work, rds)).reason == Reason.DEADLINE_EXCEEDED


@pytest.mark.parametrize("status", sorted(CANCELABLE))
@pytest.mark.parametrize("task_id", ["theirs", FIRST])
def test_an_adopted_export_is_never_canceled_at_the_deadline(look, hand_clock, status, task_id):
    rds = FakeExports([export_task(status, task_id=task_id)])
    seen = look(export_work(deadline_seconds=600, on_deadline="cancel"), rds)
    hand_clock.move(600)
    entry = entry_of(look(seen.work, rds))
    assert (entry.reason, rds.asked("cancel")) == (Reason.DEADLINE_EXCEEDED, [])
    assert entry.details["adopted"] is True


def test_an_export_that_is_adopted_for_its_identifier_is_never_canceled_at_the_deadline(
    look, hand_clock
):
    rds = FakeExports([export_task("IN_PROGRESS", task_id=FIRST)])
    rds.hidden.add(FIRST)
    seen = look(export_work(deadline_seconds=600, on_deadline="cancel"), rds)
    rds.hidden.clear()
    hand_clock.move(600)
    assert entry_of(look(seen.work, rds)).reason == Reason.DEADLINE_EXCEEDED
    assert rds.asked("cancel") == []


def test_waits_for_a_cancel_at_the_deadline_no_longer_than_its_grace(look, late, hand_clock):
    rds = FakeExports()
    seen = late(rds)
    while seen.phase is Phase.IN_PROGRESS:
        assert 1 <= seen.wait_seconds <= 60
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, rds, budget=10_000)
    entry = entry_of(seen)
    assert entry.reason == Reason.DEADLINE_EXCEEDED
    assert 0 <= hand_clock.time - (NOW + 600 + CANCEL_GRACE_SECONDS) <= 60
    assert "CANCELING" in entry.message
    assert rds.asked("cancel") == [FIRST]


def test_gives_up_at_the_deadline_when_no_cancel_is_ever_answered(late, settle):
    rds = FakeExports()
    rds.will("cancel", *[aws_error(ServiceUnavailableException) for _ in range(50)])
    entry = settle(late(rds).work, rds)
    assert entry.reason == Reason.DEADLINE_EXCEEDED
    assert len(rds.asked("cancel")) <= MAX_REFUSALS + 2


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


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (KmsKeyNotAccessibleException, "key is enabled"),
        (IamRoleMissingPermissionsException, "export role's trust"),
        (InvalidS3BucketException, "bucket exists"),
    ],
)
def test_a_refusal_for_the_stacks_own_settings_tells_what_to_look_at(look, error, word):
    rds = FakeExports()
    rds.will("start", aws_error(error))
    assert word in entry_of(look(export_work(), rds)).message
