"""The command: many scenarios over all cores, or one of them in detail."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from commandline.output import one_line, print_status, show
from localcloud import PROGRAM
from localcloud.storm import replay as lines
from localcloud.storm.examine import examine
from localcloud.storm.generate import scenario
from localcloud.storm.invariants import INVARIANTS, Violation
from localcloud.storm.scenario import SETTINGS
from localcloud.storm.shrink import shrink
from localcloud.storm.stacks import Stacks
from localcloud.storm.workers import run_all
from tools.synthesis import synthesise


@dataclass
class Storm:
    """What came of many scenarios.

    Attributes:
        timelines: the hash of all timelines, in the order of the seeds.
        entries: how many entries of outcomes there were, by kind, target, phase and reason.
        cpu_seconds: of the processes that run the local AWS; the functions' come on top.
    """

    seed: int
    worlds: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    simulated_seconds: int = 0
    timelines: Any = field(default_factory=sha256)
    violations: list[Violation] = field(default_factory=list)
    entries: Counter[str] = field(default_factory=Counter)

    def report(self) -> dict[str, Any]:
        """Return the report of the `--report` option."""
        return {
            "seed": self.seed,
            "worlds": self.worlds,
            "worlds_per_second": round(self.worlds / max(self.wall_seconds, 0.001), 2),
            "wall_seconds": round(self.wall_seconds, 1),
            "cpu_seconds": round(self.cpu_seconds, 1),
            "simulated_seconds": self.simulated_seconds,
            "timelines": self.timelines.hexdigest(),
            "invariants": list(INVARIANTS),
            "violations": [each._asdict() for each in self.violations],
            "entries": dict(sorted(self.entries.items())),
        }


def run(seed: int, worlds: int) -> Storm:
    """Run the scenarios of successive seeds, and print each violation."""
    seeds = range(seed, seed + worlds)
    assemblies = _assemblies(seeds)
    storm, began = Storm(seed), time.monotonic()
    for result in run_all(seeds, assemblies):
        storm.worlds += 1
        storm.cpu_seconds += result["cpu_seconds"]
        storm.simulated_seconds += result["simulated_seconds"]
        storm.timelines.update(result["timeline"].encode())
        storm.entries.update(result["entries"])
        for invariant, what in result["violations"]:
            violation = Violation(result["seed"], invariant, what)
            storm.violations.append(violation)
            show(one_line(str(violation)), PROGRAM)
    storm.wall_seconds = time.monotonic() - began
    pace = storm.worlds / max(storm.wall_seconds, 0.001)
    print_status(
        f"{storm.worlds} worlds, {pace:.2f} per second, {len(storm.violations)} violations"
    )
    return storm


def replay(seed: int, *, shrinks: bool = False) -> bool:
    """Run one seed's scenario, print it, and return whether it violates something."""
    with Stacks(_assemblies([seed])) as stacks:
        drawn = scenario(seed)
        result = examine(drawn, stacks)
        if shrinks and result.violations:
            names = {each.invariant for each in result.violations}
            drawn = shrink(
                drawn,
                lambda each: bool(names & {v.invariant for v in examine(each, stacks).violations}),
            )
            result = examine(drawn, stacks)
    texts = [*lines.asked(drawn)]
    if result.observed is not None:
        texts += lines.timeline(result.observed).splitlines()
    for text in [*texts, *map(str, result.violations)]:
        show(one_line(text), PROGRAM)
    return bool(result.violations)


def _assemblies(seeds: Iterable[int]) -> dict[int, Path]:
    print_status("Synthesising the stack")
    places = sorted({scenario(seed).settings for seed in seeds})
    return {place: synthesise(SETTINGS[place]) for place in places}
