"""What is compared: who does a job in a world, and how a run of it is recorded."""

from __future__ import annotations

from typing import Protocol

from bench.compare.cases import Case
from bench.compare.measure import Run
from localcloud.orchestrator import LocalOrchestrator


class Candidate(Protocol):
    """Does jobs."""

    def run(self, case: Case, orchestrator: LocalOrchestrator) -> Run:
        """Do a case's job to the end, in its world, which the stack has just taken."""
