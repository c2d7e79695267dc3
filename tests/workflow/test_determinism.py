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


def run(
    assembly: Path, *requests: object, speed: float | None = None, **world: Any
) -> tuple[dict[str, Any], list[Call], list[dict[str, Any]]]:
    """The report, the simulators' ledger and the outcomes of a run, without real time."""
    with LocalOrchestrator(
        World.model_validate(world), assembly, speed=speed, processes=shared_processes()
    ) as orchestrator:
        runs = Runs(orchestrator, requests)
        runs.finish()
        reported = report(orchestrator, runs)
        del reported["wall_seconds"], reported["speed"]
        return reported, list(orchestrator.simulators.ledger.records), [r.outcome for r in runs.all]


def test_the_same_seed_gives_the_same_calls_report_and_outcomes(assembly: Path) -> None:
    first, again = (run(assembly, *REQUESTS, **WORLD) for _ in range(2))
    other = run(assembly, *REQUESTS, **WORLD, seed=1)

    assert first[0]["throttled"]
    assert first == again
    assert first[1] != other[1]


def test_at_a_speed_the_same_happens_as_without_one(assembly: Path) -> None:
    world = {"campaigns": [campaign(name) for name in FLEET[:3]]}
    request = campaigns("PAUSED", *FLEET[:3])

    jumped, paced = (run(assembly, request, speed=speed, **world) for speed in (None, 50))

    assert jumped[0] == paced[0]
    assert [call.operation for call in jumped[1]] == [call.operation for call in paced[1]]
