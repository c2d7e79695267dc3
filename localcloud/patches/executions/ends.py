"""An execution ends once, at once, and with everything known about it.

moto reports a status before the output, error and cause that belong to it, leaves an aborted
execution RUNNING until its last task returns, forgets StopExecution's error and cause, fails to
stop an execution that is just starting, and writes the last event of a timed out one too late. AWS
does none of that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from localcloud.clock import VirtualClock
from localcloud.patches.executions.children import abort_children, environment_of
from localcloud.patches.executions.histories import add_terminal_event
from localcloud.patches.patching import Json, Moto, Patches, moto
from localcloud.patches.time.dates import moment

_ending = threading.RLock()


def apply(patches: Patches, announce: Callable[[Any], None]) -> None:
    """Record an end in one step, for the first that ends it: the interpreter or StopExecution."""

    def now() -> datetime:
        return moment(patches.clock)

    def conclude(execution: Moto, status: str, **result: Json) -> bool:
        with _ending:
            if execution.exec_status != "RUNNING":
                return False
            for name, value in result.items():
                setattr(execution, name, value)
            execution.stop_date = now()
            statuses = moto("stepfunctions.parser.api").ExecutionStatus
            execution.exec_status = statuses(status)
        announce(execution)
        return True

    def terminated(communication: Moto) -> None:
        execution = communication.execution
        env = execution.exec_worker.env
        status, result = _result(env)
        if status == "TIMED_OUT":
            add_terminal_event(env, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
            abort_children(env, now())
        conclude(execution, status, **result)

    def stop(execution: Moto, stop_date: Moto, error: str | None, cause: str | None) -> None:
        env = _environment(execution, patches.clock)
        if conclude(execution, "ABORTED", error=error or None, cause=cause or None):
            given = {"error": error, "cause": cause}
            details = {name: text for name, text in given.items() if text}
            add_terminal_event(env, "ExecutionAborted", {"executionAbortedEventDetails": details})
            abort_children(env, now())
            env.set_stop(stop_date=stop_date, error=error, cause=cause)

    module = moto("stepfunctions.parser.backend.execution")
    patches.replace(module.BaseExecutionWorkerCommunication, "terminated", terminated)
    patches.replace(module.Execution, "stop", stop)


def end_by_itself(execution_arn: str, clock: VirtualClock, end: str) -> None:
    """Have Step Functions end a running execution: as TIMED_OUT, or as FAILED with an error."""
    env = environment_of(execution_arn)
    details = {"error": end, "cause": f"{end}: ended by Step Functions"}
    if end == "TIMED_OUT":
        add_terminal_event(env, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    else:
        add_terminal_event(env, "ExecutionFailed", {"executionFailedEventDetails": details})
    abort_children(env, moment(clock))
    if end == "TIMED_OUT":
        env.set_timed_out()
    else:
        env.set_error(details)


def _result(env: Moto) -> tuple[str, dict[str, Any]]:
    states = moto("stepfunctions.parser.asl.eval.program_state")
    state = env.program_state()
    if isinstance(state, states.ProgramEnded):
        return "SUCCEEDED", {"output": env.states.get_input()}
    if isinstance(state, states.ProgramError):
        details = state.error or {}
        return "FAILED", {"error": details.get("error"), "cause": details.get("cause")}
    if isinstance(state, states.ProgramTimedOut):
        return "TIMED_OUT", {}
    return "ABORTED", {}


def _environment(execution: Moto, clock: VirtualClock) -> Moto:
    """Let the execution's own thread make its environment, and return it."""
    while (env := execution.exec_worker.env) is None or env._program_state is None:
        clock.sleep(0)
    return env
