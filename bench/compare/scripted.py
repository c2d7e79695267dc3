"""A script in a process of its own, interrupted as by Ctrl-C."""

from __future__ import annotations

from typing import Any

from bench.compare.cases import Case, Kind
from bench.compare.measure import Run, Said
from bench.compare.processes import Processes, export_store
from localcloud.clock import Event, VirtualClock
from localcloud.functions.processes import FunctionProcesses
from localcloud.orchestrator import LocalOrchestrator


class Scripted:
    """Runs the functions of a module in guests/, which are named after the jobs."""

    def __init__(self, processes: FunctionProcesses, module: str) -> None:
        self._processes = processes
        self._module = module

    def run(self, case: Case, orchestrator: LocalOrchestrator) -> Run:
        """Run the script to its end."""
        store = export_store(orchestrator)
        orchestrator.begin()
        processes = Processes(orchestrator, self._processes)
        interrupt = _interrupt(case, orchestrator.clock)
        event = {"module": self._module, **_function(case, store)}
        answer = processes.call("run_script", event, interrupt, seed=case.name)
        ended_at_s = orchestrator.seconds()
        return Run(
            case,
            Said(answer["said"]),
            ended_at_s,
            orchestrator.simulators.ledger.timeline,
            process_s=ended_at_s,
        )


def _interrupt(case: Case, clock: VirtualClock) -> Event:
    """Return what is set when a case's job is aborted."""
    interrupt = Event(clock, "an interrupt")
    if case.abort_at_s is not None:
        clock.at(clock.now() + case.abort_at_s, "an abort", interrupt.set)
    return interrupt


def _function(case: Case, store: dict[str, str]) -> dict[str, Any]:
    """Return the function that does a job, and its arguments."""
    job = case.job
    campaigns = {"campaign_ids": job.campaigns}
    named = {"store": store, "name": case.name}
    match job.kind:
        case Kind.WINDOW:
            arguments: dict[str, Any] = {**campaigns, "snapshot_arn": job.sources[0], **named}
            return {"function": "pause_export_resume", "arguments": arguments}
        case Kind.EXPORTS:
            arguments = {"snapshot_arns": job.sources, **named}
            return {"function": "export_snapshots", "arguments": arguments}
        case Kind.STOP:
            return {"function": "stop_campaigns", "arguments": campaigns}
        case Kind.FRESH:
            arguments = {"database": job.database, **named}
            return {"function": "export_new_snapshot", "arguments": arguments}
