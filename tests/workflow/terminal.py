"""A command on a terminal of its own, watched as a person would, and its processes."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PATIENCE = 60
"""Real seconds after which what a test waits for is taken never to happen."""

CTRL_C = b"\x03"

_IN_FOREGROUND = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


class Terminal:
    """Runs `python -m localcloud` in the foreground of a pseudo-terminal.

    Every process that it starts is known by the path of the temporary directory that it was given:
    it is in the environment of each or, as functions have one of their own, in the arguments.
    The size of the terminal is in lines and columns.
    """

    def __init__(
        self, temporary: Path, *arguments: object, size: tuple[int, int] = (24, 80)
    ) -> None:
        self.shown = ""
        self._temporary = temporary
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, size)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _IN_FOREGROUND, "-m", "localcloud", *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "TMPDIR": str(temporary), "TEST": str(temporary)},
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, true: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < give_up_at, self.shown
            self._read()

    def press(self, keys: bytes) -> None:
        """Press keys; the terminal sends Ctrl-C's signal to the processes in its foreground."""
        os.write(self._ours, keys)

    def exit_code(self) -> int:
        self.until(lambda: self._process.poll() is not None)
        while self._read():
            pass
        os.close(self._ours)
        return self._process.returncode

    def processes(self) -> Iterator[str]:
        """The arguments of each process that runs."""
        for directory in Path("/proc").iterdir():
            try:
                arguments = (directory / "cmdline").read_bytes()
                environment = (directory / "environ").read_bytes()
            except OSError:
                continue  # no process, or one that has just ended
            if str(self._temporary).encode() in arguments + environment:
                yield arguments.replace(b"\0", b" ").decode()

    def runs(self, name: str) -> bool:
        return any(name in arguments for arguments in self.processes())

    def takes_interrupts(self) -> bool:
        """Whether it has got so far as to handle SIGTERM, which Python itself leaves alone."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        caught = int(re.findall(r"SigCgt:\s+(\w+)", status)[0], 16)
        return bool(caught & 1 << signal.SIGTERM - 1)

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 0.01)[0]:
            return False
        try:
            read = os.read(self._ours, 65536)
        except OSError:  # Linux: nobody has the other side open any more
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)
