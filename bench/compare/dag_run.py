"""A DAG run: which task runs when, its retries, and what is stopped when the run is aborted.

This is the part of Airflow's scheduler that the DAGs need, after Airflow 3.3
(`ti_deps/deps/trigger_rule_dep.py`, `api/common/mark_tasks.py`, `models/dagrun.py`). It takes no
time, where Airflow's takes seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

from bench.compare.measure import Said
from localcloud.clock import Event, VirtualClock

Json = dict[str, Any]

DEFAULT_POOL: Final = "default_pool"


class State(StrEnum):
    """The last state of a task, in Airflow's words."""

    SUCCESS = "success"
    FAILED = "failed"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        upstream: the tasks that it comes after.
        setups: those of them that a teardown undoes.
        pool: of which it takes a slot while it runs.
    """

    id: str
    upstream: Sequence[str] = ()
    setups: Sequence[str] = ()
    is_teardown: bool = False
    retries: int = 0
    retry_delay_s: float = 300.0
    pool: str = DEFAULT_POOL


Execute = Callable[[Task, int, Mapping[str, Any], Event], Json]
"""Executes an attempt with the values of other tasks, until the event interrupts it."""


class DagRun:
    """A run of tasks, which are in topological order."""

    def __init__(
        self, tasks: Sequence[Task], execute: Execute, clock: VirtualClock, *, slots: int
    ) -> None:
        self.states: dict[str, State] = {}
        self._tasks = tasks
        self._execute = execute
        self._clock = clock
        self._slots = slots
        self._changed = Event(clock, "the end of a task")
        self._interrupt = Event(clock, "an interrupt")
        self._never = Event(clock, "nothing")
        self._running: dict[str, Task] = {}
        self._attempts: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}
        self._values: dict[str, Any] = {}

    def finish(self, abort_after_s: float | None) -> Said:
        """Run all tasks, and return how the run ended."""
        if abort_after_s is not None:
            self._clock.at(self._clock.now() + abort_after_s, "an abort", self._abort)
        while len(self.states) < len(self._tasks):
            self._proceed()
            if len(self.states) < len(self._tasks):
                self._changed.wait()
                self._changed.clear()
        if self._interrupt.is_set():
            return Said.ABORTED
        is_failed = any(self.states[task.id] in _FAILURES for task in self._leaves())
        return Said.FAILED if is_failed else Said.DONE

    def _abort(self) -> None:
        """Mark the run as failed: what runs is killed, and of the rest only teardowns run."""
        if len(self.states) == len(self._tasks):
            return
        self._interrupt.set()
        for task in self._tasks:
            if not task.is_teardown and task.id not in (self.states | self._running):
                self.states[task.id] = State.SKIPPED
        self._changed.set()

    def _proceed(self) -> None:
        for task in self._tasks:
            if task.id in (self.states | self._running):
                continue
            if not set(task.upstream) <= set(self.states):
                continue
            state = _without_running(task, self.states)
            if state is not None:
                self.states[task.id] = state
            elif self._clock.now() >= self._not_before.get(task.id, 0.0) and self._has_slot(task):
                self._running[task.id] = task
                self._clock.start(task.id, partial(self._run, task))

    def _has_slot(self, task: Task) -> bool:
        taken = sum(each.pool == task.pool for each in self._running.values())
        return task.pool == DEFAULT_POOL or taken < self._slots

    def _run(self, task: Task) -> None:
        interrupt = self._never if task.is_teardown else self._interrupt
        self._attempts[task.id] += 1
        answer = self._execute(task, self._attempts[task.id], self._values, interrupt)
        match Said(answer["said"]):
            case Said.DONE:
                self._values[task.id] = answer["value"]
                self.states[task.id] = State.SUCCESS
            case Said.FAILED if self._attempts[task.id] <= task.retries:
                self._retry(task)
            case _:
                self.states[task.id] = State.FAILED
        del self._running[task.id]
        self._changed.set()

    def _retry(self, task: Task) -> None:
        if self._interrupt.is_set() and not task.is_teardown:
            self.states[task.id] = State.FAILED
            return
        due = self._clock.now() + task.retry_delay_s
        self._not_before[task.id] = due
        self._clock.at(due, "a retry", self._changed.set)

    def _leaves(self) -> list[Task]:
        """Return the tasks that decide on the run's state: teardowns do not."""
        after = {name for task in self._tasks if not task.is_teardown for name in task.upstream}
        return [task for task in self._tasks if not task.is_teardown and task.id not in after]


_FAILURES: Final = frozenset({State.FAILED, State.UPSTREAM_FAILED})


def _without_running(task: Task, states: Mapping[str, State]) -> State | None:
    """Return the state of a task that its trigger rule does not let run, None if it does."""
    if task.is_teardown:
        setups = {states[name] for name in task.setups}
        if setups <= {State.SKIPPED}:
            return State.SKIPPED
        return None if State.SUCCESS in setups else State.UPSTREAM_FAILED
    upstream = {states[name] for name in task.upstream}
    if upstream & _FAILURES:
        return State.UPSTREAM_FAILED
    return State.SKIPPED if State.SKIPPED in upstream else None
