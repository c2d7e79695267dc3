"""Every state of a campaign with every target, in both API versions, on the deployed stack."""

from __future__ import annotations

from typing import Any

from tests import campaign_rules
from tests.workflow.conftest import Orchestrate
from tests.workflow.requests import campaign, campaigns

GONE = campaign_rules.GONE
ILLEGAL = ("FAILED", "IllegalTransition")
FAILED = ("FAILED", "CampaignFailed")
MISSING = ("FAILED", "CampaignNotFound")
REACHED = ("COMPLETE", "TargetReached")
THERE = ("COMPLETE", "AlreadyThere")
LATE = ("FAILED", "DeadlineExceeded")

EXPECTED = {
    "RUNNING": {
        "Initialized": (*REACHED, "Running"),
        "Running": (*THERE, "Running"),
        "Paused": (*REACHED, "Running"),
        "Stopped": (*ILLEGAL, "Stopped"),
        "Completed": (*ILLEGAL, "Completed"),
        "Failed": (*FAILED, "Failed"),
        GONE: (*MISSING, GONE),
    },
    "PAUSED": {
        "Initialized": (*ILLEGAL, "Initialized"),
        "Running": (*REACHED, "Paused"),
        "Paused": (*THERE, "Paused"),
        "Stopped": (*ILLEGAL, "Stopped"),
        "Completed": (*ILLEGAL, "Completed"),
        "Failed": (*FAILED, "Failed"),
        GONE: (*MISSING, GONE),
    },
    "STOPPED": {
        "Initialized": (*ILLEGAL, "Initialized"),
        "Running": (*REACHED, "Stopped"),
        "Paused": (*REACHED, "Stopped"),
        "Stopped": (*THERE, "Stopped"),
        "Completed": ("COMPLETE", "EndedByItself", "Completed"),
        "Failed": (*FAILED, "Failed"),
        GONE: (*MISSING, GONE),
    },
    "DELETED": {
        "Initialized": (*REACHED, GONE),
        "Running": (*REACHED, GONE),
        "Paused": (*REACHED, GONE),
        "Stopped": (*REACHED, GONE),
        "Completed": (*REACHED, GONE),
        "Failed": (*REACHED, GONE),
        GONE: ("COMPLETE", "AlreadyGone", GONE),
    },
    "FINISHED": {
        "Initialized": (*LATE, "Initialized"),
        "Running": (*LATE, "Running"),
        "Paused": (*LATE, "Paused"),
        "Stopped": (*THERE, "Stopped"),
        "Completed": (*THERE, "Completed"),
        "Failed": (*FAILED, "Failed"),
        GONE: (*MISSING, GONE),
    },
}


def name(version: str, state: str, target: str) -> str:
    return f"{version}-{state}-{target}"


def cells() -> list[tuple[str, str, str]]:
    return [
        (version, state, target)
        for version, states in campaign_rules.STATES.items()
        for state in (*states, GONE)
        for target in EXPECTED
    ]


def job(version: str, target: str) -> dict[str, Any]:
    ids = [name(*cell) for cell in cells() if (cell[0], cell[2]) == (version, target)]
    more = {"deadline_seconds": 60} if target == "FINISHED" else {}
    return campaigns(target, *ids, api_version=version, **more)


def test_every_state_and_target_ends_as_the_table_says(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        {"jobs": [job(version, target) for version in ("v1", "v2") for target in EXPECTED]},
        campaigns=[
            campaign(name(version, state, target), state, api_version=version, deletion_s=10)
            for version, state, target in cells()
            if state != GONE
        ],
    )

    found = {
        entry["id"]: (entry["phase"], entry["reason"], entry["final_state"]) for entry in done.jobs
    }
    assert found == {name(*cell): EXPECTED[cell[2]][cell[1]] for cell in cells()}
    assert len(found) == len(done.jobs) == 65
    assert {entry["id"]: entry["initial_state"] for entry in done.jobs} == {
        name(*cell): cell[1] for cell in cells()
    }
    mutations = [
        campaign_rules.fewest_mutations(entry["initial_state"], entry["final_state"])
        for entry in done.jobs
    ]
    assert None not in mutations
    assert done.report["mutations"]["count"] == sum(filter(None, mutations))
    assert done.report["illegal"] == {}
