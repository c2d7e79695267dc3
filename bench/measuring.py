"""Runs requests on the local AWS to their end and measures what they cost."""

from __future__ import annotations

from collections.abc import Sequence

from bench.measured import Measured
from localcloud.orchestrator import LocalOrchestrator
from localcloud.report import report
from localcloud.runs import Runs


def measure(orchestrator: LocalOrchestrator, requests: Sequence[object]) -> Measured:
    """Run requests to their end and return what they cost."""
    runs = Runs(orchestrator, requests)
    runs.finish()
    ledger = orchestrator.simulators.ledger
    return Measured(
        report=report(orchestrator, runs),
        describes_at=[
            call.at_s for call in ledger.records if call.operation == "DescribeExportTasks"
        ],
        states=ledger.states,
    )
