"""A process that runs storm worlds on the assemblies of one mutant after another.

It reads lines, each a list of assemblies and a seed, and writes a line with the invariants that the
seed's world violates.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from commandline.interrupts import until_interrupted
from localcloud.storm.examine import examine
from localcloud.storm.generate import scenario
from localcloud.storm.stacks import Stacks


def work() -> int:
    """Serve until standard input ends; a stack is kept until another one is asked for."""
    present: list[str] = []
    with ExitStack() as held:
        for line in sys.stdin:
            assemblies, seed = json.loads(line)
            if assemblies != present:
                held.close()
                present = assemblies
                stacks = held.enter_context(Stacks(dict(enumerate(map(Path, assemblies)))))
            found = examine(scenario(seed), stacks).violations
            sys.stdout.write(json.dumps(sorted({each.invariant for each in found})) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(until_interrupted(work, "python -m bench.mutants.worker"))
