"""What to do with a campaign, for every state and every target.

The table is complete; while a state is undocumented, there is a limited number of polls.
Sources: CampaignState of botocore's connectcampaigns and connectcampaignsv2; the operations'
requirements in the Amazon Connect administrator guide and API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from lambdas.campaigns.contract import CampaignTarget
from lambdas.jobs.phases import Reason


class Mutation(StrEnum):
    """The operations that change a campaign."""

    START = "StartCampaign"
    PAUSE = "PauseCampaign"
    RESUME = "ResumeCampaign"
    STOP = "StopCampaign"
    DELETE = "DeleteCampaign"


class CampaignState(StrEnum):
    """The states of a campaign in AWS's words, including those of its guides."""

    INITIALIZED = "Initialized"
    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPED = "Stopped"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CREATING = "CREATING"
    CREATED = "CREATED"
    DELETING = "DELETING"
    DELETED = "DELETED"
    GONE = "NotFound"
    """Not AWS's word: the campaign is not found."""


class Act(NamedTuple):
    """Call this operation, which the state allows."""

    mutation: Mutation


class Wait(NamedTuple):
    """Poll again later."""

    deleting: bool = False


class Reached(NamedTuple):
    """The target is true."""

    reason: Reason
    warning: str | None = None


class Refuse(NamedTuple):
    """The target cannot become true any more."""

    reason: Reason
    why: str


Decision = Act | Wait | Reached | Refuse

_S: Final = CampaignState
_THERE: Final = Reached(Reason.TARGET_REACHED)
_GONE: Final = Refuse(Reason.CAMPAIGN_GONE, "the campaign does not exist")
_FAILED: Final = Refuse(Reason.CAMPAIGN_FAILED, "the campaign has failed")
_DELETING: Final = Refuse(Reason.BEING_DELETED, "the campaign is being deleted")
_STOPPED: Final = Refuse(
    Reason.ILLEGAL_TRANSITION, "a stopped campaign can be neither started nor resumed"
)
_COMPLETED: Final = Refuse(Reason.ILLEGAL_TRANSITION, "a completed campaign cannot run again")
_NEVER_STARTED: Final = Refuse(Reason.ILLEGAL_TRANSITION, "the campaign was never started")

_TABLE: Final[Mapping[CampaignTarget, Mapping[CampaignState, Decision]]] = MappingProxyType(
    {
        CampaignTarget.RUNNING: {
            _S.INITIALIZED: Act(Mutation.START),
            _S.RUNNING: _THERE,
            _S.PAUSED: Act(Mutation.RESUME),
            _S.STOPPED: _STOPPED,
            _S.COMPLETED: _COMPLETED,
            _S.FAILED: _FAILED,
            _S.GONE: _GONE,
            _S.DELETING: _DELETING,
        },
        CampaignTarget.PAUSED: {
            _S.INITIALIZED: _NEVER_STARTED,
            _S.RUNNING: Act(Mutation.PAUSE),
            _S.PAUSED: _THERE,
            _S.STOPPED: Refuse(
                Reason.ILLEGAL_TRANSITION, "a stopped campaign cannot be paused or resumed"
            ),
            _S.COMPLETED: Refuse(
                Reason.ILLEGAL_TRANSITION, "a completed campaign cannot be paused"
            ),
            _S.FAILED: _FAILED,
            _S.GONE: _GONE,
            _S.DELETING: _DELETING,
        },
        CampaignTarget.STOPPED: {
            _S.INITIALIZED: _NEVER_STARTED,
            _S.RUNNING: Act(Mutation.STOP),
            _S.PAUSED: Act(Mutation.STOP),
            _S.STOPPED: _THERE,
            _S.COMPLETED: Reached(
                Reason.ENDED_BY_ITSELF, "the campaign completed before it was stopped"
            ),
            _S.FAILED: _FAILED,
            _S.GONE: _GONE,
            _S.DELETING: _DELETING,
        },
        CampaignTarget.DELETED: {
            _S.INITIALIZED: Act(Mutation.DELETE),
            _S.RUNNING: Act(Mutation.STOP),
            _S.PAUSED: Act(Mutation.STOP),
            _S.STOPPED: Act(Mutation.DELETE),
            _S.COMPLETED: Act(Mutation.DELETE),
            _S.FAILED: Act(Mutation.DELETE),
            _S.GONE: _THERE,
            _S.DELETING: Wait(deleting=True),
        },
        CampaignTarget.FINISHED: {
            _S.INITIALIZED: Wait(),
            _S.RUNNING: Wait(),
            _S.PAUSED: Wait(),
            _S.STOPPED: _THERE,
            _S.COMPLETED: _THERE,
            _S.FAILED: _FAILED,
            _S.GONE: Reached(Reason.CAMPAIGN_GONE, "the campaign was deleted while it was watched"),
            _S.DELETING: Wait(deleting=True),
        },
    }
)

_SAME_AS: Final = MappingProxyType({_S.CREATED: _S.INITIALIZED, _S.DELETED: _S.GONE})


def is_gone(state: str | None) -> bool:
    """Return whether a state says that there is no campaign."""
    return state in (CampaignState.GONE, CampaignState.DELETED)


def decide(state: str, target: CampaignTarget) -> Decision | None:
    """Return what to do next, None for an undocumented state.

    Args:
        state: AWS's word, or CampaignState.GONE.
        target: what should be true.
    """
    try:
        known = CampaignState(state)
    except ValueError:
        return None
    if known is CampaignState.CREATING:
        return Wait()
    return _TABLE[target][_SAME_AS.get(known, known)]
