"""Ends this process at the first interrupt, whatever it is doing, with one line.

A handler that raises KeyboardInterrupt raises it anywhere: in a destructor, where it is lost, or in
a `finally` that was ending something. And a signal that another thread takes does not wake the main
thread from a system call. So here the work has a thread of its own, the handlers do nothing, and
the main thread reads the descriptor of `signal.set_wakeup_fd`, which any thread's signal writes to.
At an interrupt nothing is unwound: what would outlive this process is ended, then the process is.
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
"""The exit code of a process that SIGINT has ended, as shells give it."""

_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM)
_DONE: Final = b"\0"  # no signal has this number
_SHOW_CURSOR: Final = b"\x1b[?25h"  # whoever redraws a terminal has hidden it

Owned = TypeVar("Owned")


class _Process:
    """What is true of this process as a whole."""

    lock = threading.Lock()
    endings: Final[list[Callable[[], None]]] = []
    farewell = ("interrupted", INTERRUPTED)


def until_interrupted(work: Callable[[], int]) -> int:
    """Return what `work` returns; at an interrupt, end the process instead."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in _INTERRUPTS:
        # Set both: a shell starts what it puts in the background with interrupts ignored.
        signal.signal(number, _leave_it_to_the_descriptor)
    done: Future[int] = Future()

    def carry_out() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)
        os.write(writing, _DONE)

    threading.Thread(target=carry_out, daemon=True, name="work").start()
    if os.read(reading, 1) != _DONE:
        _end_process()
    return done.result()


def serve_until_interrupted() -> Never:
    """Wait for the interrupt, which is then the ordinary end."""
    _Process.farewell = ("stopped", 0)
    while True:
        threading.Event().wait()


@contextmanager
def owned(make: Callable[[], Owned], end: Callable[[Owned], object]) -> Iterator[Owned]:
    """Make what would outlive this process, and end it, also at an interrupt.

    Args:
        make: should be quick; an interrupt waits for it.
        end: may be called while another thread uses what was made.
    """
    with _Process.lock:
        made = make()

        def ending() -> None:
            end(made)

        _Process.endings.append(ending)
    try:
        yield made
    finally:
        end(made)
        with _Process.lock:
            _Process.endings.remove(ending)


def _leave_it_to_the_descriptor(_signal: int, _frame: object) -> None:
    """Return: the signal's number is in the descriptor already."""


def _end_process() -> Never:
    """End all that is owned, then this process; further interrupts change nothing."""
    message, code = _Process.farewell
    terminal = os.dup(2)
    _silence()
    line = f"localcloud: {message}\n".encode()
    if os.isatty(terminal):
        # The cursor is behind the terminal's ^C, or in the middle of what was being printed.
        line = _SHOW_CURSOR + b"\n" + line
    with suppress(OSError):
        if select.select([], [terminal], [], 0)[1]:  # a pipe that nobody reads may be full
            os.write(terminal, line)
    with _Process.lock:
        for ending in reversed(_Process.endings):
            with suppress(Exception):
                ending()
    os._exit(code)


def _silence() -> None:
    """Let nothing more be printed: the threads still run, and meet what is being ended."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
