"""A task token's timeout and heartbeat, and a machine's timeout, pass on the simulated clock.

moto counts all timeouts in real seconds. Here what waits is scaled and what computes is not: the
TimeoutSeconds of a .waitForTaskToken task and of the machine are simulated time, that of any other
task stays real, because the work of a machine's function takes the time it takes.

moto also times a token task twice, by a thread that waits for the thread that waits for the token;
the first can give up while the second still takes an answer, which is then lost. Only the inner
one counts here.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from localcloud.clock import SimulatedClock
from localcloud.patches.expressions.failures import whole_number
from localcloud.patches.patching import ASL, Moto, Patches, moto

_SERVICE = f"{ASL}.component.state.exec.state_task.service"
_TIMEOUTS = f"{ASL}.component.common.timeouts"

_use = threading.local()


def mend(patches: Patches) -> None:
    """Scale the timeouts of tasks that wait for a token, and of machines."""
    _mend_token_tasks(patches)
    _mend_computed_seconds(patches)
    clock = patches.clock

    def evaluate(program: Moto, env: Moto) -> None:
        if program.timeout_seconds is not None:
            limit = clock.real_seconds(program.timeout_seconds.timeout_seconds)
            program = copy.copy(program)
            program.timeout_seconds = SimpleNamespace(timeout_seconds=limit)
        original(program, env)

    program = moto(f"{ASL}.component.program.program").Program
    original: Callable[..., None] = patches.replace(program, "eval", evaluate)


class _TokenSeconds:
    """Stands before a Timeout or Heartbeat and gives what its evaluation is for.

    Declared seconds for the history, real seconds for the wait, no limit for the thread around it.
    """

    def __init__(self, declared: Moto, clock: SimulatedClock) -> None:
        self._declared = declared
        self._clock = clock

    def eval(self, env: Moto) -> None:
        self._declared.eval(env=env)
        seconds = env.stack.pop()
        use = getattr(_use, "of_seconds", "outer")
        if use == "wait":
            seconds = self._clock.real_seconds(seconds)
        elif use == "outer":
            seconds = threading.TIMEOUT_MAX
        env.stack.append(seconds)

    def is_default_value(self) -> bool:
        return bool(self._declared.is_default_value())


@contextmanager
def _used_to(use: str) -> Iterator[None]:
    _use.of_seconds = use
    try:
        yield
    finally:
        _use.of_seconds = "outer"


def _mend_token_tasks(patches: Patches) -> None:
    service = moto(f"{_SERVICE}.state_task_service").StateTaskService
    callback = moto(f"{_SERVICE}.state_task_service_callback").StateTaskServiceCallback
    token = moto(f"{_SERVICE}.resource").ResourceCondition.WaitForTaskToken

    def from_state_props(task: Moto, state_props: Moto) -> None:
        declare(task, state_props)
        if task.resource.condition == token:
            task.timeout = _TokenSeconds(task.timeout, patches.clock)
            if task.heartbeat is not None:
                task.heartbeat = _TokenSeconds(task.heartbeat, patches.clock)

    def before_execution(*args: Moto, **kwargs: Moto) -> None:
        with _used_to("history"):
            before(*args, **kwargs)

    def integrate(*args: Moto, **kwargs: Moto) -> None:
        with _used_to("wait"):
            wait(*args, **kwargs)

    declare: Callable[..., None] = patches.replace(service, "from_state_props", from_state_props)
    before: Callable[..., None] = patches.replace(
        service, "_before_eval_execution", before_execution
    )
    wait: Callable[..., None] = patches.replace(callback, "_eval_integration_pattern", integrate)


def _mend_computed_seconds(patches: Patches) -> None:
    def computed(field: str) -> Callable[[Any, Any], int]:
        def seconds(declaration: Moto, env: Moto) -> int:
            declaration.string_jsonata.eval(env=env)
            return whole_number(env, env.stack.pop(), field=field, least=1)

        return seconds

    timeout = moto(f"{_TIMEOUTS}.timeout").TimeoutSecondsJSONata
    patches.replace(timeout, "_eval_seconds", computed("TimeoutSeconds"))
    heartbeat = moto(f"{_TIMEOUTS}.heartbeat").HeartbeatSecondsJSONata
    patches.replace(heartbeat, "_eval_seconds", computed("HeartbeatSeconds"))
