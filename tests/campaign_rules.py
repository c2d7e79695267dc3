"""The states of campaigns and what may be done in each, as AWS documents them.

The one oracle of all tests. It shares nothing with the functions or the simulators: both are held
against it. AWS writes down that a stopped campaign cannot be resumed and which campaigns may be
deleted; the rest is what the operations and states mean by their names.

Sources: CampaignState of botocore's connectcampaigns and connectcampaignsv2; the administrator
guide on campaign states; DeleteCampaign in the API reference of outbound campaigns v2: "Only
campaigns in Initialized, Failed, Completed, or Stopped states are valid"; in the days of v1 the
guide said that a campaign can be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "v1": ("Initialized", "Running", "Paused", "Stopped", "Failed"),
    "v2": ("Initialized", "Running", "Paused", "Stopped", "Failed", "Completed"),
}

GONE: Final = "NotFound"
"""No state of AWS's: such a campaign is answered with ResourceNotFoundException."""

_AFTER: Final[Mapping[str, Mapping[str, str]]] = {
    "StartCampaign": {"Initialized": "Running"},
    "PauseCampaign": {"Running": "Paused"},
    "ResumeCampaign": {"Paused": "Running"},
    "StopCampaign": {"Running": "Stopped", "Paused": "Stopped"},
    "DeleteCampaign": dict.fromkeys(("Initialized", "Failed", "Completed", "Stopped"), GONE),
}
_AFTER_V1: Final = {**_AFTER, "DeleteCampaign": dict.fromkeys(STATES["v1"], GONE)}

OPERATIONS: Final = tuple(_AFTER)

_IN_THE_GUIDE: Final = {"CREATED": "Initialized"}
"""Other words for the same state."""


def after(operation: str, state: str, version: str = "v2") -> str | None:
    """Return the state that an operation leads to, None where it is not legal.

    The rules of v2 are the stricter ones: what they allow is legal in both versions.
    """
    rules = _AFTER_V1 if version == "v1" else _AFTER
    return rules[operation].get(_IN_THE_GUIDE.get(state, state))


def is_legal(operation: str, state: str, version: str = "v2") -> bool:
    """Return whether an operation is legal in a state."""
    return after(operation, state, version) is not None


def fewest_mutations(state: str, goal: str) -> int | None:
    """Return how many operations lead from a state to another, None where none do."""
    reached, mutations = {state}, 0
    while goal not in reached:
        ahead = {after(operation, one) for operation in OPERATIONS for one in reached}
        if ahead <= reached | {None}:
            return None
        reached |= {one for one in ahead if one is not None}
        mutations += 1
    return mutations
