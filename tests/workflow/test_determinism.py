"""The same seed, world and requests give the same run, paced or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from localcloud.orchestrator import LocalOrchestrator
from localcloud.report import report
from localcloud.runs import Runs
from localcloud.simulators.ledger import Call
from localcloud.world import World
from tests.processes import shared_processes
from tests.stacks import in_world
from tests.workflow.export_scenes import source
from tests.workflow.requests import campaign, campaigns, export, snapshot

FLEET = [f"c-{number}" for number in range(12)]
EXPORTS = [source(f"shop-{number}") for number in range(3)]
REQUESTS = (
    {"jobs": [campaigns("PAUSED", *FLEET), *(export(source_arn=arn) for arn in EXPORTS)]},
    campaigns("STOPPED", *FLEET[:5]),
)
WORLD: dict[str, Any] = {
    "limits": {"concurrent_exports": 2},
    "campaigns": [campaign(name) for name in FLEET],
    "snapshots": [snapshot(arn, starting_s=20, export_s=100) for arn in EXPORTS],
    "actions": [{"at_s": 9, "operation": "StopCampaign", "campaign_id": "c-9"}],
    "faults": [
        {"operation": "DescribeExportTasks", "error": "ThrottlingException", "rate": 0.2},
        {"operation": "PauseCampaign", "error": "ThrottlingException", "rate": 0.1},
        {"operation": "StartExportTask", "error": "lost_response", "times": 1},
        {"event": "*", "drop": 0.3, "delay_s": 7},
    ],
}


Ran = tuple[dict[str, Any], list[Call], list[dict[str, Any]]]


def run(orchestrator: LocalOrchestrator, *requests: object) -> Ran:
    """The report, the simulators' ledger and the outcomes of a run, without real time."""
    runs = Runs(orchestrator, requests)
    runs.finish()
    reported = report(orchestrator, runs)
    del reported["wall_seconds"], reported["speed"]
    return reported, list(orchestrator.simulators.ledger.records), [r.outcome for r in runs.all]


def test_the_same_seed_gives_the_same_calls_report_and_outcomes(assembly: Path) -> None:
    def run_in(world: dict[str, Any], *, changes_stack: bool = False) -> Ran:
        with in_world(assembly, world, changes_stack=changes_stack) as orchestrator:
            return run(orchestrator, *REQUESTS)

    first, again = run_in(WORLD, changes_stack=True), run_in(WORLD)
    other = run_in(WORLD | {"seed": 1})

    assert first[0]["throttled"]
    assert first == again
    assert first[1] != other[1]


def test_at_a_speed_the_same_happens_as_without_one(assembly: Path) -> None:
    world = {"campaigns": [campaign(name) for name in FLEET[:3]]}
    request = campaigns("PAUSED", *FLEET[:3])

    with in_world(assembly, world) as orchestrator:
        jumped = run(orchestrator, request)
    with LocalOrchestrator(
        World.model_validate(world), assembly, speed=50, processes=shared_processes()
    ) as orchestrator:
        paced = run(orchestrator, request)

    assert jumped[0] == paced[0]
    assert [call.operation for call in jumped[1]] == [call.operation for call in paced[1]]
