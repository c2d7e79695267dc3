"""One case of the comparison; `make compare` does them all, and with Airflow."""

from __future__ import annotations

from pathlib import Path

from bench.compare.candidate import Candidate
from bench.compare.cases import Fault, Kind, case
from bench.compare.job_poller import JobPoller
from bench.compare.measure import End, Result, Said, result
from bench.compare.orchestrated import Orchestrated
from bench.compare.scripted import Scripted
from localcloud.orchestrator import LocalOrchestrator
from tests.processes import shared_processes


def test_an_abort_leaves_behind_what_nobody_undoes(assembly: Path) -> None:
    aborted = case(Kind.WINDOW, 12, Fault.ABORT)
    processes = shared_processes()
    with LocalOrchestrator(aborted.world, assembly, processes=processes) as orchestrator:

        def of(candidate: Candidate) -> Result:
            orchestrator.next_world(aborted.world)
            return result(candidate.run(aborted, orchestrator))

        ours, poller = of(Orchestrated()), of(JobPoller())
        script, careful = (of(Scripted(processes, each)) for each in ("script", "careful_script"))

    all_of_them = (ours, careful, script, poller)
    assert {each.said for each in all_of_them} == {Said.ABORTED}
    assert [each.end for each in all_of_them] == [End.RIGHT, End.RIGHT, End.LEFT, End.LEFT]
    assert [each.running for each in all_of_them] == [0, 0, 1, 1]
    assert [bool(each.paused) for each in all_of_them] == [False, False, False, True]
