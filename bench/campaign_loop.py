"""What the orchestrator is compared with: a script that polls one campaign after the other."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from bench.measured import Measured
from lambdas.jobs.phases import Phase
from localcloud.orchestrator import LocalOrchestrator

SECONDS_BETWEEN_ROUNDS: Final = 300
COMPLETED: Final = "Completed"


def watch_one_by_one(orchestrator: LocalOrchestrator) -> Measured:
    """Poll each campaign of the world, round after round, until all are Completed.

    A throttled poll is repeated in the next round.
    """
    campaign_ids = [campaign.id for campaign in orchestrator.world.campaigns]
    orchestrator.begin()
    campaigns = orchestrator.aws.client("connectcampaignsv2")
    ended_at: dict[str, float] = {}
    while len(ended_at) < len(campaign_ids):
        next_round = orchestrator.seconds() + SECONDS_BETWEEN_ROUNDS
        for campaign_id in campaign_ids:
            if campaign_id in ended_at:
                continue
            with suppress(campaigns.exceptions.ThrottlingException):
                if campaigns.get_campaign_state(id=campaign_id)["state"] == COMPLETED:
                    ended_at[campaign_id] = orchestrator.seconds()
        orchestrator.clock.sleep(next_round - orchestrator.seconds())
    ledger = orchestrator.simulators.ledger
    report: dict[str, Any] = {
        "calls": ledger.calls,
        "throttled": ledger.throttled,
        "mutations": {"first_at_s": None, "last_at_s": None},
        "state_transitions": 0,
        "lambda_invocations": {},
        "simulated_seconds": max(ended_at.values()),
        "resources": [
            {
                "phase": Phase.COMPLETE,
                "noticed_after_seconds": moment - ledger.states[campaign_id][-1][0],
            }
            for campaign_id, moment in ended_at.items()
        ],
    }
    return Measured(report=report, describes_at=(), states=ledger.states)
