"""A process that runs the scenarios of the seeds that it reads, and writes a line for each.

The arguments are the assemblies, as the place of their settings in `SETTINGS`, '=' and the path.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from commandline.interrupts import until_interrupted
from localcloud import PROGRAM
from localcloud.storm import replay
from localcloud.storm.examine import examine
from localcloud.storm.generate import scenario
from localcloud.storm.stacks import Stacks


def work(assemblies: Mapping[int, Path]) -> int:
    """Serve until standard input ends."""
    with Stacks(assemblies) as stacks:
        for line in sys.stdin:
            drawn = scenario(int(line))
            began, cpu = time.monotonic(), time.process_time()
            examined = examine(drawn, stacks)
            observed = examined.observed
            result = {
                "seed": drawn.seed,
                "violations": [[each.invariant, each.what] for each in examined.violations],
                "entries": examined.entries(),
                "timeline": replay.timeline(observed) if observed else "",
                "simulated_seconds": round(observed.ended_at_s) if observed else 0,
                "wall_seconds": round(time.monotonic() - began, 2),
                "cpu_seconds": round(time.process_time() - cpu, 2),
            }
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()
    return 0


def _assemblies(arguments: Iterable[str]) -> dict[int, Path]:
    given = (argument.partition("=") for argument in arguments)
    return {int(place): Path(path) for place, _, path in given}


if __name__ == "__main__":
    sys.exit(until_interrupted(lambda: work(_assemblies(sys.argv[1:])), PROGRAM))
