"""Runs inside a worker process: one function's handler, one invocation at a time.

The zygote loads it by its path. It imports only the standard library and nothing from the checkout,
so that the handler that it imports is the deployed one.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import random
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

Json = Any
Handler = Callable[[Json, Any], Json]


class InvocationFailure(Exception):
    """A failure that Lambda itself reports, under a name such as Runtime.MarshalError."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class Context:
    """Lambda's context object; the memory limit is a string in MB, as on AWS."""

    client_context = None
    identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)

    def __init__(self, request_id: str, arn: str, deadline: float) -> None:
        """Describe one invocation; its `deadline` is in simulated epoch seconds."""
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Return the simulated milliseconds left until the function's timeout."""
        return max(0, round((self._deadline - time.time()) * 1000))


class HostClock:
    """The host's clock: it advances while a function sleeps, not while it computes."""

    def __init__(self, channel: socket.socket, messages: ModuleType) -> None:
        self.seconds = time.time()
        self._channel = channel
        self._messages = messages
        self._asking = threading.Lock()

    def time(self) -> float:
        """Return the simulated time in epoch seconds."""
        return self.seconds

    def time_ns(self) -> int:
        """Return the simulated time in epoch nanoseconds."""
        return round(self.seconds * 1_000_000) * 1000

    def sleep(self, seconds: Any) -> None:  # noqa: ANN401 - any number
        """Wait for simulated seconds, which the host counts."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        with self._asking:
            self._messages.send(self._channel, {"sleep": seconds})
            self.seconds = self._messages.receive(self._channel)["now"]


def serve(channel: socket.socket, log: int, messages: ModuleType) -> None:
    """Prepare the function that the first message describes, then answer invocations until EOF."""
    _write_to(log)
    clock = HostClock(channel, messages)
    try:
        function = messages.receive(channel)
        messages.send(channel, {"pid": os.getpid()})
        clock.seconds = function["now"]
        _replace_time_and_uuids(clock)
        handler, failure = _prepared(function)
        sys.stdout.flush()
        messages.send(channel, {"failure": failure})
        while handler is not None:
            invocation = messages.receive(channel)
            clock.seconds = invocation["now"]
            answer = _answer(handler, invocation)
            sys.stdout.flush()
            sys.stderr.flush()
            messages.send(channel, answer)
    except (EOFError, BrokenPipeError):
        return  # the host has ended, or has closed this worker


def _write_to(log: int) -> None:
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115


def _prepared(function: dict[str, Any]) -> tuple[Handler | None, dict[str, Any] | None]:
    """Return the handler, or how importing it failed."""
    os.environ.clear()
    os.environ.update(function["environment"])
    time.tzset()
    os.chdir(function["code_directory"])
    sys.path.insert(0, function["code_directory"])
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s]\t%(message)s")
    try:
        return _imported(function["handler"]), None
    except Exception as error:
        return None, _failure(error, request_id="")


def _replace_time_and_uuids(clock: HostClock) -> None:
    """Make the standard library use simulated time and seeded random numbers."""
    time.time = clock.time
    time.time_ns = clock.time_ns
    time.sleep = clock.sleep
    uuid.uuid4 = lambda: uuid.UUID(int=random.getrandbits(128), version=4)


def _imported(handler: str) -> Handler:
    module_name, _, name = handler.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise InvocationFailure("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise InvocationFailure("Runtime.UserCodeSyntaxError", message) from error
    found: Handler | None = getattr(module, name, None)
    if found is None:
        message = f"Handler '{name}' missing on module '{module_name}'"
        raise InvocationFailure("Runtime.HandlerNotFound", message)
    return found


def _answer(handler: Handler, invocation: dict[str, Any]) -> dict[str, Any]:
    request_id = invocation["request_id"]
    deadline = time.time() + invocation["timeout_seconds"]
    random.seed(request_id)
    context = Context(request_id, invocation["arn"], deadline)
    os.environ["_X_AMZN_TRACE_ID"] = invocation["trace_id"]
    try:
        return {"result": _marshalled(handler(json.loads(invocation["event"]), context))}
    except Exception as error:
        return {"failure": _failure(error, request_id)}


def _marshalled(result: Json | bytes) -> str:
    if isinstance(result, bytes):  # the payload as it is: LocalStack's test_invoke_bytes_payload
        return result.decode()
    try:
        return json.dumps(result, default=_plain)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        raise InvocationFailure("Runtime.MarshalError", message) from error


def _plain(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _failure(error: Exception, request_id: str) -> dict[str, Any]:
    """Describe a failure as Lambda does, and log it as Lambda does."""
    is_lambdas_own = isinstance(error, InvocationFailure)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")
    ]
    described = {
        "errorMessage": str(error),
        "errorType": getattr(error, "error_type", "") if is_lambdas_own else type(error).__name__,
        "requestId": request_id,
        "stackTrace": [] if is_lambdas_own else traceback.format_list(frames),
    }
    print(f"[ERROR] {described['errorType']}: {described['errorMessage']}")
    print("Traceback (most recent call last):", *described["stackTrace"], sep="\n")
    return described
