"""Has every candidate do every case, and rewrites docs/comparison.md.

Results are kept in build/comparison, one file for each candidate with a line for each case. Cases
that are there are not run again, so that what was interrupted goes on; `make compare` removes them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.compare.airflow_runner import Airflow, airflow_processes
from bench.compare.candidate import Candidate
from bench.compare.cases import Fault, Kind, cases
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
    "script": lambda _, processes: Scripted(processes, "script"),
    "careful-script": lambda _, processes: Scripted(processes, "careful_script"),
    "job-poller": lambda _, __: JobPoller(),
    "airflow": lambda stack, _: Airflow(stack.enter_context(airflow_processes()), is_tuned=False),
    "airflow-tuned": lambda stack, _: Airflow(
        stack.enter_context(airflow_processes()), is_tuned=True
    ),
}


def main() -> None:
    """Run the candidates that the arguments name, or all; write the page of all their results."""
    names = sys.argv[1:] or list(CANDIDATES)
    RESULTS.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        processes = stack.enter_context(owned(FunctionProcesses, FunctionProcesses.close))
        orchestrator = stack.enter_context(
            LocalOrchestrator(World(), synthesise(), processes=processes)
        )
        for name in names:
            _run(name, CANDIDATES[name](stack, processes), orchestrator)
    wanted = {case.name for case in cases()}
    results = {name: [row for row in _read(name) if row.case in wanted] for name in CANDIDATES}
    if missing := [name for name, rows in results.items() if len(rows) < len(wanted)]:
        print(f"No page: results are missing of {', '.join(missing)}", file=sys.stderr)
        return
    PAGE.write_text(page(list(results.values())), encoding="utf-8")


def _run(name: str, candidate: Candidate, orchestrator: LocalOrchestrator) -> None:
    """Have a candidate do the cases of which there is no result yet."""
    done = {row.case for row in _read(name)}
    with _file(name).open("a", encoding="utf-8") as file:
        for case in cases():
            if case.name not in done:
                print(f"{name}: {case.name}", file=sys.stderr)
                orchestrator.next_world(case.world)
                json.dump(result(candidate.run(case, orchestrator)), file)
                file.write("\n")
                file.flush()


def _file(name: str) -> Path:
    return RESULTS / f"{name}.jsonl"


def _read(name: str) -> Iterator[Result]:
    if _file(name).exists():
        for line in _file(name).read_text("utf-8").splitlines():
            yield _parsed(Result(*json.loads(line)))


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
