"""Lambda's queue of asynchronous invocations, with its retries and where they end.

moto answers asynchronous invocations at once and keeps nothing of them. On AWS a failed one is
tried again after one and after two minutes, a throttled one for up to six hours, and what still
fails goes to the function's dead-letter queue and its on-failure destination. The delays pass on
the simulated clock. Source: Lambda developer guide, "Error handling for asynchronous invocations".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from localcloud.clock import VirtualClock
from localcloud.functions.function import (
    ConcurrencyExceededError,
    DeployedFunction,
    HostClosedError,
    Invocation,
)
from localcloud.functions.host import FunctionHost
from localcloud.patches.eventbridge.dead_letters import queue
from localcloud.patches.eventbridge.rule_inputs import iso_time
from localcloud.patches.patching import Moto

_RETRY_DELAYS_SECONDS = (60.0, 120.0)
_MOST_AGE_SECONDS = 6 * 3600.0
_FIRST_THROTTLE_DELAY_SECONDS = 1.0
_MOST_THROTTLE_DELAY_SECONDS = 300.0


@dataclass(frozen=True)
class _Settings:
    """What the function's configuration says of its asynchronous invocations."""

    retries: int
    most_age_seconds: float
    dead_letters: str | None
    on_failure: str | None
    on_success: str | None

    @classmethod
    def of(cls, function: Moto) -> _Settings:
        configs = function.event_invoke_config
        config = configs[-1].config if configs else {}
        destinations = config.get("DestinationConfig") or {}
        return cls(
            retries=int(config.get("MaximumRetryAttempts", len(_RETRY_DELAYS_SECONDS))),
            most_age_seconds=float(config.get("MaximumEventAgeInSeconds", _MOST_AGE_SECONDS)),
            dead_letters=(function.dead_letter_config or {}).get("TargetArn"),
            on_failure=(destinations.get("OnFailure") or {}).get("Destination"),
            on_success=(destinations.get("OnSuccess") or {}).get("Destination"),
        )


class AsynchronousInvocations:
    """Runs each asynchronous invocation, with its retries, in a fiber of its own."""

    def __init__(
        self,
        clock: VirtualClock,
        functions: FunctionHost,
        deployed: Callable[[Any], DeployedFunction],
    ) -> None:
        self._clock = clock
        self._functions = functions
        self._deployed = deployed

    def submit(self, function: Moto, payload: bytes) -> None:
        """Accept an invocation of one of moto's functions."""
        name = f"asynchronous invocation of {function.function_name}"
        self._clock.start(name, partial(self._process, function, payload))

    def _process(self, function: Moto, payload: bytes) -> None:
        with suppress(HostClosedError):
            self._attempt_until_done(function, payload)

    def _attempt_until_done(self, function: Moto, payload: bytes) -> None:
        settings = _Settings.of(function)
        deadline = self._clock.now() + settings.most_age_seconds
        throttle_delay = _FIRST_THROTTLE_DELAY_SECONDS
        attempts, answer = 0, None
        while True:
            deployed = self._deployed(function)
            try:
                answer = self._functions.invoke(deployed, payload)
                attempts += 1
                delay = _RETRY_DELAYS_SECONDS[min(attempts, len(_RETRY_DELAYS_SECONDS)) - 1]
                is_final = answer.function_error is None or attempts > settings.retries
            except ConcurrencyExceededError:
                delay = throttle_delay
                throttle_delay = min(2 * throttle_delay, _MOST_THROTTLE_DELAY_SECONDS)
                is_final = deployed.reserved_concurrency == 0  # sent on at once, never tried
            if is_final or self._clock.now() + delay > deadline:
                self._finish(settings, deployed, payload, answer, attempts)
                return
            self._clock.sleep(delay)

    def _finish(
        self,
        settings: _Settings,
        function: DeployedFunction,
        payload: bytes,
        answer: Invocation | None,
        attempts: int,
    ) -> None:
        succeeded = answer is not None and answer.function_error is None
        destination = settings.on_success if succeeded else settings.on_failure
        if destination:
            record = self._record(function, payload, answer, attempts)
            queue(destination, json.dumps(record), {})
        if settings.dead_letters and not succeeded:
            attributes: dict[str, str | int] = {
                "RequestID": answer.request_id if answer else str(uuid.uuid4()),
                "ErrorCode": 200 if answer else 429,
                "ErrorMessage": _error_message(answer),
            }
            queue(settings.dead_letters, payload.decode(), attributes)

    def _record(
        self, function: DeployedFunction, payload: bytes, answer: Invocation | None, attempts: int
    ) -> dict[str, Any]:
        """Describe the invocation as Lambda does to a destination."""
        succeeded = answer is not None and answer.function_error is None
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": function.version}
        if answer is not None and answer.function_error:
            response["functionError"] = answer.function_error
        return {
            "version": "1.0",
            "timestamp": iso_time(self._clock.now()),
            "requestContext": {
                "requestId": answer.request_id if answer else str(uuid.uuid4()),
                "functionArn": f"{function.arn}:{function.version}",
                "condition": "Success" if succeeded else "RetriesExhausted",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": json.loads(payload or b"null"),
            "responseContext": response if answer else None,
            "responsePayload": json.loads(answer.payload) if answer else None,
        }


def _error_message(answer: Invocation | None) -> str:
    if answer is None:
        return "Rate Exceeded."
    return str(json.loads(answer.payload).get("errorMessage", ""))[:1024]
