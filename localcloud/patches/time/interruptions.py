"""Whatever an execution waits for ends at the moment the execution does.

moto announces the end of a program with an event that it sets and clears at once: a thread that is
about to wait misses it, and retry delays and task tokens do not listen to it at all, so an aborted
execution lives on until its delay or its token's timeout has passed. On AWS StopExecution ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localcloud.clock import Event, VirtualClock
from localcloud.patches.patching import ASL, Moto, Patches, moto

_ENDINGS = ("set_ended", "set_error", "set_timed_out", "set_stop")


def apply(patches: Patches) -> None:
    """Run what was registered with `on_end` whenever an environment ends."""
    environment = moto(f"{ASL}.eval.environment").Environment
    for name in _ENDINGS:
        patches.replace(environment, name, _interrupting(vars(environment)[name]))


def _interrupting(original: Callable[..., None]) -> Callable[..., None]:
    def end(env: Moto, *args: Moto, **kwargs: Moto) -> None:
        with env._state_mutex:
            original(env, *args, **kwargs)
            interruptions = list(vars(env).get("interruptions", ()))
        for interrupt in interruptions:
            interrupt()

    return end


@contextmanager
def on_end(env: Moto, interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` if the environment ends, or has ended, while the block runs."""
    with env._state_mutex:
        registered: list[Callable[[], None]] = env.__dict__.setdefault("interruptions", [])
        registered.append(interrupt)
        running = env.is_running()
    if not running:
        interrupt()
    try:
        yield
    finally:
        with env._state_mutex:
            registered.remove(interrupt)


def sleep(env: Moto, clock: VirtualClock, seconds: float) -> None:
    """Wait for simulated seconds, or until the environment ends."""
    ended = Event(clock, "a delay")
    with on_end(env, ended.set):
        if seconds > 0:
            ended.wait(seconds)
