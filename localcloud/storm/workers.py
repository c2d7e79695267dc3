"""Distributes seeds over processes, as many as there are cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from commandline.interrupts import owned
from infra.project import ROOT
from localcloud.storm.examine import LOCAL_AWS
from localcloud.storm.generate import scenario

SECONDS_PER_SCENARIO: Final = 180.0
"""Real ones; a scenario that takes longer will not end."""

BLOCK: Final = 400
"""Seeds in a row that are run by settings, so that a stack is deployed for many of them."""

Result = dict[str, Any]


def run_all(seeds: Sequence[int], assemblies: Mapping[int, Path]) -> Iterator[Result]:
    """Yield the results of seeds, in their order."""
    queue: SimpleQueue[int] = SimpleQueue()
    for first in range(0, len(seeds), BLOCK):
        for seed in sorted(seeds[first : first + BLOCK], key=lambda each: scenario(each).settings):
            queue.put(seed)
    results: SimpleQueue[Result] = SimpleQueue()
    count = min(len(seeds), len(os.sched_getaffinity(0)))

    def serve() -> None:
        while not queue.empty():
            with _worker(assemblies) as process:
                for result in _results(process, queue):
                    results.put(result)

    with ThreadPoolExecutor(count) as threads:
        for _ in range(count):
            threads.submit(serve)
        yield from _in_order(seeds, results)


def _in_order(seeds: Iterable[int], results: SimpleQueue[Result]) -> Iterator[Result]:
    early: dict[int, Result] = {}
    for seed in seeds:
        while seed not in early:
            result = results.get()
            early[result["seed"]] = result
        yield early.pop(seed)


def worker_command(assemblies: Mapping[int, Path]) -> list[str]:
    """Return the command of a process that runs scenarios, on the assemblies of `SETTINGS`."""
    given = [f"{place}={path}" for place, path in assemblies.items()]
    return [sys.executable, "-m", "localcloud.storm.worker", *given]


def _worker(assemblies: Mapping[int, Path]) -> AbstractContextManager[subprocess.Popen[str]]:
    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            worker_command(assemblies),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    return owned(start, _end)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()


def _results(process: subprocess.Popen[str], queue: SimpleQueue[int]) -> Iterator[Result]:
    """Yield results until there are no seeds any more, or the process has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    while not queue.empty():
        seed = queue.get()
        watch = threading.Timer(SECONDS_PER_SCENARIO, process.terminate)
        watch.start()
        try:
            process.stdin.write(f"{seed}\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            yield _without_result(seed)
            return
        yield json.loads(line)


def _without_result(seed: int) -> Result:
    what = f"its process ended, or it took more than {SECONDS_PER_SCENARIO:g} real seconds"
    return {
        "seed": seed,
        "violations": [[LOCAL_AWS, what]],
        "entries": {},
        "timeline": "",
        "simulated_seconds": 0,
        "wall_seconds": SECONDS_PER_SCENARIO,
        "cpu_seconds": 0.0,
    }
