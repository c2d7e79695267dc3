"""Ends this process at the first interrupt, whatever it is doing, with one line.

A handler that raises KeyboardInterrupt raises it anywhere: in a destructor, where it is lost, or in
a `finally` that is cleaning up. And a signal that is delivered to another thread does not wake the
main thread from a system call. So the work runs on its own thread, the handlers do nothing, and the
main thread reads the descriptor of `signal.set_wakeup_fd`, to which the signal of any thread is
written. An interrupt unwinds nothing: it ends what would outlive this process, then the process.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Final, Never, TypeVar

INTERRUPTED: Final = 130
"""The exit code that shells report for a process ended by SIGINT."""

_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM)
_DONE: Final = b"\0"  # no signal has this number
_SHOW_CURSOR: Final = b"\x1b[?25h"  # rich hides it while it redraws

Owned = TypeVar("Owned")


class _Process:
    """The state of this process as a whole."""

    lock = threading.Lock()
    cleanups: Final[list[Callable[[], None]]] = []
    program = ""
    message_and_code = ("interrupted", INTERRUPTED)


def until_interrupted(work: Callable[[], int], program: str) -> int:
    """Return what `work` returns; at an interrupt, end the process instead, in a program's name."""
    _Process.program = program
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in _INTERRUPTS:
        # Both are set, because a shell starts background processes with SIGINT ignored.
        signal.signal(number, _ignore)
    done: Future[int] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)
        os.write(writing, _DONE)

    threading.Thread(target=run, daemon=True, name="work").start()
    if os.read(reading, 1) != _DONE:
        _end_process()
    return done.result()


def at_interrupt(message: str, code: int = INTERRUPTED) -> None:
    """Say how the process ends if it is interrupted from now on."""
    _Process.message_and_code = (message, code)


def serve_until_interrupted() -> Never:
    """Wait for an interrupt, which then is the normal way to stop."""
    at_interrupt("stopped", 0)
    while True:
        threading.Event().wait()


@contextmanager
def owned(make: Callable[[], Owned], end: Callable[[Owned], object]) -> Iterator[Owned]:
    """Create something that would outlive this process, and end it, also at an interrupt.

    Args:
        make: creates it; should be quick, because an interrupt waits for it.
        end: ends it; may be called while another thread uses it.
    """
    with _Process.lock:
        made = make()

        def cleanup() -> None:
            end(made)

        _Process.cleanups.append(cleanup)
    try:
        yield made
    finally:
        end(made)
        with _Process.lock:
            _Process.cleanups.remove(cleanup)


def _ignore(_signal: int, _frame: object) -> None:
    """Do nothing: the signal's number has been written to the descriptor."""


def _end_process() -> Never:
    """End everything that is owned, then this process; further interrupts are ignored."""
    message, code = _Process.message_and_code
    terminal = os.dup(2)
    _silence()
    line = f"{_Process.program}: {message}\n".encode()
    if os.isatty(terminal):
        # The cursor is after the ^C that the terminal echoed, or in the middle of other output.
        line = _SHOW_CURSOR + b"\n" + line
    with suppress(OSError):
        if select.select([], [terminal], [], 0)[1]:  # a pipe without a reader may be full
            os.write(terminal, line)
    with _Process.lock:
        for cleanup in reversed(_Process.cleanups):
            with suppress(Exception):
                cleanup()
    os._exit(code)


def _silence() -> None:
    """Discard further output: threads that still run would report errors while things end."""
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)
