"""Runs every scenario, one after another, and rewrites docs/measurements.md and its plot."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bench.campaign_loop import watch_one_by_one
from bench.fixed_poller import FixedPoller
from bench.measured import Measured
from bench.measuring import measure
from bench.plot import Watch, cadence_plot
from bench.scenarios import (
    CAMPAIGN_LOOP,
    EVENTS_DELIVERED,
    EVENTS_DROPPED,
    FIXED_POLLER,
    OF_CAMPAIGNS,
    OF_EXPORTS,
    Scenario,
)
from bench.table import missed, page
from infra.project import ROOT
from localcloud.orchestrator import LocalOrchestrator
from tools.synthesis import synthesise

PAGE: Final = ROOT / "docs" / "measurements.md"
PLOT: Final = ROOT / "docs" / "export-cadence.svg"

PLOTTED: Final = {
    EVENTS_DELIVERED: "The orchestrator",
    EVENTS_DROPPED: "The orchestrator, every event lost",
    FIXED_POLLER: "A fixed poller, every 30 s",
}


def main() -> int:
    """Measure, write, and return 1 if anything required was missed, else 0."""
    measured = {scenario: _run(scenario) for scenario in (*OF_EXPORTS, *OF_CAMPAIGNS)}
    exports = [(scenario, measured[scenario]) for scenario in OF_EXPORTS]
    campaigns = [(scenario, measured[scenario]) for scenario in OF_CAMPAIGNS]
    PAGE.write_text(page(exports, campaigns, plot=PLOT.name), encoding="utf-8")
    PLOT.write_text(_plot(measured), encoding="utf-8")
    misses = list(missed(exports + campaigns))
    for miss in misses:
        print(miss, file=sys.stderr)
    return 1 if misses else 0


def _run(scenario: Scenario) -> Measured:
    print(scenario.name, file=sys.stderr)
    assembly = synthesise(scenario.settings)
    kind = FixedPoller if scenario is FIXED_POLLER else LocalOrchestrator
    with kind(scenario.world, assembly) as orchestrator:
        if scenario is CAMPAIGN_LOOP:
            return watch_one_by_one(orchestrator)
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
