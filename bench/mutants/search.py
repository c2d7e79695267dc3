"""Runs worlds on a mutant until one of them violates an invariant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Final, NamedTuple

from bench.mutants.assemblies import assemblies_of, originals
from bench.mutants.catalogue import Mutant
from bench.mutants.journal import Journal
from bench.mutants.worlds import Worker, World
from localcloud.storm.generate import scenario

CONTROL: Final = "no mutation"


class Search(NamedTuple):
    """What came of the worlds of a mutant.

    Attributes:
        mutant: None for the project as it is.
        worlds: how many were run, the one that violates something included.
        found: that one, None if there is none.
    """

    mutant: Mutant | None
    worlds: int
    found: World | None = None

    def __str__(self) -> str:
        name = self.mutant.name if self.mutant else CONTROL
        if self.found is None:
            return f"{name}: NOT FOUND in {self.worlds} worlds"
        violated = ", ".join(self.found.violated)
        return f"{name}: {self.worlds} worlds, seed {self.found.seed}: {violated}"


def in_order(first: int, count: int) -> list[int]:
    """Return seeds by their settings, so that a stack is deployed once for each."""
    return sorted(range(first, first + count), key=lambda seed: scenario(seed).settings)


def search(mutant: Mutant | None, seeds: Sequence[int], worker: Worker) -> Search:
    """Run the worlds of seeds in their order until one violates an invariant.

    Those that were run before are in the journal; those without a job that the bug is about violate
    nothing, as without a mutation.
    """
    journal = Journal(mutant)
    known = journal.worlds()
    if mutant is not None:
        known |= {seed: World(seed) for seed in seeds if not mutant.may_change(scenario(seed))}
    result = _first_violation(mutant, map(known.__getitem__, takewhile(known.__contains__, seeds)))
    if result.found is not None or result.worlds == len(seeds):
        return result
    with _assemblies(mutant) as assemblies:

        def run(seed: int) -> World:
            world = known.get(seed)
            if world is None:
                world = worker.run(seed, assemblies)
                journal.add(world)
            return world

        return _first_violation(mutant, map(run, seeds))


def _first_violation(mutant: Mutant | None, worlds: Iterable[World]) -> Search:
    count = 0
    for count, world in enumerate(worlds, start=1):
        if world.violated:
            return Search(mutant, count, world)
    return Search(mutant, count)


@contextmanager
def _assemblies(mutant: Mutant | None) -> Iterator[list[Path]]:
    if mutant is None:
        yield originals()
    else:
        with assemblies_of(mutant) as assemblies:
            yield assemblies
