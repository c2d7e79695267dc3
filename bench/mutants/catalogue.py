"""The bugs that the storm has to find."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from infra.project import ROOT
from localcloud.storm.scenario import Scenario

CATALOGUE: Final = Path(__file__).with_name("catalogue.toml")

DEPLOYED: Final = "lambdas/"
"""The folder whose files are changed in the deployed code; others are synthesised again."""


class NotSeededError(Exception):
    """A file does not hold a mutant's text exactly once."""


class Mutant(NamedTuple):
    """One seeded bug.

    Attributes:
        bug: what is wrong, in a sentence.
        file: the path of the source in the project.
        text: what is replaced.
        replacement: what replaces it.
        jobs: the job fields without which the bug changes nothing: a world that has no job with
            those of any of these need not be run. None: it may change any world.
    """

    name: str
    bug: str
    file: str
    text: str
    replacement: str
    jobs: tuple[Mapping[str, Any], ...] | None = None

    @property
    def is_deployed(self) -> bool:
        """Whether it is in the code of the functions, and not in the template."""
        return self.file.startswith(DEPLOYED)

    def may_change(self, scenario: Scenario) -> bool:
        """Return whether a scenario has a job for which the bug makes a difference."""
        return self.jobs is None or any(
            _has(job, fields)
            for sent in scenario.sent
            for stage in sent.request["stages"]
            for job in stage["jobs"]
            for fields in self.jobs
        )

    def seeded(self, source: str) -> str:
        """Return the source with the bug.

        Raises:
            NotSeededError: it does not hold the text exactly once.
        """
        found = source.count(self.text)
        if found != 1:
            raise NotSeededError(f"{self.name}: {self.file} holds its text {found} times")
        return source.replace(self.text, self.replacement)

    def seed(self, root: Path) -> None:
        """Seed the bug into a copy of the project, or of its `lambdas`.

        Raises:
            NotSeededError: the file does not hold the text exactly once.
        """
        path = root / self.file
        path.write_text(self.seeded(path.read_text("utf-8")), "utf-8")


def mutants() -> tuple[Mutant, ...]:
    """Return all mutants, in the order of the catalogue."""
    with CATALOGUE.open("rb") as file:
        return tuple(Mutant(**each) for each in tomllib.load(file)["mutant"])


def _has(job: object, fields: object) -> bool:
    """Return whether a job has these fields; an empty mapping stands for any value."""
    if isinstance(job, Mapping) and isinstance(fields, Mapping):
        return all(name in job and _has(job[name], value) for name, value in fields.items())
    return fields in ({}, job)


def source_of(mutant: Mutant) -> str:
    """Return the project's own source, without the bug."""
    return (ROOT / mutant.file).read_text("utf-8")
