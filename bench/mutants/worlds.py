"""Storm worlds on the assemblies of mutants, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Self

from commandline.interrupts import owned
from infra.project import ROOT
from localcloud.storm.invariants import INVARIANTS
from localcloud.storm.workers import SECONDS_PER_SCENARIO

COMMAND: Final = (sys.executable, "-m", "bench.mutants.worker")


class World(NamedTuple):
    """A world that was run.

    Attributes:
        violated: the invariants that it violates, in their order.
    """

    seed: int
    violated: tuple[str, ...] = ()


class Worker:
    """A context manager: a process that is started when it is needed, and again if it has ended."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(self, seed: int, assemblies: Sequence[Path]) -> World:
        """Run a seed's world on the assemblies of `SETTINGS`.

        A world that breaks the local AWS, or does not end, violates no invariant.
        """
        line = self._answer(json.dumps([[str(each) for each in assemblies], seed]))
        if not line:
            self._end()
        found = json.loads(line or "[]")
        return World(seed, tuple(name for name in INVARIANTS if name in found))

    def _answer(self, line: str) -> str:
        """Return the answer to a line; none if the process has ended or had to be ended."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(SECONDS_PER_SCENARIO, process.terminate)
        watch.start()
        try:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return process.stdout.readline()
        except BrokenPipeError:
            return ""
        finally:
            watch.cancel()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = self._held.enter_context(owned(_start, _stop))
        return self._process

    def _end(self) -> None:
        self._process = None
        self._held.close()


_start = partial(
    subprocess.Popen[str],
    COMMAND,
    cwd=ROOT,
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL,
    text=True,
    start_new_session=True,
)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()
