"""A process that runs the scenarios of the seeds that it reads, and writes a line for each.

The arguments are the assemblies of `SETTINGS`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from commandline.interrupts import until_interrupted
from localcloud import PROGRAM
from localcloud.storm.examine import examine
from localcloud.storm.generate import scenario
from localcloud.storm.stacks import Stacks


def work(assemblies: Sequence[Path]) -> int:
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
                "calls": len(observed.timeline) if observed else 0,
                "simulated_seconds": round(observed.ended_at_s) if observed else 0,
                "wall_seconds": round(time.monotonic() - began, 2),
                "cpu_seconds": round(time.process_time() - cpu, 2),
            }
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(until_interrupted(lambda: work([Path(each) for each in sys.argv[1:]]), PROGRAM))
