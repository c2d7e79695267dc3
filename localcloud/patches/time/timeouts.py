"""A task that waits for a token is timed once.

moto times it twice, by a thread that waits for the thread that waits for the token; the first can
time out while the second still takes an answer, which is then lost. Only the inner one counts here.
It also cuts a fraction off computed seconds, which the States Language does not allow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from localcloud.patches.expressions.failures import whole_number
from localcloud.patches.patching import ASL, Moto, Patches, moto

_SERVICE = f"{ASL}.component.state.exec.state_task.service"
_TIMEOUTS = f"{ASL}.component.common.timeouts"

_use = threading.local()


def apply(patches: Patches) -> None:
    """Time tasks that wait for a token once, and check computed seconds."""
    _apply_to_token_tasks(patches)
    _apply_to_computed_seconds(patches)


class _TokenSeconds:
    """Stands before a Timeout or Heartbeat and gives what its evaluation is for.

    No limit for the thread around the wait, the declared seconds for everything else.
    """

    def __init__(self, declared: Moto) -> None:
        self._declared = declared

    def eval(self, env: Moto) -> None:
        self._declared.eval(env=env)
        if not getattr(_use, "is_declared", False):
            env.stack.pop()
            env.stack.append(None)

    def is_default_value(self) -> bool:
        return bool(self._declared.is_default_value())


@contextmanager
def _as_declared() -> Iterator[None]:
    _use.is_declared = True
    try:
        yield
    finally:
        _use.is_declared = False


def _apply_to_token_tasks(patches: Patches) -> None:
    service = moto(f"{_SERVICE}.state_task_service").StateTaskService
    callback = moto(f"{_SERVICE}.state_task_service_callback").StateTaskServiceCallback
    token = moto(f"{_SERVICE}.resource").ResourceCondition.WaitForTaskToken

    def from_state_props(task: Moto, state_props: Moto) -> None:
        declare(task, state_props)
        if task.resource.condition == token:
            task.timeout = _TokenSeconds(task.timeout)
            if task.heartbeat is not None:
                task.heartbeat = _TokenSeconds(task.heartbeat)

    def before_execution(*args: Moto, **kwargs: Moto) -> None:
        with _as_declared():
            before(*args, **kwargs)

    def integrate(*args: Moto, **kwargs: Moto) -> None:
        with _as_declared():
            wait(*args, **kwargs)

    declare: Callable[..., None] = patches.replace(service, "from_state_props", from_state_props)
    before: Callable[..., None] = patches.replace(
        service, "_before_eval_execution", before_execution
    )
    wait: Callable[..., None] = patches.replace(callback, "_eval_integration_pattern", integrate)


def _apply_to_computed_seconds(patches: Patches) -> None:
    def computed(field: str) -> Callable[[Any, Any], int]:
        def seconds(declaration: Moto, env: Moto) -> int:
            declaration.string_jsonata.eval(env=env)
            return whole_number(env, env.stack.pop(), field=field, least=1)

        return seconds

    timeout = moto(f"{_TIMEOUTS}.timeout").TimeoutSecondsJSONata
    patches.replace(timeout, "_eval_seconds", computed("TimeoutSeconds"))
    heartbeat = moto(f"{_TIMEOUTS}.heartbeat").HeartbeatSecondsJSONata
    patches.replace(heartbeat, "_eval_seconds", computed("HeartbeatSeconds"))
