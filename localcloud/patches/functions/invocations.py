"""Invoking a function runs its deployed code.

moto needs Docker for that, or else answers every invocation with a canned text. Here the function
host runs it; failures, throttles, logs and asynchronous invocations are answered as Lambda answers
them.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Sequence

from localcloud.functions.function import (
    ConcurrencyExceededError,
    DeployedFunction,
    HostClosedError,
    Invocation,
)
from localcloud.functions.host import FunctionHost
from localcloud.patches.functions.asynchronous import AsynchronousInvocations
from localcloud.patches.patching import Moto, Patches, moto

_LOG_TAIL_BYTES = 4096


def apply(patches: Patches, functions: FunctionHost, asynchronous: AsynchronousInvocations) -> None:
    """Send invocations to the host, and what handlers write to CloudWatch Logs."""

    def invoke(  # noqa: PLR0917, as moto calls it
        backend: Moto,
        function_name: str,
        qualifier: str | None,
        body: Moto,
        headers: Moto,
        response_headers: dict[str, str],
    ) -> bytes:
        function = backend.get_function(function_name, qualifier)
        payload = body.encode() if isinstance(body, str) else body or b""
        kind = headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        if kind == "DryRun":
            return b""
        if kind == "Event":
            asynchronous.submit(function, payload)
            return b""
        invoked = deployed(function)
        try:
            answer = functions.invoke(invoked, payload)
        except ConcurrencyExceededError as error:
            raise _throttled() from error
        except HostClosedError as error:
            raise _closing() from error
        response_headers.update(_headers(invoked, answer))
        return answer.payload

    simple = moto("awslambda_simple.models").LambdaSimpleBackend
    patches.replace(simple, "invoke", invoke)
    functions.log_listener = _log


def deployed(function: Moto) -> DeployedFunction:
    """Return what the host needs to know of one of moto's functions."""
    reserved = function.reserved_concurrency
    _, _, version = function.function_arn.partition(f":function:{function.function_name}:")
    return DeployedFunction(
        name=function.function_name,
        arn=function.function_arn,
        version=version or "$LATEST",
        handler=function.handler,
        role_arn=function.role,
        code=function.code_bytes,
        code_hash=function.code_sha_256,
        environment={key: str(value) for key, value in function.environment_vars.items()},
        memory_mb=int(function.memory_size),
        timeout_seconds=float(function.timeout),
        reserved_concurrency=None if reserved is None else int(reserved),
        log_group=function.logs_group_name,
    )


def _headers(function: DeployedFunction, answer: Invocation) -> dict[str, str]:
    tail = "\n".join(answer.log).encode()[-_LOG_TAIL_BYTES:]
    headers = {
        "Content-Length": str(len(answer.payload)),
        "x-amz-executed-version": function.version,
        "x-amz-log-result": base64.b64encode(tail).decode(),
        "x-amzn-RequestId": answer.request_id,
    }
    if answer.function_error:
        headers["x-amz-function-error"] = answer.function_error
    return headers


def _closing() -> Exception:
    """Return the error of an invocation that arrives while the local AWS is being stopped."""
    error = moto("core.exceptions").JsonRESTError("ServiceException", "The host is stopping.")
    error.code = 500
    exception: Exception = error
    return exception


def _throttled() -> Exception:
    error = moto("core.exceptions").JsonRESTError("TooManyRequestsException", "Rate Exceeded.")
    error.code = 429
    error.description = json.dumps(
        {
            "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
            "Type": "User",
            "message": "Rate Exceeded.",
        }
    )
    exception: Exception = error
    return exception


def _log(function: DeployedFunction, stream: str, lines: Sequence[str]) -> None:
    _, _, _, region, account, *_ = function.arn.split(":")
    backend = moto("logs.models").logs_backends[account][region]
    backend.ensure_log_group(function.log_group)
    if stream not in backend.groups[function.log_group].streams:
        backend.create_log_stream(function.log_group, stream)
    # Real time: CloudWatch Logs, and moto, refuse events more than two hours in the future.
    now = round(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines if line]
    if events:
        backend.put_log_events(function.log_group, stream, events)
