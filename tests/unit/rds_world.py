"""An account's export tasks in simulated time, with other people and bad luck in it.

Every call is held against what its caller last saw: an operation that was illegal then is a bug.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from lambdas.exports.decisions import CANCELABLE, ENDED, Destination, ExportTask
from lambdas.exports.identifier import LEGAL, MAX_LENGTH
from lambdas.shared.errors import (
    AccessDeniedException,
    AwsError,
    ExportTaskAlreadyExistsException,
    ExportTaskLimitReachedException,
    InvalidExportSourceStateException,
    InvalidExportTaskStateException,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import DESTINATION
from tests.unit.fakes import LostResponse, aws_error

UNKNOWN_STATUS = "HIBERNATING"
RUNNING = {*CANCELABLE, "CANCELING"}


class Stretch(NamedTuple):
    """From when to when of a task's age, in seconds."""

    begin: float
    end: float

    def holds(self, age: float) -> bool:
        return self.begin <= age < self.end


class Course(NamedTuple):
    """What becomes of a task; every time in seconds of its age.

    Attributes:
        starting: how long it is STARTING.
        running: how long it is IN_PROGRESS.
        outcome: COMPLETE or FAILED, unless it is canceled.
        cause: of its failure.
        canceling: how long a cancel takes.
        completes_anyway: whether it outruns its cancel.
        someone_cancels_at: when somebody else cancels it.
        unexplained: while it shows a status that is documented nowhere.
        unlisted: while RDS does not list it.
        unfindable: whether it cannot be found by its identifier either, while unlisted.
    """

    starting: float = 600
    running: float = 900
    outcome: str = "COMPLETE"
    cause: str = "no space"
    canceling: float = 30
    completes_anyway: bool = False
    someone_cancels_at: float | None = None
    unexplained: Stretch | None = None
    unlisted: Stretch | None = None
    unfindable: bool = False


class Other(NamedTuple):
    """An export that somebody else starts, if RDS lets them."""

    at: float
    task: ExportTask
    course: Course


class Fault(StrEnum):
    """How one call fails."""

    THROTTLED = "throttled"
    LOST_BEFORE = "lost before it took effect"
    LOST_AFTER = "lost after it took effect"
    DENIED = "denied"


class _Task:
    """A task on its course."""

    def __init__(self, task: ExportTask, course: Course, created: float) -> None:
        self.task, self.course, self.created = task, course, created
        self.canceled_at: float | None = None
        if course.someone_cancels_at is not None:
            self.cancel(created + course.someone_cancels_at)

    @property
    def ends_at(self) -> float:
        if self.canceled_at is not None:
            return self.canceled_at + self.course.canceling
        return self.created + self.course.starting + self.course.running

    def cancel(self, at: float) -> bool:
        """Begin to cancel; return whether there was something to cancel."""
        if at >= self.ends_at or self.canceled_at is not None:
            return False
        self.canceled_at = at
        return True

    def true_status(self, now: float) -> str:
        if now >= self.ends_at:
            canceled = self.canceled_at is not None and not self.course.completes_anyway
            return "CANCELED" if canceled else self.course.outcome
        if self.canceled_at is not None and now >= self.canceled_at:
            return "CANCELING"
        begun = now - self.created >= self.course.starting
        return "IN_PROGRESS" if begun else "STARTING"

    def is_listed(self, now: float) -> bool:
        return self.course.unlisted is None or not self.course.unlisted.holds(now - self.created)

    def shown(self, now: float) -> ExportTask:
        status = self.true_status(now)
        unexplained = self.course.unexplained is not None and self.course.unexplained.holds(
            now - self.created
        )
        extracting = self.created + self.course.starting
        share = (now - extracting) / self.course.running if self.course.running else 1
        return self.task._replace(
            status=UNKNOWN_STATUS if unexplained and status not in ENDED else status,
            percent=min(99, int(100 * share)) if status == "IN_PROGRESS" else 0,
            started_at=extracting if now >= extracting else None,
            ended_at=self.ends_at if status in ENDED else None,
            failure_cause=self.course.cause if status == "FAILED" else None,
        )


class RdsWorld:
    """Has the methods of `Exports`.

    Attributes:
        now: epoch seconds.
        tasks: all that exist by now, of whomever.
        took_effect: identifiers of the caller's starts that took effect, in order.
        requested: identifiers that the caller's starts named without being refused.
        asked_to_cancel: identifiers of the caller's cancels.
        canceled: those among them that were canceled by it.
    """

    destination: Destination = DESTINATION

    def __init__(
        self,
        now: float,
        *,
        slots: int = 5,
        courses: Iterable[Course] = (),
        others: Iterable[Other] = (),
        faults: dict[str, list[Fault | None]] | None = None,
        latency: float = 0.0,
        identifier_first: bool = True,
    ) -> None:
        self.now = now
        self.tasks: dict[str, _Task] = {}
        self.took_effect: list[str] = []
        self.requested: list[str] = []
        self.asked_to_cancel: list[str] = []
        self.canceled: list[str] = []
        self._slots = slots
        self._courses = list(courses)
        self._others = sorted(others, key=lambda other: other.at)
        self._faults = {name: list(queue) for name, queue in (faults or {}).items()}
        self._latency = latency
        self._identifier_first = identifier_first
        self._seen: dict[str, str] = {}
        self._listed: dict[str, str] = {}
        self._start_others()

    def advance(self, seconds: float) -> None:
        """Let time pass, and others do what they do in it."""
        self.now += seconds
        self._start_others()

    def next_end(self, after: float, before: float, source_arn: str | None) -> float | None:
        """Return when the next task ends, which publishes an event: of a source, or of any."""
        ends = [
            task.ends_at
            for task in self.tasks.values()
            if source_arn in (None, task.task.source_arn) and after < task.ends_at < before
        ]
        return min(ends, default=None)

    def of_source(self, source_arn: str) -> tuple[ExportTask, ...]:
        self._call("of_source")
        shown = [
            task.shown(self.now)
            for task in self.tasks.values()
            if task.task.source_arn == source_arn and task.is_listed(self.now)
        ]
        self._listed = {task.task_id: task.status for task in shown}
        self._seen |= self._listed
        return tuple(shown)

    def running(self) -> tuple[ExportTask, ...]:
        self._call("running")
        shown = [task.shown(self.now) for task in self.tasks.values() if task.is_listed(self.now)]
        return tuple(task for task in shown if task.status in RUNNING)

    def find(self, task_id: str) -> ExportTask | None:
        self._call("find")
        task = self.tasks.get(task_id)
        if task is None or (task.course.unfindable and not task.is_listed(self.now)):
            return None
        shown = task.shown(self.now)
        self._seen[task_id] = self._listed[task_id] = shown.status
        return shown

    def start(self, task_id: str, source_arn: str, export_only: tuple[str, ...]) -> ExportTask:
        assert LEGAL.fullmatch(task_id)
        assert len(task_id) <= MAX_LENGTH
        assert task_id not in self._listed, "the identifier was seen to be taken"
        assert set(self._listed.values()) <= ENDED, "the source was seen to be busy"
        fault = self._call("start")
        if fault is not None and not isinstance(fault, LostResponse):
            self.requested.append(task_id)
            raise fault
        self._refuse_start(task_id, source_arn)
        self.requested.append(task_id)
        self.took_effect.append(task_id)
        started = ExportTask(task_id, source_arn, "STARTING", *self.destination, export_only)
        mine = len(self.took_effect) - 1
        course = self._courses[mine] if mine < len(self._courses) else Course()
        self.tasks[task_id] = _Task(started, course, self.now)
        if fault:
            raise fault
        self._seen[task_id] = self._listed[task_id] = "STARTING"
        return started

    def cancel(self, task_id: str) -> ExportTask:
        assert self._seen[task_id] in CANCELABLE, "it was seen not to be cancelable"
        self.asked_to_cancel.append(task_id)
        fault = self._call("cancel")
        if fault and not isinstance(fault, LostResponse):
            raise fault
        if not self.tasks[task_id].cancel(self.now):
            raise aws_error(InvalidExportTaskStateException)
        self.canceled.append(task_id)
        if fault:
            raise fault
        self._seen[task_id] = "CANCELING"
        return self.tasks[task_id].shown(self.now)._replace(status="CANCELING")

    def _refuse_start(self, task_id: str, source_arn: str) -> None:
        """Raise whatever forbids a start; which of two is returned is documented nowhere."""
        running = [task for task in self.tasks.values() if self.now < task.ends_at]
        taken = task_id in self.tasks
        if taken and self._identifier_first:
            raise aws_error(ExportTaskAlreadyExistsException)
        if any(task.task.source_arn == source_arn for task in running):
            raise aws_error(InvalidExportSourceStateException)
        if len(running) >= self._slots:
            raise aws_error(ExportTaskLimitReachedException)
        if taken:
            raise aws_error(ExportTaskAlreadyExistsException)

    def _start_others(self) -> None:
        while self._others and self._others[0].at <= self.now:
            at, task, course = self._others.pop(0)
            running = [one for one in self.tasks.values() if at < one.ends_at]
            busy = any(one.task.source_arn == task.source_arn for one in running)
            if task.task_id not in self.tasks and not busy and len(running) < self._slots:
                self.tasks[task.task_id] = _Task(task, course, at)

    def _call(self, operation: str) -> AwsError | None:
        """Let a call take its time; raise its fault, or return one that is for the caller to raise.

        A call that only reads has no effect to lose.
        """
        self.advance(self._latency)
        queue = self._faults.get(operation)
        match queue.pop(0) if queue else None:
            case Fault.THROTTLED:
                raise aws_error(ThrottlingException)
            case Fault.DENIED:
                raise aws_error(AccessDeniedException)
            case Fault.LOST_BEFORE | Fault.LOST_AFTER if operation in {
                "of_source",
                "running",
                "find",
            }:
                raise aws_error(ServiceUnavailableException)
            case Fault.LOST_BEFORE:
                return aws_error(ServiceUnavailableException)
            case Fault.LOST_AFTER:
                return LostResponse()
        return None
