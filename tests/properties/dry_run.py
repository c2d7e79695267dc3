"""A dry run plans exactly what the same request then does, if nobody interferes.

Run with more worlds than the suite has time for: `python -m tests.properties.dry_run --worlds 300`.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any, Final

from localcloud.runs import Runs
from localcloud.world import World
from tests.stacks import in_world, sharing
from tools.synthesis import synthesise

Json = dict[str, Any]

STATES: Final = ("Initialized", "Running", "Running", "Paused", "Stopped", "Completed", "Failed")
TARGETS: Final = ("RUNNING", "PAUSED", "PAUSED", "STOPPED", "DELETED")
INSTANCES: Final = ("north", "south")
HOME: Final = "us-east-1:123456789012"
MUTATING: Final = frozenset(
    {
        *(f"{verb}Campaign" for verb in ("Start", "Pause", "Resume", "Stop", "Delete")),
        "StartExportTask",
        "CancelExportTask",
        *(f"{verb}DB{of}Snapshot" for verb in ("Create", "Delete") for of in ("", "Cluster")),
    }
)


def world(draw: random.Random) -> Json:
    """Return a world in which nothing changes by itself but what a request starts."""
    campaigns = [
        {
            "id": f"c-{number}",
            "name": f"{draw.choice(('spring', 'autumn'))}-{number}",
            "instance_id": draw.choice(INSTANCES),
            "state": draw.choice(STATES),
            "tags": {"team": draw.choice(("sales", "care"))},
        }
        for number in range(draw.randint(1, 12))
    ]
    snapshots = [
        {"arn": f"arn:aws:rds:{HOME}:snapshot:s-{number}", "starting_s": 30, "export_s": 60}
        for number in range(draw.randint(1, 3))
    ]
    databases = [
        {"id": "shop", "kind": "instance"},
        {"id": "books", "kind": "cluster"},
        {"id": "archive", "kind": "instance"},
    ]
    snapshots += [
        {
            "arn": f"arn:aws:rds:{HOME}:snapshot:archive-{age}",
            "db_instance": "archive",
            "created_at_s": -age,
            "export_s": 60,
        }
        for age in draw.sample((600, 3_600, 86_400), draw.randint(0, 2))
    ]
    return {"campaigns": campaigns, "snapshots": snapshots, "databases": databases}


def request(draw: random.Random, world: Json) -> Json:
    """Return a request whose jobs of one stage share no resource."""
    stages: list[Json] = []
    earlier: list[Json] = []
    for number in range(draw.randint(1, 4)):
        jobs = [_campaign_job(draw, world, earlier, number)]
        if draw.random() < 0.4:
            jobs.append(_export_job(draw, world, earlier))
        if draw.random() < 0.4:
            jobs.append(_snapshot_job(draw, earlier, number))
        stages.append({"run": draw.choice(("always", "always", "on_success")), "jobs": jobs})
        earlier += [job for job in jobs if "id" in job]
    return {"stages": stages}


def _campaign_job(draw: random.Random, world: Json, earlier: list[Json], number: int) -> Json:
    job: Json = {"id": f"campaigns-{number}", "kind": "campaigns", "target": draw.choice(TARGETS)}
    before = [other for other in earlier if other["kind"] == "campaigns"]
    restorable = [other for other in before if other["target"] in ("RUNNING", "PAUSED")]
    way = draw.choice(("ids", "select", "of", "restore"))
    if way == "restore" and restorable:
        return job | {"target": "RESTORED", "of": draw.choice(restorable)["id"]}
    if job["target"] in ("PAUSED", "STOPPED") and draw.random() < 0.5:
        job["if_ended"] = "accept"
    if way == "of" and before:
        return job | {"of": draw.choice(before)["id"]}
    if way == "select":
        return job | {"select": _select(draw)}
    ids = [campaign["id"] for campaign in world["campaigns"]]
    return job | {"campaign_ids": draw.sample(ids, draw.randint(1, len(ids)))}


def _select(draw: random.Random) -> Json:
    every: Json = {
        "instance_id": draw.choice(INSTANCES),
        "states": draw.sample(["Running", "Paused", "Stopped"], draw.randint(1, 3)),
        "name_prefix": draw.choice(("spring", "autumn")),
        "tags": {"team": draw.choice(("sales", "care"))},
    }
    return {name: every[name] for name in draw.sample(sorted(every), draw.randint(1, 2))}


def _export_job(draw: random.Random, world: Json, earlier: list[Json]) -> Json:
    created = [other["id"] for other in earlier if other["id"].startswith("snapshot")]
    way = draw.choice(("arn", "newest", "of"))
    if way == "of" and created:
        return {"kind": "export", "source": {"of": draw.choice(created)}, "target": "COMPLETE"}
    if way == "newest":
        return {"kind": "export", "source": {"db_instance": "archive"}, "target": "COMPLETE"}
    source = draw.choice(world["snapshots"])["arn"]
    return {"kind": "export", "source_arn": source, "target": draw.choice(("COMPLETE", "CANCELED"))}


def _snapshot_job(draw: random.Random, earlier: list[Json], number: int) -> Json:
    before = [other for other in earlier if other["kind"] == "snapshot"]
    if before and draw.random() < 0.5:
        return {"kind": "snapshot", "of": before[-1]["id"], "target": "DELETED"}
    of = draw.choice(({"db_instance": "shop"}, {"db_cluster": "books"}))
    return {"id": f"snapshot-{number}", "kind": "snapshot", "target": "AVAILABLE", **of}


def differences(assembly: Path, seed: int) -> list[str]:
    """Return how a dry run of a seed's request differs from the request itself, in its world."""
    draw = random.Random(seed)
    around = world(draw)
    asked = request(draw, around)
    given = World.model_validate(around | {"seed": seed})
    planned, calls = _run(assembly, given, asked | {"dry_run": True})
    found = [f"the dry run called {call}" for call in calls]
    if planned["phase"] != "PLANNED":
        return [*found, f"the dry run ended {planned['phase']}: {planned['summary']}"]
    outcome, done = _run(assembly, given, asked)
    would = sorted(
        (operation, _named(operation, (entry["id"],)))
        for entry in planned["resources"]
        for operation in entry["would"]
    )
    if would != sorted(done):
        found.append(f"planned {would}, did {sorted(done)}")
    ends = [{_key(entry) for entry in one["resources"]} for one in (planned, outcome)]
    if ends[0] != ends[1]:
        found.append(f"planned {sorted(ends[0] - ends[1])}, ended {sorted(ends[1] - ends[0])}")
    if planned["reason"] != outcome["reason"]:
        found.append(f"planned {planned['reason']}, ended {outcome['reason']}")
    return found


def _key(entry: Json) -> tuple[str, str, bool]:
    """Return a result's resource; that of a snapshot differs, as executions differ."""
    created = entry["kind"] == "snapshot" or "snapshot:orchestrator-" in entry["id"]
    resource = "a new snapshot" if created else entry["id"]
    return entry["job"], resource, entry["reason"] == "StageSkipped"


def _run(assembly: Path, given: World, asked: Json) -> tuple[Json, list[tuple[str, str]]]:
    """Return a request's outcome, and the mutations that took effect."""
    with in_world(assembly, given) as orchestrator:
        runs = Runs(orchestrator, [asked])
        runs.finish()
        calls = [
            (call.operation, _named(call.operation, call.resources))
            for call in orchestrator.simulators.ledger.records
            if call.operation in MUTATING and call.took_effect
        ]
    return runs.all[0].outcome, calls


def _named(operation: str, resources: tuple[str, ...]) -> str:
    """Return what a call is about; the snapshots that two executions create have other names."""
    if operation.endswith("Snapshot") or any("snapshot:orchestrator-" in r for r in resources):
        return "a new snapshot"
    return next((name for name in resources if name.startswith("arn:")), resources[0])


def main() -> int:
    """Compare dry runs with real ones, and print the seed of each world in which they differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.properties.dry_run", description=__doc__)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="of the first world")
    arguments = parser.parse_args()
    assembly, wrong = synthesise(), 0
    with sharing():
        for seed in range(arguments.seed, arguments.seed + arguments.worlds):
            for difference in differences(assembly, seed):
                wrong += 1
                print(f"seed {seed}: {difference}", flush=True)
    print(f"{arguments.worlds} worlds, {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
