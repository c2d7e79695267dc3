"""Wait states and retry delays pass on the simulated clock.

moto lets them pass in real time, in whole seconds, and compares the Timestamp of a Wait state
(UTC) with the machine's local time. It also cuts a fraction off a computed Seconds, which the
States Language does not allow. Source of what a Timestamp must be: LocalStack's snapshots
test_wait_timestamp_*, recorded on 27 December 2024.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

from localcloud.patches.expressions.failures import query_failure, whole_number
from localcloud.patches.patching import ASL, Moto, Patches, moto
from localcloud.patches.time import interruptions

_UNREADABLE = (
    "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
)
_TOO_LONG = 2**31
"""Seconds. Source: LocalStack's test_timestamp_too_far_in_future_boundary, 13 December 2023."""

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_WAIT = f"{ASL}.component.state.wait.wait_function"


def apply(patches: Patches) -> None:
    """Let what waits go by the clock."""
    clock = patches.clock

    def wait(_function: Moto, env: Moto, wait_seconds: float) -> None:
        interruptions.sleep(env, clock, wait_seconds)

    def seconds_until(function: Moto, env: Moto) -> float:
        function.string.eval(env=env)
        text = env.stack.pop()
        moment = _moment(text)
        if moment is None and hasattr(function.string, "field"):
            raise query_failure(env, f"{_UNREADABLE}: {text}", "Timestamp", after_entry=False)
        if moment is not None and moment - clock.now() < _TOO_LONG:
            return moment - clock.now()
        failure = function._create_failure_event(env, text)
        if moment is not None:
            details = failure.event_details["executionFailedEventDetails"]
            details["cause"] = "Wait state delay is too long."
        raise errors.FailureEventException(failure)

    errors = moto(f"{ASL}.component.common.error_name.failure_event")
    patches.replace(moto(f"{_WAIT}.wait_function").WaitFunction, "_wait_interval", wait)
    patches.replace(moto(f"{_WAIT}.timestamp").Timestamp, "_get_wait_seconds", seconds_until)
    patches.replace(moto(f"{_WAIT}.seconds").SecondsJSONata, "_get_wait_seconds", _computed_seconds)
    _apply_to_retry_delays(patches)


def _moment(text: str) -> float | None:
    """Return a Timestamp in whole seconds, to which Step Functions cuts it; None if it is none."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


def _computed_seconds(function: Moto, env: Moto) -> int:
    function.string_jsonata.eval(env=env)
    return whole_number(env, env.stack.pop(), field="Seconds", least=0)


def _apply_to_retry_delays(patches: Patches) -> None:
    """The retrier calls time.sleep, which knows no environment: each thread has its own."""
    retrier = moto(f"{ASL}.component.common.retry.retrier_decl")
    retrying = threading.local()

    def sleep(seconds: float) -> None:
        interruptions.sleep(retrying.env, patches.clock, seconds)

    def evaluate(declaration: Moto, env: Moto) -> None:
        retrying.env = env
        original(declaration, env)

    patches.replace(retrier, "time", SimpleNamespace(sleep=sleep))
    original: Callable[..., None] = patches.replace(retrier.RetrierDecl, "_eval_body", evaluate)
