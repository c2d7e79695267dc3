"""One export after the other through random worlds: it ends, and does no harm on the way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.exports.client import Exports
from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import CANCEL_GRACE_SECONDS, MAX_REFUSALS
from lambdas.exports.files import ExportFiles
from lambdas.exports.hints import hint_for
from lambdas.exports.identifier import identifier
from lambdas.exports.reconcile_export import reconcile
from lambdas.exports.snapshots import Snapshots
from lambdas.exports.started import Notes, StartedExports
from lambdas.exports.wakes import EXPORT_SLOT, source_key
from lambdas.exports.work import ExportWork
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.jobs.resource_result import Entry
from lambdas.shared import clock
from lambdas.shared.errors import TransientError
from tests.unit.builders import (
    DESTINATION,
    EXECUTION,
    NOW,
    OTHER_SNAPSHOT,
    SNAPSHOT,
    carried,
    export_task,
    export_work,
)
from tests.unit.examples import examples
from tests.unit.fake_snapshots import FakeSnapshots
from tests.unit.fakes import FakeFiles, FakeTable
from tests.unit.rds_world import Course, Fault, Other, RdsWorld, Stretch

COMPLETE, CANCELED = ExportTarget.COMPLETE, ExportTarget.CANCELED
FIRST = identifier(SNAPSHOT, (), DESTINATION.prefix, 1)
MAX_PASSES = 1_500
RETRY_DELAY = 7.0
SHORTEST_WAIT = 27
"""Seconds between two polls of an export that is queued or runs as documented."""
SHORTEST_WAIT_CANCELING = 9
LATENESS = 5
"""Seconds that a pass may end after the deadline: a wait's rounding, and the calls' own time."""
NEEDS_A_PERSON = "The KMS key is disabled"


def rarely(strategy: st.SearchStrategy[Stretch]) -> st.SearchStrategy[Stretch | None]:
    return st.one_of(st.none(), st.none(), st.none(), strategy)


DURATIONS = st.sampled_from([0.0, 45.0, 600.0, 2_500.0])
STRETCHES = st.builds(
    lambda begin, length: Stretch(begin, begin + length),
    st.sampled_from([0.0, 1.0, 100.0, 900.0]),
    st.sampled_from([10.0, 400.0, 9_000.0]),
)
COURSES = st.builds(
    Course,
    starting=DURATIONS,
    running=DURATIONS,
    outcome=st.sampled_from(["COMPLETE", "FAILED"]),
    cause=st.sampled_from(["no space", NEEDS_A_PERSON]),
    canceling=st.sampled_from([0.0, 20.0, 300.0, 900.0]),
    completes_anyway=st.booleans(),
    someone_cancels_at=st.sampled_from([None, None, None, 10.0, 700.0]),
    unexplained=rarely(STRETCHES),
    unlisted=rarely(STRETCHES),
    unfindable=st.booleans(),
)
SAME_WORK = export_task(task_id="same-work")
OTHERS_TASKS = [
    export_task(task_id=FIRST),
    SAME_WORK,
    SAME_WORK._replace(task_id="same-work-2"),
    export_task(task_id="other-tables", export_only=("shop.orders",)),
    export_task(task_id="another-bucket", bucket="elsewhere"),
    export_task(task_id="another-source", source_arn=OTHER_SNAPSHOT),
    export_task(task_id="one-more-source", source_arn=f"{OTHER_SNAPSHOT}-2"),
]
OTHERS = st.builds(
    Other,
    at=st.sampled_from([-9_000.0, -30.0, -1.0, 1.0, 70.0, 800.0]).map(NOW.__add__),
    task=st.sampled_from(OTHERS_TASKS),
    course=COURSES,
)
PASSING = [None, None, Fault.THROTTLED, Fault.LOST_BEFORE, Fault.LOST_AFTER]
FAULTS = st.fixed_dictionaries(
    {},
    optional={
        "running": st.lists(st.sampled_from([None, Fault.THROTTLED, Fault.DENIED]), max_size=3),
        "of_source": st.lists(st.sampled_from([None, None, Fault.THROTTLED, Fault.LOST_BEFORE])),
        "find": st.lists(st.sampled_from([None, Fault.THROTTLED, Fault.LOST_BEFORE]), max_size=3),
        "start": st.lists(st.sampled_from([*PASSING, Fault.DENIED]), max_size=12),
        "cancel": st.lists(st.sampled_from([*PASSING, Fault.DENIED]), max_size=12),
    },
)
JOBS = st.fixed_dictionaries(
    {
        "target": st.sampled_from([COMPLETE, COMPLETE, COMPLETE, CANCELED]),
        "deadline_seconds": st.sampled_from([60, 60, 700, 700, 4_000, 20_000]),
        "max_attempts": st.integers(1, 3),
        "on_deadline": st.sampled_from(["leave", "cancel", "cancel"]),
        "on_abort": st.sampled_from(["leave", "cancel"]),
    }
)


class Case(NamedTuple):
    """A job, the world that it meets, and how the workflow carries it.

    Attributes:
        killed: passes, counted from 0, whose function is killed when all but its answer is done.
    """

    job: dict[str, Any]
    slots: int
    courses: list[Course]
    others: list[Other]
    faults: dict[str, list[Fault | None]]
    latency: float
    identifier_first: bool
    events_arrive: bool
    killed: frozenset[int]

    def world(self) -> RdsWorld:
        return RdsWorld(
            NOW,
            slots=self.slots,
            courses=self.courses,
            others=self.others,
            faults=self.faults,
            latency=self.latency,
            identifier_first=self.identifier_first,
        )


CASES = st.builds(
    Case,
    job=JOBS,
    slots=st.integers(1, 3),
    courses=st.lists(COURSES, max_size=4),
    others=st.lists(OTHERS, max_size=4),
    faults=FAULTS,
    latency=st.sampled_from([0.0, 0.3]),
    identifier_first=st.booleans(),
    events_arrive=st.booleans(),
    killed=st.just(frozenset[int]()),
)
KILLED = st.sets(st.integers(0, 5), min_size=1).map(frozenset)


def a_case(courses: Sequence[Course] = (), others: Sequence[Other] = (), **job: Any) -> Case:
    """Return a case without bad luck, except for what it is about."""
    given: dict[str, Any] = {
        "target": COMPLETE,
        "deadline_seconds": 700,
        "max_attempts": 3,
        "on_deadline": "cancel",
        "on_abort": "cancel",
    }
    return Case(
        job=given | job,
        slots=2,
        courses=list(courses),
        others=list(others),
        faults={},
        latency=0.3,
        identifier_first=True,
        events_arrive=False,
        killed=frozenset(),
    )


NEVER = Course(starting=9e9)
FAILING = Course(starting=45, running=45, outcome="FAILED")
CANCELS_FOR_EVER = NEVER._replace(canceling=9_000)
IS_ADOPTED = a_case(others=[Other(NOW - 1, SAME_WORK, NEVER)])
KEEPS_FAILING = a_case(courses=[FAILING] * 4)
OUTLIVES_ITS_GRACE = a_case(courses=[CANCELS_FOR_EVER])
OUTRUNS_ITS_CANCEL = a_case(courses=[NEVER._replace(completes_anyway=True)])


class Ride(NamedTuple):
    """How a job went.

    Attributes:
        entry: its account.
        extra_passes: those that no wait went before in full: retries and wakes.
        unnoted: own exports that ran on after a pass without a note, by the pass's number.
    """

    entry: Entry
    extra_passes: int
    unnoted: list[str]


def ride(case: Case, world: RdsWorld, table: FakeTable) -> Ride:
    """Do what the workflow does with a job until it has ended."""
    work = export_work(**case.job)
    started = StartedExports(table.NAME, connect=lambda _service: table)
    extra_passes = 0
    unnoted: list[str] = []
    for number in range(MAX_PASSES):
        notes = Notes(work, EXECUTION, started)
        try:
            seen = reconcile(
                carried(work),
                cast(Exports, world),
                cast(ExportFiles, FakeFiles()),
                notes,
                0,
                snapshots=cast(Snapshots, FakeSnapshots()),
            )
        except TransientError:
            extra_passes += 1
            world.advance(RETRY_DELAY)
            continue
        finally:
            unnoted += _unnoted(world, table)
        if number in case.killed:
            extra_passes += 1
            world.advance(RETRY_DELAY)
            continue
        if seen.entries:
            return Ride(seen.entries[0], extra_passes, unnoted)
        assert isinstance(seen.work, ExportWork)
        work = seen.work
        assert seen.wait_seconds >= 1
        assert seen.wake is not None
        assert seen.wake.expires_at > world.now + seen.wait_seconds
        ends_at = world.now + seen.wait_seconds
        source = {source_key(SNAPSHOT): SNAPSHOT, EXPORT_SLOT: None}[seen.wake.on]
        event = world.next_end(world.now, ends_at, source) if case.events_arrive else None
        extra_passes += event is not None
        world.advance((event or ends_at) - world.now)
    raise AssertionError(f"not ended after {MAX_PASSES} passes: {work}")


def _unnoted(world: RdsWorld, table: FakeTable) -> list[str]:
    noted = {sk.partition("#")[2] for _pk, sk in table.items}
    return [
        name
        for name in world.took_effect
        if world.now < world.tasks[name].ends_at and name not in noted
    ]


def rode(case: Case) -> tuple[Ride, RdsWorld, FakeTable]:
    world, table = case.world(), FakeTable()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: world.now)
        return ride(case, world, table), world, table


@given(CASES)
@example(IS_ADOPTED)
@example(KEEPS_FAILING)
@example(OUTLIVES_ITS_GRACE)
@example(OUTRUNS_ITS_CANCEL)
@examples(120, derandomize=True)
def test_every_export_ends_within_its_bounds_and_does_no_harm(case):
    (entry, extra_passes, _unnoted), world, table = rode(case)
    _is_the_truth(entry, case, world)
    _started_no_more_than_it_may(entry, case, world)
    _canceled_only_what_it_may(case, world)
    _took_no_longer_than_it_may(entry, case)
    _polled_no_more_than_it_may(entry, case, world, extra_passes)
    left_behind = StartedExports(table.NAME, connect=lambda _service: table).to_cancel(EXECUTION)
    assert {export.task_id for export in left_behind} <= set(world.requested)
    assert case.job["on_abort"] == "cancel" or not left_behind


UNSEEN = COURSES.map(lambda course: course._replace(unlisted=Stretch(0.0, 400.0)))
UNANSWERED = st.lists(st.sampled_from(PASSING[2:]), max_size=3).map(
    lambda then: {"start": [Fault.LOST_AFTER, *then]}
)


@given(
    st.builds(
        lambda case, courses, faults, killed: case._replace(
            job=case.job | {"target": COMPLETE, "on_abort": "cancel"},
            courses=courses,
            faults=faults,
            killed=killed,
        ),
        CASES,
        st.lists(UNSEEN, min_size=1, max_size=3),
        UNANSWERED,
        st.one_of(st.just(frozenset[int]()), KILLED),
    )
)
@examples(60, derandomize=True)
def test_no_export_that_must_not_outlive_its_request_ever_runs_without_a_note(case):
    assert rode(case)[0].unnoted == []


def test_the_note_of_a_pass_that_was_killed_outlives_a_start_that_is_refused():
    """RDS lists nothing yet, and says of the same start that its source is busy."""
    unlisted = Course(unlisted=Stretch(0.0, 400.0))
    case = a_case(courses=[unlisted])._replace(identifier_first=False, killed=frozenset({0}))
    assert rode(case)[0].unnoted == []


@given(
    st.builds(
        lambda case, killed: case._replace(job=case.job | {"target": COMPLETE}, killed=killed),
        CASES,
        KILLED,
    )
)
@examples(60, derandomize=True)
def test_a_function_that_is_killed_forgets_nothing_that_it_has_started(case):
    (entry, _extra_passes, _unnoted), world, _table = rode(case)
    reported = entry.details.get("export_task_identifier")
    assert reported not in world.took_effect or entry.details["adopted"] is False
    assert len(world.took_effect) <= case.job["max_attempts"] + len(case.killed)
    _canceled_only_what_it_may(case, world)
    late = {name for name in world.took_effect if world.now < world.tasks[name].ends_at}
    if entry.reason == Reason.DEADLINE_EXCEEDED and case.job["on_deadline"] == "cancel":
        assert late <= set(world.asked_to_cancel)


@pytest.mark.parametrize(
    ("case", "reason", "started", "canceled"),
    [
        (IS_ADOPTED, Reason.DEADLINE_EXCEEDED, 0, 0),
        (KEEPS_FAILING, Reason.EXPORT_FAILED, 3, 0),
        (OUTLIVES_ITS_GRACE, Reason.DEADLINE_EXCEEDED, 1, 1),
        (OUTRUNS_ITS_CANCEL, Reason.TARGET_REACHED, 1, 1),
        (a_case(), Reason.DEADLINE_EXCEEDED, 1, 1),
        (a_case(deadline_seconds=4_000), Reason.TARGET_REACHED, 1, 0),
    ],
    ids=["adopted", "failing", "outlives grace", "outruns cancel", "late", "in time"],
)
def test_a_world_without_bad_luck_takes_its_course(case, reason, started, canceled):
    (entry, _extra_passes, _unnoted), world, _table = rode(case)
    assert entry.reason == reason
    assert (len(world.took_effect), len(world.asked_to_cancel)) == (started, canceled)


def _is_the_truth(entry: Entry, case: Case, world: RdsWorld) -> None:
    assert (entry.id, entry.target) == (SNAPSHOT, case.job["target"])
    reported = entry.details.get("export_task_identifier")
    attempts = entry.details.get("attempts", ())
    named = [attempt["export_task_identifier"] for attempt in attempts]
    assert len(set(named)) == len(named) <= case.job["max_attempts"]
    for name in [*named, *([reported] if reported else [])]:
        assert world.tasks[name].task.source_arn == SNAPSHOT
    if reported is None:
        assert (entry.final_state, entry.details) == (None, {})
        assert entry.reason != Reason.TARGET_REACHED
        return
    now = world.tasks[reported].true_status(world.now)
    if entry.phase is Phase.COMPLETE:
        assert entry.final_state == now
    if entry.target == COMPLETE and entry.phase is Phase.COMPLETE:
        task = world.tasks[reported].task
        assert (now, task.bucket, task.prefix) == ("COMPLETE", *DESTINATION)
        assert task.export_only == ()
    if entry.reason == Reason.EXPORT_FAILED:
        assert now == "FAILED"
        worth_a_try = hint_for(world.tasks[reported].course.cause) is None
        assert len(named or [reported]) == case.job["max_attempts"] or not worth_a_try
    if entry.reason == Reason.EXPORT_CANCELED:
        assert now == "CANCELED"
        assert reported not in world.canceled


def _started_no_more_than_it_may(entry: Entry, case: Case, world: RdsWorld) -> None:
    assert len(world.took_effect) == len(set(world.took_effect))
    assert len(world.took_effect) <= case.job["max_attempts"]
    if case.job["target"] is CANCELED:
        assert not world.requested
    mine = [world.tasks[name] for name in world.took_effect]
    for before, after in pairwise(mine):
        assert before.ends_at <= after.created
        assert before.course.outcome == "FAILED"
    for task in mine:
        assert task.created < NOW + case.job["deadline_seconds"] + LATENESS
    if len(mine) > 1:
        assert len(entry.details["attempts"]) >= len(mine)


def _canceled_only_what_it_may(case: Case, world: RdsWorld) -> None:
    if case.job["target"] is CANCELED:
        assert all(
            world.tasks[name].task.bucket == DESTINATION.bucket for name in world.asked_to_cancel
        )
        return
    if case.job["on_deadline"] == "leave":
        assert world.asked_to_cancel == []
    assert set(world.asked_to_cancel) <= set(world.requested)


def _took_no_longer_than_it_may(entry: Entry, case: Case) -> None:
    bound = case.job["deadline_seconds"] + LATENESS
    if case.job["on_deadline"] == "cancel":
        bound += CANCEL_GRACE_SECONDS + (MAX_REFUSALS + 1) * 60
    assert entry.elapsed_seconds <= bound + RETRY_DELAY * _faults(case)


def _polled_no_more_than_it_may(
    entry: Entry, case: Case, world: RdsWorld, extra_passes: int
) -> None:
    canceling = sum(
        task.course.canceling for task in world.tasks.values() if task.canceled_at is not None
    )
    unexplained_stretches = sum(
        (task.course.unexplained is not None) + (task.course.unlisted is not None)
        for task in world.tasks.values()
    )
    assert entry.polls <= (
        entry.elapsed_seconds / SHORTEST_WAIT
        + min(canceling, entry.elapsed_seconds) / SHORTEST_WAIT_CANCELING
        + extra_passes
        + _faults(case)
        + (MAX_UNEXPLAINED_POLLS + 1) * unexplained_stretches
        + len(world.tasks)
        + MAX_REFUSALS
        + 5
    )


def _faults(case: Case) -> int:
    return sum(map(len, case.faults.values()))
