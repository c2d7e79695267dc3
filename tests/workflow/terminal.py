"""A command on a pseudo-terminal, its output and its processes."""

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

MAX_WAIT_S = 60
"""Real seconds that a test waits before it fails."""

CTRL_C = b"\x03"

_IN_FOREGROUND = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


class Terminal:
    """Runs a command of the project in the foreground of a pseudo-terminal.

    Every process that it starts is recognised by the path of its temporary directory, which is in
    the environment or, for functions, which have their own environment, in the arguments. The size
    of the terminal is in lines and columns.
    """

    def __init__(
        self,
        temporary: Path,
        *arguments: object,
        module: str = "localcloud",
        size: tuple[int, int] = (24, 80),
    ) -> None:
        self.shown = ""
        self._temporary = temporary
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, size)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _IN_FOREGROUND, "-m", module, *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={
                **self._environment(),
                "TERM": "xterm",
                "TMPDIR": str(temporary),
                "TEST": str(temporary),
            },
            start_new_session=True,
        )
        os.close(theirs)

    @staticmethod
    def _environment() -> dict[str, str]:
        """This process's, without the size of its window, which would be that of the terminal."""
        size = ("COLUMNS", "LINES")
        return {name: value for name, value in os.environ.items() if name not in size}

    def until(self, is_true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + MAX_WAIT_S
        while not is_true():
            assert time.monotonic() < deadline, self.shown
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
        """The arguments of each running process."""
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

    def handles_interrupts(self) -> bool:
        """Whether it handles SIGTERM already, for which Python has no handler of its own."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        caught = int(re.findall(r"SigCgt:\s+(\w+)", status)[0], 16)
        return bool(caught & 1 << signal.SIGTERM - 1)

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 0.05)[0]:
            return False
        try:
            read = os.read(self._ours, 65536)
        except OSError:  # Linux: the other side has been closed
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)
