"""What is known of each child execution of a Distributed Map.

Not a patch: `map_runs` keeps these records on moto's Map Run, others read them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localcloud.patches.executions.histories import add_terminal_event
from localcloud.patches.patching import Json, Moto, moto


@dataclass(eq=False)
class ChildExecution:
    """A child execution; it has the attributes by which moto describes any execution."""

    execution_arn: str
    name: str
    index: int
    item: Json
    state_machine_arn: str
    map_run_arn: str
    start_date: datetime
    env: Moto = field(repr=False)
    status: str = "RUNNING"
    stop_date: datetime | None = None
    output: Json = None
    error: str | None = None
    cause: str | None = None
    _ending: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def execution_input(self) -> str:
        """Return the input as JSON text."""
        return json.dumps(self.item)

    def to_history_output(self) -> dict[str, Any]:
        """Return the history as moto's API answers with it."""
        return {"events": self.env.event_manager.get_event_history()}

    def conclude(self, status: str, moment: datetime, **result: Json) -> bool:
        """Record how it ended, unless it had ended before; return whether this was the end."""
        with self._ending:
            if self.status != "RUNNING":
                return False
            for name, value in result.items():
                setattr(self, name, value)
            self.stop_date = moment
            self.status = status
            return True

    def stop(self, stop_date: datetime, error: str | None, cause: str | None) -> None:
        """End it as ABORTED, at once."""
        if self.conclude("ABORTED", stop_date, error=error, cause=cause):
            add_terminal_event(self.env, "ExecutionAborted", {"executionAbortedEventDetails": {}})
            self.env.set_stop(stop_date=stop_date, error=error, cause=cause)


@dataclass(frozen=True)
class ChildHistory:
    """One child execution of a Distributed Map, as it was when asked.

    Attributes:
        name: its UUID.
        index: the place of its item, from 0.
        item: its input.
        status: RUNNING, SUCCEEDED, FAILED or ABORTED.
        events: its own history so far, as GetExecutionHistory gives it; moto's own, not a copy.
    """

    name: str
    execution_arn: str
    index: int
    item: Json
    status: str
    output: Json
    error: str | None
    cause: str | None
    events: tuple[dict[str, Any], ...]


def child_histories(execution_arn: str) -> list[ChildHistory]:
    """Return the children of all Map Runs of an execution, running or ended, in order of start.

    Raises LookupError when there is no such execution.
    """
    return [_history(child) for child in children_of(environment_of(execution_arn))]


def own_events(execution_arn: str) -> tuple[dict[str, Any], ...]:
    """Return an execution's own history as `ChildHistory.events` has that of a child.

    GetExecutionHistory takes moto a hundred times as long. Raises LookupError.
    """
    return tuple(environment_of(execution_arn).event_manager._history_event_list)


def environment_of(execution_arn: str) -> Moto:
    """Return the interpreter's environment of an execution; raises LookupError."""
    _, _, _, region, account, *_ = execution_arn.split(":")
    backend = moto("stepfunctions.parser.models").stepfunctions_parser_backends[account][region]
    for machine in list(backend.state_machines):
        for execution in list(machine.executions):
            if execution.exec_arn == execution_arn:
                return execution.exec_worker.env
    raise LookupError(f"no execution {execution_arn}")


def _history(child: ChildExecution) -> ChildHistory:
    return ChildHistory(
        name=child.name,
        execution_arn=child.execution_arn,
        index=child.index,
        item=child.item,
        status=child.status,
        output=child.output,
        error=child.error,
        cause=child.cause,
        events=tuple(child.env.event_manager._history_event_list),
    )


def children_of(env: Moto) -> Iterator[ChildExecution]:
    """Yield the children of an execution's environment, none before it has one."""
    if env is not None:
        for run in env.map_run_record_pool_manager.get_all():
            yield from list(vars(run).get("children", ()))


def abort_children(env: Moto, moment: datetime) -> None:
    """End all Map Runs and children that still run, because their parent has ended."""
    statuses = moto("stepfunctions.parser.api").MapRunStatus
    for run in env.map_run_record_pool_manager.get_all():
        run.set_stop(status=statuses.ABORTED)
    for child in children_of(env):
        child.stop(moment, None, None)


def _all_children(backend: Moto) -> Iterator[ChildExecution]:
    for machine in list(backend.state_machines):
        for execution in list(machine.executions):
            if execution.exec_worker is not None:
                yield from children_of(execution.exec_worker.env)


def find_child(backend: Moto, execution_arn: str) -> ChildExecution | None:
    """Return the child execution of that ARN, if it is one."""
    if "/" not in execution_arn:
        return None
    same = (child for child in _all_children(backend) if child.execution_arn == execution_arn)
    return next(same, None)


def children_of_map_run(backend: Moto, map_run_arn: str) -> list[ChildExecution]:
    """Return the children of a Map Run."""
    return [child for child in _all_children(backend) if child.map_run_arn == map_run_arn]
