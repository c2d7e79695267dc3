"""The host's side of the zygote and of the workers that it forks."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from localcloud.functions.environment import isolated_environment
from localcloud.functions.messages import receive, send

_SECONDS_TO_END = 5.0


class WorkerGoneError(Exception):
    """The worker's process ended without answering."""


class Zygote:
    """Forks workers. It and they end with this process, even after SIGKILL."""

    def __init__(
        self,
        scratch: str,
        *,
        python: str = sys.executable,
        preimported: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; it removes the folder `scratch` when it ends.

        Another Python has other packages, so what is imported before forking is named with it.
        """
        self._lock = threading.Lock()
        self._forked = False
        self._control, theirs = socket.socketpair()
        script = Path(__file__).with_name("zygote.py")
        with theirs:
            self._process = subprocess.Popen(
                [python, "-P", "-s", "-E", str(script), scratch, *preimported],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**isolated_environment(), **(environment or {})},
                cwd=tempfile.gettempdir(),
                start_new_session=True,  # Ctrl-C is the host's to handle
            )

    def fork(self) -> Worker:
        """Return a new worker, which has no function yet."""
        ours, theirs = socket.socketpair()
        reading, path = tempfile.mkstemp(prefix="function-log-")
        appending = os.open(path, os.O_WRONLY | os.O_APPEND)
        Path(path).unlink()
        try:
            with theirs, self._lock:
                self._forked = True
                socket.send_fds(self._control, [b"w"], [theirs.fileno(), appending])
        finally:
            os.close(appending)
        return Worker(ours, reading)

    def close(self) -> None:
        """End the zygote and every worker, and wait until it has ended."""
        self._control.close()
        if not self._forked:
            self._process.kill()  # it may still be importing
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Worker:
    """One worker process, used by one thread at a time."""

    def __init__(self, channel: socket.socket, log: int) -> None:
        self._channel = channel
        self._log = log
        self._log_read = 0
        self._pid: int | None = None
        self.log_stream = ""

    def prepare(self, function: dict[str, Any], timeout_seconds: float) -> dict[str, Any] | None:
        """Have it import a function's handler; return the failure, or None.

        Raises TimeoutError, and WorkerGoneError when the import ended the process.
        """
        self._pid = int(self.ask(function, timeout_seconds)["pid"])
        failure: dict[str, Any] | None = self._answer(timeout_seconds)["failure"]
        return failure

    def ask(
        self,
        message: dict[str, Any],
        timeout_seconds: float,
        sleep: Callable[[float], float] | None = None,
    ) -> dict[str, Any]:
        """Send a message and return the answer.

        Args:
            message: the message.
            timeout_seconds: real seconds until it must have answered, not counting sleeps.
            sleep: sleeps for a number of simulated seconds and returns the time after that.

        Raises TimeoutError, WorkerGoneError, and what `sleep` raises.
        """
        self._send(message)
        left = timeout_seconds
        while True:
            began = time.monotonic()
            answer = self._answer(left)
            if sleep is None or "sleep" not in answer:
                return answer
            left -= time.monotonic() - began
            self._send({"now": sleep(answer["sleep"])})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            send(self._channel, message)
        except OSError as error:
            raise WorkerGoneError from error

    def _answer(self, timeout_seconds: float) -> dict[str, Any]:
        try:
            return receive(self._channel, timeout_seconds)
        except TimeoutError:
            raise
        except (EOFError, OSError) as error:
            raise WorkerGoneError from error

    def new_log_lines(self) -> tuple[str, ...]:
        """Return the lines written since the last call."""
        size = os.fstat(self._log).st_size
        text = os.pread(self._log, size - self._log_read, self._log_read)
        self._log_read = size
        return tuple(text.decode("utf-8", "replace").splitlines())

    def end(self) -> None:
        """End it at once, whatever it is doing; any thread may call this."""
        with suppress(OSError):
            if self._pid is not None and not self._has_ended():
                os.kill(self._pid, signal.SIGKILL)
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it and release its descriptors, after its last use."""
        self.end()
        self._channel.close()
        os.close(self._log)

    def _has_ended(self) -> bool:
        """Check by its channel, so that a process that has reused its pid is not killed."""
        poll = select.poll()
        poll.register(self._channel, 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))
