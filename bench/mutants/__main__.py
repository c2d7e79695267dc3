"""Runs storm worlds on each mutant until an invariant is violated, and rewrites docs/mutants.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Final

from bench.mutants.assemblies import originals
from bench.mutants.catalogue import Mutant, mutants
from bench.mutants.page import PAGE, page
from bench.mutants.search import Search, in_order, search
from bench.mutants.worlds import Worker
from commandline.interrupts import until_interrupted
from commandline.output import print_status, show

PROGRAM: Final = "python -m bench.mutants"

AT_ONCE: Final = 2
"""Mutants that are run at the same time."""

AT_MOST: Final = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 if a mutant is not found, or the project itself violates something."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants; no page")
    parser.add_argument("--seed", type=int, default=0, help="of the first world (default: 0)")
    parser.add_argument(
        "--at-most", type=int, default=AT_MOST, help=f"worlds for each (default: {AT_MOST})"
    )
    asked = parser.parse_args(arguments)
    every = mutants()
    unknown = set(asked.names) - {mutant.name for mutant in every}
    if unknown:
        parser.error(f"no mutant is named {', '.join(sorted(unknown))}")
    chosen = [mutant for mutant in every if not asked.names or mutant.name in asked.names]
    seeds = in_order(asked.seed, asked.at_most)
    print_status("Synthesising the stack")
    originals()

    with ExitStack() as stack:
        idle: SimpleQueue[Worker] = SimpleQueue()
        for _ in range(AT_ONCE):
            idle.put(stack.enter_context(Worker()))

        def shown(mutant: Mutant | None, seeds: Sequence[int] = seeds) -> Search:
            worker = idle.get()
            try:
                result = search(mutant, seeds, worker)
            finally:
                idle.put(worker)
            show(str(result), PROGRAM)
            return result

        with ThreadPoolExecutor(AT_ONCE) as threads:
            searches = list(threads.map(shown, chosen))
        control = shown(None, seeds[: max(result.worlds for result in searches)])
    if not asked.names:
        PAGE.write_text(page(searches, control, seeds), encoding="utf-8")
    return 0 if control.found is None and all(each.found for each in searches) else 1


if __name__ == "__main__":
    sys.exit(until_interrupted(main, PROGRAM))
