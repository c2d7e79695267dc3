"""Prints how to use the local AWS that has just started."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from commandline.files import load_json
from commandline.output import show
from infra.project import ROOT
from lambdas.requests.acceptance import REQUESTED
from localcloud import PROGRAM
from localcloud.functions.environment import ACCOUNT, REGION
from localcloud.orchestrator import LocalOrchestrator
from localcloud.plain_world import plain_world
from localcloud.turns import callers_environment
from localcloud.world import World

_TEXT = """\
The local AWS is up, {speed:g} times as fast as real time. Interrupt it to stop it.

{page}

It serves the stack's template as deployed:
{outputs}
and these campaigns and sources:
{world}

In another terminal, in this directory:

{exports}

  # start a request, as from the Step Functions console
  aws stepfunctions start-execution \\
    --state-machine-arn {machine} \\
    --input {input}

  # the same as an event
  aws events put-events --entries '{entry}'

  # watch it
  aws rds describe-export-tasks
  aws stepfunctions list-executions --state-machine-arn {machine}
"""

_EXAMPLE = Path("examples") / "pause-export-restore.json"
_COMMANDS = ROOT / "localcloud" / "bin"
_TARGETS = {"Running": "PAUSED", "Paused": "RUNNING", "Initialized": "RUNNING"}


def print_usage(orchestrator: LocalOrchestrator, page: str) -> None:
    """Print the page's address, endpoint, ARNs and commands to try, on standard output."""
    environment = {
        "PATH": f'"{_COMMANDS}:$PATH"',
        **callers_environment(orchestrator.aws.endpoint),
    }
    show(
        _TEXT.format(
            speed=orchestrator.clock.speed,
            page=page,
            outputs=_lines(f"{name} = {value}" for name, value in orchestrator.outputs.items()),
            world=_lines(_resources(orchestrator.world)),
            exports=_lines(f"export {name}={value}" for name, value in environment.items()),
            machine=orchestrator.machine_arn,
            input=_input(orchestrator.world),
            entry=_entry(orchestrator),
        ),
        PROGRAM,
    )


def _lines(items: Iterable[str]) -> str:
    return "\n".join(f"  {item}" for item in items)


def _resources(world: World) -> Iterator[str]:
    for campaign in world.campaigns:
        yield f"campaign {campaign.id} ({campaign.api_version}), {campaign.state}"
    for database in world.databases:
        yield f"DB {database.kind} {database.id}, {database.state}"
    for snapshot in world.snapshots:
        yield snapshot.arn


def _input(world: World) -> str:
    """Return an example's file if the world has all that it names, else a request that fits."""
    named = plain_world([load_json(ROOT / _EXAMPLE)])
    if set(_names(named)) <= set(_names(world)):
        return f"file://{_EXAMPLE}"
    return f"'{json.dumps(_request(world))}'"


def _names(world: World) -> Iterator[str]:
    yield from (campaign.id for campaign in world.campaigns)
    yield from (database.id for database in world.databases)
    yield from (snapshot.arn for snapshot in world.snapshots)


def _request(world: World) -> dict[str, object]:
    """Return a small request about a resource of the world, or one that does nothing."""
    for campaign in world.campaigns:
        if campaign.state in _TARGETS:
            return {
                "kind": "campaigns",
                "campaign_ids": [campaign.id],
                "api_version": campaign.api_version,
                "target": _TARGETS[campaign.state],
            }
    if world.snapshots:
        return {"kind": "export", "source_arn": world.snapshots[0].arn, "target": "COMPLETE"}
    return {
        "kind": "export",
        "source_arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:any",
        "target": "CANCELED",
    }


def _entry(orchestrator: LocalOrchestrator) -> str:
    entry = {
        "EventBusName": orchestrator.outputs["EventBusName"],
        "Source": "my.app",
        "DetailType": REQUESTED,
        "Detail": json.dumps(_request(orchestrator.world)),
    }
    return json.dumps([entry])
