"""Runs every scenario, one after another, and rewrites docs/measurements.md and its plot."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.fixed_poller import FixedPoller
from bench.measured import Measured
from bench.measuring import measure
from bench.plot import Watch, cadence_plot
from bench.scenarios import (
    EVENTS_DELIVERED,
    EVENTS_DROPPED,
    FIXED_POLLER,
    SAME_REQUEST_FIVE_TIMES,
    TWELVE_EXPORTS,
    Scenario,
)
from bench.table import missed, page
from localcloud.orchestrator import ROOT, LocalOrchestrator, synthesise

PAGE: Final = ROOT / "docs" / "measurements.md"
PLOT: Final = ROOT / "docs" / "export-cadence.svg"

SCENARIOS: Final = (
    EVENTS_DELIVERED,
    EVENTS_DROPPED,
    FIXED_POLLER,
    TWELVE_EXPORTS,
    SAME_REQUEST_FIVE_TIMES,
)

PLOTTED: Final = {
    EVENTS_DELIVERED: "The orchestrator",
    EVENTS_DROPPED: "The orchestrator, every event lost",
    FIXED_POLLER: "A fixed poller, every 30 s",
}


def main() -> int:
    """Measure, write, and return 1 if anything required was missed, else 0."""
    with TemporaryDirectory() as directory:
        assembly = synthesise(Path(directory) / "assembly")
        measured = {scenario: _run(scenario, assembly) for scenario in SCENARIOS}
    runs = list(measured.items())
    PAGE.write_text(page(runs, plot=PLOT.name), encoding="utf-8")
    PLOT.write_text(_plot(measured), encoding="utf-8")
    misses = list(missed(runs))
    for miss in misses:
        print(miss, file=sys.stderr)
    return 1 if misses else 0


def _run(scenario: Scenario, assembly: Path) -> Measured:
    print(f"{scenario.name}: at {scenario.speed:g} times real time", file=sys.stderr)
    kind = FixedPoller if scenario is FIXED_POLLER else LocalOrchestrator
    with kind(scenario.world, scenario.speed, assembly) as orchestrator:
        measured = measure(orchestrator, scenario.requests)
        if isinstance(orchestrator, FixedPoller):
            return replace(measured, progress=orchestrator.progress())
        return measured


def _plot(measured: Mapping[Scenario, Measured]) -> str:
    watches = [_watch(who, measured[scenario]) for scenario, who in PLOTTED.items()]
    return cadence_plot(watches, measured[FIXED_POLLER].progress)


def _watch(who: str, measured: Measured) -> Watch:
    [states] = measured.states.values()
    return Watch(who, states, measured.describes_at, measured.noticed_after)


if __name__ == "__main__":
    sys.exit(main())
