"""Tells a person how to use the local AWS that has just come up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from lambdas.domain.acceptance import REQUESTED
from localcloud.functions.environment import CREDENTIALS, REGION
from localcloud.orchestrator import LocalOrchestrator
from localcloud.output import show
from localcloud.world import World

_TEXT = """\
The local AWS is up, {speed:g} times as fast as real time. Interrupt it to stop it.

It serves the stack's template as deployed:
{outputs}
and these campaigns and sources:
{world}

In another terminal, in this directory:

{exports}

  # start a request, as from the Step Functions console
  .venv/bin/aws stepfunctions start-execution \\
    --state-machine-arn {machine} \\
    --input file://examples/pause-export-resume.json

  # the same as an event
  .venv/bin/aws events put-events --entries '{entry}'

  # watch it
  .venv/bin/aws stepfunctions list-executions --state-machine-arn {machine}
"""


def explain(orchestrator: LocalOrchestrator) -> None:
    """Print endpoints, ARNs and commands to try, on standard output."""
    environment = {
        **orchestrator.aws.environment,
        **{name: CREDENTIALS[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")},
        "AWS_DEFAULT_REGION": REGION,
    }
    show(
        _TEXT.format(
            speed=orchestrator.clock.speed,
            outputs=_lines(f"{name} = {value}" for name, value in orchestrator.outputs.items()),
            world=_lines(_resources(orchestrator.world)),
            exports=_lines(f"export {name}={value}" for name, value in environment.items()),
            machine=orchestrator.machine_arn,
            entry=_entry(orchestrator),
        )
    )


def _lines(items: Iterable[str]) -> str:
    return "\n".join(f"  {item}" for item in items)


def _resources(world: World) -> Iterator[str]:
    for campaign in world.campaigns:
        yield f"campaign {campaign.id} ({campaign.api_version}), {campaign.state}"
    for snapshot in world.snapshots:
        yield snapshot.arn


def _entry(orchestrator: LocalOrchestrator) -> str:
    """Return one event that carries a small request about a campaign that exists."""
    campaign = next(iter(orchestrator.world.campaigns), None)
    request = {
        "kind": "campaigns",
        "campaign_ids": [campaign.id if campaign else "campaign-1"],
        "api_version": campaign.api_version if campaign else "v2",
        "target": "PAUSED",
    }
    entry = {
        "EventBusName": orchestrator.outputs["EventBusName"],
        "Source": "my.app",
        "DetailType": REQUESTED,
        "Detail": json.dumps(request),
    }
    return json.dumps([entry])
