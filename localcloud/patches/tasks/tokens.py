"""A task token is answered once, while its task waits.

moto accepts an answer to a token whose task has timed out or has been answered, and loses it; it
says InvalidToken of a token whose execution has ended, forgets the cause of a failure, and breaks
while any execution is just starting. AWS answers TaskTimedOut to a token of a closed task,
InvalidToken to a text that is none, and only then InvalidOutput to output that is not JSON. The
message of InvalidToken: LocalStack's snapshot test_sfn_send_task_outcome_with_no_such_token,
recorded on 6 November 2025.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from localcloud.patches.patching import ASL, Moto, Patches, moto
from localcloud.patches.time.interruptions import on_end

_SERVICE = f"{ASL}.component.state.exec.state_task.service.state_task_service_callback"

_answering = threading.Lock()


def apply(patches: Patches) -> None:
    """Answer tokens by the state of their tasks, and end their waits with their execution."""
    callbacks = moto(f"{ASL}.eval.callback.callback")

    def success(backend: Moto, task_token: str, outcome: str) -> None:
        with _answering:
            _open_endpoint(backend, task_token)  # AWS finds the task first, then reads the output
        _check_json(outcome)
        _answer(backend, task_token, callbacks.CallbackOutcomeSuccess(task_token, outcome))

    def failure(
        backend: Moto, task_token: str, error: str | None = None, cause: str | None = None
    ) -> None:
        outcome = callbacks.CallbackOutcomeFailure(task_token, error, cause)
        _answer(backend, task_token, outcome)

    def heartbeat(backend: Moto, task_token: str) -> None:
        with _answering:
            _open_endpoint(backend, task_token).notify_heartbeat()

    backend = moto("stepfunctions.parser.models").StepFunctionsParserBackend
    patches.replace(backend, "send_task_success", success)
    patches.replace(backend, "send_task_failure", failure)
    patches.replace(backend, "send_task_heartbeat", heartbeat)
    response = moto("stepfunctions.responses")
    patches.replace(response.StepFunctionResponse, "send_task_failure", _failure_response(response))
    _apply_to_waiting(patches, callbacks)


def _apply_to_waiting(patches: Patches, callbacks: Moto) -> None:
    def wait(
        task: Moto, env: Moto, timeout_seconds: Moto, callback_endpoint: Moto, **rest: Moto
    ) -> Moto:
        endpoint = callback_endpoint

        def close() -> None:
            endpoint.report(callbacks.CallbackConsumerLeft())
            endpoint.interrupt_all()

        with on_end(env, close):
            outcome = original(task, env, timeout_seconds, endpoint, **rest)
        with _answering:
            endpoint.report(callbacks.CallbackConsumerLeft())
            return endpoint.get_outcome() or outcome

    service = moto(_SERVICE).StateTaskServiceCallback
    original: Callable[..., Any] = patches.replace(service, "_eval_wait_for_task_token", wait)


def _answer(backend: Moto, token: str, outcome: Moto) -> None:
    with _answering:
        endpoint = _open_endpoint(backend, token)
        endpoint.notify(outcome)
        endpoint.report(moto(f"{ASL}.eval.callback.callback").CallbackConsumerLeft())


def _open_endpoint(backend: Moto, token: str) -> Moto:
    endpoint = next(filter(None, (pool.get(token) for pool in _pools(backend))), None)
    if endpoint is None:
        raise _error("InvalidToken", "Invalid Token: 'Invalid token'")
    if endpoint.consumer_error is not None:
        message = "Task Timed Out: 'Provided task does not exist anymore'"
        raise _error("TaskTimedOut", message)
    return endpoint


def _pools(backend: Moto) -> Iterator[Any]:
    for machine in list(backend.state_machines):
        for execution in list(machine.executions):
            if execution.exec_worker is not None and execution.exec_worker.env is not None:
                yield execution.exec_worker.env.callback_pool_manager


def _check_json(output: str) -> None:
    try:
        json.loads(output)
    except ValueError as error:
        raise _error("InvalidOutput", f"Invalid Output: '{error}'") from error


def _error(code: str, message: str) -> Exception:
    error: Exception = moto("core.exceptions").AWSError(message, code)
    return error


def _failure_response(module: Moto) -> Callable[[Any], Any]:
    def send_task_failure(response: Moto) -> Moto:
        response.stepfunction_backend.send_task_failure(
            response._get_param("taskToken"),
            error=response._get_param("error"),
            cause=response._get_param("cause"),
        )
        return module.EmptyResult()

    return send_task_failure
