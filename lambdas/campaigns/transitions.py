"""What to do with a campaign, for every state and every target.

What RESTORED does depends on what an earlier job has done, so it has a rule of its own; all other
targets are columns of the table, which is complete. While a state is undocumented, there is a
limited number of polls.
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
from lambdas.shared.model import Internal


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


class Move(Internal):
    """What a job, or several in turn, did to a campaign, or tried to do and may have done.

    Attributes:
        found: the state in which the first job found the campaign, before its first mutation.
        asked: the state to which the last mutation leads.
        via: the states to which earlier jobs' mutations lead. The campaign is in one of them if
            those after it had no effect.
    """

    found: str
    asked: str
    via: tuple[str, ...] = ()


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

TABLE_TARGETS: Final = tuple(_TABLE)
"""The targets that depend on nothing but the campaign's state."""

_SAME_AS: Final = MappingProxyType({_S.CREATED: _S.INITIALIZED, _S.DELETED: _S.GONE})

LEADS_TO: Final[Mapping[Mutation, CampaignState]] = MappingProxyType(
    {
        Mutation.START: _S.RUNNING,
        Mutation.RESUME: _S.RUNNING,
        Mutation.PAUSE: _S.PAUSED,
        Mutation.STOP: _S.STOPPED,
        Mutation.DELETE: _S.GONE,
    }
)
"""The state after each mutation."""

_WAY_BACK: Final[Mapping[tuple[str, str], Mutation]] = MappingProxyType(
    {
        (_S.PAUSED, _S.RUNNING): Mutation.RESUME,
        (_S.RUNNING, _S.PAUSED): Mutation.PAUSE,
    }
)
"""The mutation that undoes one, by the state asked and the state found."""

_ENDED_BY_ITSELF: Final = MappingProxyType(
    {
        _S.STOPPED: "the campaign was stopped by another caller, or ended by itself",
        _S.COMPLETED: "the campaign completed by itself",
        _S.GONE: "the campaign was deleted by another caller",
    }
)


def is_gone(state: str | None) -> bool:
    """Return whether a state says that there is no campaign."""
    return state in (CampaignState.GONE, CampaignState.DELETED)


def decide(state: str, target: CampaignTarget) -> Decision | None:
    """Return what to do next, None for an undocumented state.

    Args:
        state: AWS's word, or CampaignState.GONE.
        target: what should be true; not RESTORED.
    """
    known = _known(state)
    if known is None:
        return None
    return Wait() if known is _S.CREATING else _TABLE[target][known]


def is_documented(state: str) -> bool:
    """Return whether a state is one of AWS's words."""
    return _known(state) is not None


def accept_ended(decision: Decision | None, state: str) -> Decision | None:
    """Return the decision for a job that takes an ended campaign for a paused or stopped one."""
    known = _known(state)
    if decision == _DELETING:
        return Wait(deleting=True)
    ended = _ENDED_BY_ITSELF.get(known) if known is not None else None
    if isinstance(decision, Refuse) and ended is not None:
        return Reached(Reason.ENDED_BY_ITSELF, ended)
    return decision


def restore(state: str, move: Move | None) -> Decision | None:
    """Return what to do about a campaign that is to be as a job found it.

    Args:
        state: AWS's word, or CampaignState.GONE.
        move: what the job did to the campaign, None if nothing.

    Returns:
        What to do next, None for an undocumented state of a campaign that the job has changed.
    """
    if move is None:
        return Reached(Reason.UNTOUCHED)
    known, found = _known(state), _known(move.found)
    if known is None:
        return None
    if known is found:
        return _THERE
    if known not in map(_known, (move.asked, *move.via)):
        return changed_since(state, move)
    back = _WAY_BACK.get((known, found)) if found is not None else None
    if back is None:
        return Refuse(
            Reason.ILLEGAL_TRANSITION, f"a campaign that is {state} cannot be {move.found} again"
        )
    return Act(back)


def changed_since(state: str, move: Move) -> Reached:
    """Return the decision about a campaign that another caller has changed since the job."""
    return Reached(
        Reason.CHANGED_SINCE,
        f"another caller has changed it: found {move.found}, left {move.asked}, now {state}",
    )


def _known(state: str) -> CampaignState | None:
    """Return a documented state by the word that the tables use for it, None for another one."""
    try:
        known = CampaignState(state)
    except ValueError:
        return None
    return _SAME_AS.get(known, known)
