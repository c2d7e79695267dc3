"""What is compared: who does a job in a world, and how a run of it is recorded."""

from __future__ import annotations

from typing import Protocol

from bench.compare.cases import Case
from bench.compare.measure import Run


class Candidate(Protocol):
    """Does jobs."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    def run(self, case: Case) -> Run:
        """Do a case's job in its world, to the end."""
