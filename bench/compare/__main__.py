"""Has every candidate do every case, and rewrites docs/comparison.md.

Results are kept in build/comparison, one file for each candidate. Named as arguments, only those
candidates run again, and the page is of the kept results of the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.compare.airflow_runner import Airflow, airflow_processes
from bench.compare.candidate import Candidate
from bench.compare.cases import Case, Fault, Kind, cases
from bench.compare.job_poller import JobPoller
from bench.compare.measure import End, Result, Said, result
from bench.compare.orchestrated import Orchestrated
from bench.compare.page import page
from bench.compare.scripted import Scripted
from commandline.interrupts import owned
from infra.project import ROOT
from localcloud.functions.processes import FunctionProcesses
from localcloud.orchestrator import LocalOrchestrator
from localcloud.world import World
from tools.synthesis import synthesise

PAGE: Final = ROOT / "docs" / "comparison.md"
RESULTS: Final = ROOT / "build" / "comparison"

Make = Callable[[ExitStack, FunctionProcesses], Candidate]

CANDIDATES: Final[dict[str, Make]] = {
    "orchestrator": lambda _, __: Orchestrated(),
    "script": lambda _, processes: Scripted(processes),
    "job-poller": lambda _, __: JobPoller(),
    "airflow": lambda stack, _: Airflow(stack.enter_context(airflow_processes()), is_tuned=False),
    "airflow-tuned": lambda stack, _: Airflow(
        stack.enter_context(airflow_processes()), is_tuned=True
    ),
}


def main() -> None:
    """Run the candidates that are named, or all, and write the page of the results of all."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("candidates", nargs="*", choices=[*CANDIDATES, []], metavar="candidate")
    names = parser.parse_args().candidates or list(CANDIDATES)
    RESULTS.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        processes = stack.enter_context(owned(FunctionProcesses, FunctionProcesses.close))
        orchestrator = stack.enter_context(
            LocalOrchestrator(World(), synthesise(), processes=processes)
        )
        for name in names:
            candidate = CANDIDATES[name](stack, processes)
            rows = [list(each) for each in _results(candidate, orchestrator)]
            _file(name).write_text(json.dumps([candidate.name, rows]), encoding="utf-8")
    missing = [name for name in CANDIDATES if not _file(name).exists()]
    if missing:
        print(f"No page: there are no results of {', '.join(missing)}", file=sys.stderr)
        return
    PAGE.write_text(page(dict(_read(name) for name in CANDIDATES)), encoding="utf-8")


def _results(candidate: Candidate, orchestrator: LocalOrchestrator) -> Iterator[Result]:
    for case in _all_cases():
        print(f"{candidate.name}: {case.name}", file=sys.stderr)
        orchestrator.next_world(case.world)
        yield result(candidate.run(case, orchestrator))


def _all_cases() -> Iterator[Case]:
    for without, with_fault in cases():
        yield without
        yield with_fault


def _file(name: str) -> Path:
    return RESULTS / f"{name}.json"


def _read(name: str) -> tuple[str, list[Result]]:
    called, rows = json.loads(_file(name).read_text("utf-8"))
    return called, [_parsed(Result(*row)) for row in rows]


def _parsed(row: Result) -> Result:
    """Return a result whose words are enumerations again."""
    return row._replace(
        kind=Kind(row.kind),
        fault=None if row.fault is None else Fault(row.fault),
        said=Said(row.said),
        end=End(row.end),
    )


if __name__ == "__main__":
    main()
