"""The worlds that were run, in build/mutants: a run that was interrupted continues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.mutants.catalogue import Mutant
from bench.mutants.worlds import World
from infra.project import ROOT

JOURNALS: Final = ROOT / "build" / "mutants"

SOURCES: Final = ("lambdas", "infra", "localcloud")
"""What decides, with the mutant, what a seed's world violates."""


class Journal:
    """The worlds of one mutant, or of the project as it is, on the present sources."""

    def __init__(self, mutant: Mutant | None, folder: Path = JOURNALS) -> None:
        digest = hashlib.sha256(_fingerprint(SOURCES).encode())
        if mutant is not None:
            digest.update(f"{mutant.file}\n{mutant.text}\n{mutant.replacement}".encode())
        name = mutant.name if mutant else "control"
        self._path = folder / f"{name}-{digest.hexdigest()[:16]}.jsonl"

    def worlds(self) -> dict[int, World]:
        """Return the worlds by their seeds."""
        return {world.seed: world for world in self._read()}

    def add(self, world: World) -> None:
        """Keep a world."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(world) + "\n")

    def _read(self) -> Iterator[World]:
        if self._path.exists():
            for line in self._path.read_text("utf-8").splitlines():
                seed, violated = json.loads(line)
                yield World(seed, tuple(violated))


def _fingerprint(folders: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
