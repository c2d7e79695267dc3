"""Each child of a Distributed Map is an execution of its own.

moto runs the children inside their parent: they share one history that nobody can read, see the
parent's variables and its Execution object, and every failure of a child is tolerated. On AWS a
child has its own ARN, input, context object and history, and the Map Run fails with
States.ExceedToleratedFailureThreshold as soon as more children fail than tolerated.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from localcloud.patches.executions.children import ChildExecution
from localcloud.patches.executions.histories import add_terminal_event
from localcloud.patches.patching import ASL, Json, Moto, Patches, moto
from localcloud.patches.time.dates import moment

_PROCESSOR = f"{ASL}.component.state.exec.state_map.iteration.itemprocessor"
_ERRORS = f"{ASL}.component.common.error_name"
_THRESHOLD_CAUSE = "The specified tolerated failure threshold was exceeded"


def apply(patches: Patches) -> None:
    """Run each item as a child execution, and keep it on the Map Run's record as `children`."""

    def now() -> datetime:
        return moment(patches.clock)

    def evaluate(worker: Moto) -> None:
        pool = worker._job_pool
        while (job := pool.next_job()) is not None:
            try:
                _run(worker, job, now)
            except Exception as error:  # a job that is not closed is waited for for ever
                job.job_output = error
            pool.close_job(job)

    def stop_once(record: Moto, status: Moto) -> None:
        if record.stop_date is None:
            stop(record, status)

    worker = moto(f"{_PROCESSOR}.distributed_item_processor_worker").DistributedItemProcessorWorker
    patches.replace(worker, "eval", evaluate)
    record = moto(f"{_PROCESSOR}.map_run_record").MapRunRecord
    stop: Callable[[Any, Any], None] = patches.replace(record, "set_stop", stop_once)


def _run(worker: Moto, job: Moto, now: Callable[[], datetime]) -> None:
    record = worker._map_run_record
    job.job_output = None
    if not worker._env.is_running():
        return
    child = _started(worker, record, job.job_index, _selected(worker, job), now())
    _count(record, "total", "running")
    _evaluate(job.job_program, child, worker._env, now)
    record.execution_counter.running.offset(-1)
    record.item_counter.running.offset(-1)
    _count(record, child.status.lower())
    job.job_output = child.output
    if child.status != "SUCCEEDED" and _exceeds_tolerance(record, worker._job_pool):
        job.job_output = _threshold_failure(worker._env)
        record.exceeded = True
        for other in list(record.children):
            other.stop(now(), None, None)


def _evaluate(
    program: Moto, child: ChildExecution, parent: Moto, now: Callable[[], datetime]
) -> None:
    """Run a child to its end; it is no success when its parent's end was the reason."""
    try:
        program.eval(child.env)
    except RuntimeError:  # moto's answer to a program that was stopped before it began
        if child.env.is_running():
            raise
    finally:
        parent.delete_frame(child.env)
    if parent.is_running():
        _conclude(child, now())
    else:
        child.stop(now(), None, None)


def _selected(worker: Moto, job: Moto) -> Moto:
    """Return the child's input: the item, or what ItemSelector makes of it in the parent."""
    frame = worker._env.open_inner_frame()
    try:
        item = {"Index": job.job_index, "Value": job.job_input}
        frame.states.context_object.context_object_data["Map"] = {"Item": item}
        frame.states.reset(job.job_input)
        frame.stack.append(frame.states.get_input())
        worker._eval_input(env_frame=frame)
        return frame.states.get_input()
    finally:
        worker._env.delete_frame(frame)


def _started(
    worker: Moto, record: Moto, index: int, item: Json, started_at: datetime
) -> ChildExecution:
    name = str(uuid.uuid4())
    machine_arn = record.map_state_machine_arn
    arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
    env = _environment(worker._env)
    child = ChildExecution(arn, name, index, item, machine_arn, record.map_run_arn, started_at, env)
    context = env.states.context_object.context_object_data
    role = context["Execution"]["RoleArn"]
    context["Execution"] = {
        "Id": arn,
        "Input": item,
        "Name": name,
        "RoleArn": role,
        "StartTime": started_at.isoformat(),
        "RedriveCount": 0,
    }
    context["StateMachine"] = {"Id": machine_arn, "Name": machine_arn.split(":")[-1]}
    env.states.reset(item)
    env.stack.append(env.states.get_input())
    _add_started_event(env, child.execution_input, role)
    record.__dict__.setdefault("children", []).append(child)
    if vars(record).get("exceeded"):
        child.stop(started_at, None, None)
    return child


def _environment(parent: Moto) -> Moto:
    """Return an environment that ends with its parent's and shares only its task tokens."""
    events = moto(f"{ASL}.eval.event.event_manager")
    with parent._state_mutex:
        env = type(parent).as_inner_frame_of(
            env=parent,
            variable_store=type(parent.variable_store)(),
            event_history_frame_cache=events.EventHistoryContext.of_program_start(),
        )
        parent._frames.append(env)
    env.event_manager = events.EventManager()
    for name in ("State", "Task"):
        env.states.context_object.context_object_data.pop(name, None)
    return env


def _add_started_event(env: Moto, given: str, role: str) -> None:
    details = {"input": given, "inputDetails": {"truncated": False}, "roleArn": role}
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=moto("stepfunctions.parser.api").HistoryEventType.ExecutionStarted,
        event_details={"executionStartedEventDetails": details},
        update_source_event_id=False,
    )


def _conclude(child: ChildExecution, ended_at: datetime) -> None:
    states = moto(f"{ASL}.eval.program_state")
    state = child.env.program_state()
    if isinstance(state, states.ProgramError):
        details = dict(state.error or {})
        if child.conclude(
            "FAILED", ended_at, error=details.get("error"), cause=details.get("cause")
        ):
            add_terminal_event(
                child.env, "ExecutionFailed", {"executionFailedEventDetails": details}
            )
    elif isinstance(state, states.ProgramEnded):
        output = child.env.states.get_input()
        if child.conclude("SUCCEEDED", ended_at, output=output):
            text = moto(f"{ASL}.utils.encoding").to_json_str(output, separators=(",", ":"))
            details = {"output": text, "outputDetails": {"truncated": False}}
            add_terminal_event(
                child.env, "ExecutionSucceeded", {"executionSucceededEventDetails": details}
            )
    else:
        child.stop(ended_at, None, None)


def _count(record: Moto, *names: str) -> None:
    for name in names:
        getattr(record.execution_counter, name).count()
        getattr(record.item_counter, name).count()


def _exceeds_tolerance(record: Moto, pool: Moto) -> bool:
    counter = record.execution_counter
    failed = counter.failed.get() + counter.aborted.get() + counter.timed_out.get()
    count, percentage = record.tolerated_failure_count, record.tolerated_failure_percentage
    if not count and not percentage:
        return bool(failed)
    by_count = bool(count) and failed > count
    by_percentage = bool(percentage) and failed * 100 > percentage * pool._jobs_number
    return by_count or by_percentage


def _threshold_failure(env: Moto) -> Exception:
    kinds = moto(f"{_ERRORS}.states_error_name_type").StatesErrorNameType
    error_name = moto(f"{_ERRORS}.states_error_name").StatesErrorName(
        typ=kinds.StatesExceedToleratedFailureThreshold
    )
    details = {"error": error_name.error_name, "cause": _THRESHOLD_CAUSE}
    events = moto(f"{_ERRORS}.failure_event")
    failure = events.FailureEvent(
        env=env,
        error_name=error_name,
        event_type=moto("stepfunctions.parser.api").HistoryEventType.MapRunFailed,
        event_details={"mapRunFailedEventDetails": details},
    )
    exception: Exception = events.FailureEventException(failure_event=failure)
    return exception
