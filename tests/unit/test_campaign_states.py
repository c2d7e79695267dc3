"""Every state of a campaign, every target: what is done, and that it is legal."""

from __future__ import annotations

from functools import cache

import botocore.session
import pytest

from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.transitions import (
    Act,
    CampaignState,
    Mutation,
    Reached,
    Refuse,
    Wait,
    decide,
)
from lambdas.jobs.phases import Reason

LEGAL_IN = {
    Mutation.START: {"Initialized", "CREATED"},
    Mutation.PAUSE: {"Running"},
    Mutation.RESUME: {"Paused"},
    Mutation.STOP: {"Running", "Paused"},
    Mutation.DELETE: {"Initialized", "Failed", "Completed", "Stopped", "CREATED"},
}
"""Start, pause, resume and stop as the guides' meanings of the states imply; delete as the API
reference of v2 lists them, with CREATED as the guide's word for Initialized."""

EXPECTED = """
state        RUNNING            PAUSED             STOPPED            DELETED        FINISHED
Initialized  StartCampaign      IllegalTransition  IllegalTransition  DeleteCampaign wait
Running      reached            PauseCampaign      StopCampaign       StopCampaign   wait
Paused       ResumeCampaign     reached            StopCampaign       StopCampaign   wait
Stopped      IllegalTransition  IllegalTransition  reached            DeleteCampaign reached
Completed    IllegalTransition  IllegalTransition  EndedByItself      DeleteCampaign reached
Failed       CampaignFailed     CampaignFailed     CampaignFailed     DeleteCampaign CampaignFailed
CREATING     wait               wait               wait               wait           wait
CREATED      StartCampaign      IllegalTransition  IllegalTransition  DeleteCampaign wait
DELETING     BeingDeleted       BeingDeleted       BeingDeleted       deleting       deleting
DELETED      CampaignGone       CampaignGone       CampaignGone       reached        CampaignGone
gone         CampaignGone       CampaignGone       CampaignGone       reached        CampaignGone
"""

_HEADER, *_ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [
    (CampaignState.GONE if state == "gone" else state, CampaignTarget(target), word)
    for state, *words in _ROWS
    for target, word in zip(_HEADER[1:], words, strict=True)
]
SUCCESSES = {("Completed", CampaignTarget.STOPPED)} | {
    (state, CampaignTarget.FINISHED) for state in ("DELETED", CampaignState.GONE)
}


@cache
def botocore_states(service: str) -> tuple[str, ...]:
    model = botocore.session.get_session().get_service_model(service)
    return tuple(model.shape_for("CampaignState").enum)


def in_words(decision: object) -> str:
    match decision:
        case Act(mutation):
            return mutation.value
        case Wait(deleting):
            return "deleting" if deleting else "wait"
        case Reached(Reason.TARGET_REACHED):
            return "reached"
        case Reached(reason) | Refuse(reason):
            return reason.value
    raise AssertionError(decision)


@pytest.mark.parametrize(("state", "target", "word"), CELLS)
def test_does_what_the_table_says(state, target, word):
    assert in_words(decide(state, target)) == word


def test_the_table_covers_every_state_that_is_documented():
    documented = {
        *botocore_states("connectcampaigns"),
        *botocore_states("connectcampaignsv2"),
        *("CREATING", "CREATED", "DELETING", "DELETED"),
        CampaignState.GONE,
    }
    assert documented == set(CampaignState)
    assert {(state, target) for state, target, _ in CELLS} == {
        (state, target) for state in documented for target in CampaignTarget
    }


@pytest.mark.parametrize("state", CampaignState)
@pytest.mark.parametrize("target", CampaignTarget)
def test_only_asks_for_what_is_legal_in_the_state(state, target):
    match decide(state, target):
        case Act(mutation):
            assert state in LEGAL_IN[mutation]


@pytest.mark.parametrize("state", CampaignState)
def test_a_campaign_that_is_only_watched_is_never_touched(state):
    assert not isinstance(decide(state, CampaignTarget.FINISHED), Act)


@pytest.mark.parametrize(("state", "target", "word"), CELLS)
def test_refuses_with_words_and_succeeds_without_a_failure(state, target, word):
    match decide(state, target):
        case Refuse(_, why):
            assert why
            assert (state, target) not in SUCCESSES
        case Reached(reason, warning):
            assert (warning is not None) == (reason is not Reason.TARGET_REACHED)
            assert word == "reached" or (state, target) in SUCCESSES


AFTER = {
    Mutation.START: "Running",
    Mutation.PAUSE: "Paused",
    Mutation.RESUME: "Running",
    Mutation.STOP: "Stopped",
    Mutation.DELETE: CampaignState.GONE,
}


@pytest.mark.parametrize("state", CampaignState)
@pytest.mark.parametrize("target", CampaignTarget)
def test_reaches_the_target_in_at_most_two_moves_where_it_acts_at_all(state, target):
    moves = 0
    while isinstance(decision := decide(state, target), Act):
        state = AFTER[decision.mutation]
        moves += 1
    assert moves <= 2
    assert moves == 0 or decision == Reached(Reason.TARGET_REACHED)


@pytest.mark.parametrize("state", ["Scheduled", "running", "RUNNING", "", "Deleting", " Running"])
@pytest.mark.parametrize("target", CampaignTarget)
def test_decides_nothing_for_a_state_that_nobody_has_documented(state, target):
    assert decide(state, target) is None
