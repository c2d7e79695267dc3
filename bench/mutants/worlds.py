"""Storm worlds on the assemblies of one mutant, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from commandline.interrupts import owned
from infra.project import ROOT
from localcloud.storm.invariants import INVARIANTS
from localcloud.storm.workers import SECONDS_PER_SCENARIO, worker_command


class World(NamedTuple):
    """A world that was run.

    Attributes:
        violated: the invariants that it violates, in their order.
    """

    seed: int
    violated: tuple[str, ...] = ()


def run_worlds(seeds: Iterable[int], assemblies: Sequence[Path]) -> Iterator[World]:
    """Run the worlds of seeds one after another, and yield each.

    A world that breaks the local AWS, or does not end, violates no invariant.
    """
    rest = iter(seeds)
    for first in rest:
        with owned(partial(_start, assemblies), _end) as worker:
            seed: int | None = first
            while seed is not None:
                violated = _run(worker, seed)
                yield World(seed, violated or ())
                if violated is None:  # the worker has ended: another one takes the next seed
                    break
                seed = next(rest, None)


def _start(assemblies: Sequence[Path]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        worker_command(dict(enumerate(assemblies))),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def _end(worker: subprocess.Popen[str]) -> None:
    worker.terminate()
    worker.wait()


def _run(worker: subprocess.Popen[str], seed: int) -> tuple[str, ...] | None:
    """Return the invariants that a seed's world violates, None if its process has ended."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    watch = threading.Timer(SECONDS_PER_SCENARIO, worker.terminate)
    watch.start()
    try:
        worker.stdin.write(f"{seed}\n")
        worker.stdin.flush()
        line = worker.stdout.readline()
    except BrokenPipeError:
        return None
    finally:
        watch.cancel()
    if not line:
        return None
    found = {invariant for invariant, _ in json.loads(line)["violations"]}
    return tuple(name for name in INVARIANTS if name in found)
