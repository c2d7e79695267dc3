"""Requests on their way: started at the same moment, then watched until nothing runs any more."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from localcloud.orchestrator import LocalOrchestrator
from localcloud.world import World

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


@dataclass
class Run:
    """One request's execution.

    Attributes:
        status: as Step Functions says it.
        outcome: as it was published; by the clean-up, where the execution could not.
    """

    execution_arn: str
    status: str = "RUNNING"
    outcome: dict[str, Any] = field(default_factory=dict)


class Runs:
    """All requests of one command.

    Attributes:
        all: one for each request.
        have_ended: set once nothing of this machine runs any more, for threads that watch.
    """

    def __init__(self, orchestrator: LocalOrchestrator, requests: Sequence[object]) -> None:
        """Begin the world's time and start every request at once."""
        self._orchestrator = orchestrator
        self._states = orchestrator.aws.client("stepfunctions")
        orchestrator.begin()
        self.all = [Run(self._start(request)) for request in requests]
        self._aborts = [self._schedule_abort(at_s) for at_s in _aborts(orchestrator.world)]
        self.ended_at_s = 0.0
        self.wall_seconds = 0.0
        self.have_ended = threading.Event()
        self._began = time.monotonic()

    def finish(self) -> None:
        """Wait until nothing of this machine runs any more."""
        changed = self._orchestrator.aws.execution_changed
        try:
            while not self._update_all():
                changed.wait()
                changed.clear()
        finally:
            self.have_ended.set()

    def _update_all(self) -> bool:
        """Update every run; return whether nothing of this machine runs any more."""
        for run in self.all:
            if run.status not in ENDED:
                self._update(run)
        if any(run.status not in ENDED for run in self.all):
            return False
        running = self._states.list_executions(
            stateMachineArn=self._orchestrator.machine_arn, statusFilter="RUNNING"
        )["executions"]
        if running:
            return False
        for run in self.all:
            run.outcome = self._orchestrator.outcome(run.execution_arn) or run.outcome
        self.ended_at_s = self._orchestrator.seconds()
        self.wall_seconds = time.monotonic() - self._began
        for abort in self._aborts:
            abort()
        return True

    def executions(self) -> list[str]:
        """Return every execution of the machine, those that events started included."""
        listed = self._states.list_executions(stateMachineArn=self._orchestrator.machine_arn)
        return [execution["executionArn"] for execution in listed["executions"]]

    def _start(self, request: object) -> str:
        started = self._states.start_execution(
            stateMachineArn=self._orchestrator.machine_arn,
            name=f"request-{uuid.uuid4()}",
            input=json.dumps(request),
        )
        return str(started["executionArn"])

    def _update(self, run: Run) -> None:
        described = self._states.describe_execution(executionArn=run.execution_arn)
        run.status = described["status"]
        if run.status in ENDED:
            published = self._orchestrator.outcome(run.execution_arn)
            run.outcome = published or {
                "phase": "FAILED",
                "reason": described.get("error") or run.status,
                "summary": described.get("cause") or f"the execution ended {run.status}",
                "execution_arn": run.execution_arn,
                "resources": [],
            }

    def _schedule_abort(self, at_s: float) -> Callable[[], None]:
        clock = self._orchestrator.clock
        return clock.at(clock.now() + at_s, "AbortExecution", self._abort)

    def _abort(self) -> None:
        for run in self.all:
            if run.status not in ENDED:
                self._states.stop_execution(executionArn=run.execution_arn)


def _aborts(world: World) -> list[float]:
    """Return the seconds at which the world's actions abort what runs."""
    return [action.at_s for action in world.actions if action.operation == "AbortExecution"]
