"""Every state of a campaign, every target: what is done, and that it is legal."""

from __future__ import annotations

import botocore.session
import pytest

from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.transitions import (
    TABLE_TARGETS,
    Act,
    CampaignState,
    Mutation,
    Reached,
    Refuse,
    Wait,
    decide,
)
from lambdas.jobs.phases import Reason
from tests import campaign_rules

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
MUTATIONS = [
    (state, target, Mutation(word)) for state, target, word in CELLS if word in set(Mutation)
]
SUCCESSES = {("Completed", CampaignTarget.STOPPED)} | {
    (state, CampaignTarget.FINISHED) for state in ("DELETED", CampaignState.GONE)
}


@pytest.mark.parametrize(
    ("version", "service"), [("v1", "connectcampaigns"), ("v2", "connectcampaignsv2")]
)
def test_the_rules_know_the_states_and_operations_of_each_api(version, service):
    model = botocore.session.get_session().get_service_model(service)
    assert set(campaign_rules.STATES[version]) == set(model.shape_for("CampaignState").enum)
    assert set(campaign_rules.OPERATIONS) == set(Mutation) <= set(model.operation_names)
    assert CampaignState.GONE.value == campaign_rules.GONE


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
        *campaign_rules.STATES["v1"],
        *campaign_rules.STATES["v2"],
        *("CREATING", "CREATED", "DELETING", "DELETED"),
        CampaignState.GONE,
    }
    assert documented == set(CampaignState)
    assert {(state, target) for state, target, _ in CELLS} == {
        (state, target) for state in documented for target in TABLE_TARGETS
    }


@pytest.mark.parametrize(("state", "target", "mutation"), MUTATIONS)
def test_only_asks_for_what_is_legal_in_the_state(state, target, mutation):
    assert decide(state, target) == Act(mutation)
    assert campaign_rules.is_legal(mutation, state)


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


GOALS = {
    CampaignTarget.RUNNING: "Running",
    CampaignTarget.PAUSED: "Paused",
    CampaignTarget.STOPPED: "Stopped",
    CampaignTarget.DELETED: campaign_rules.GONE,
}


@pytest.mark.parametrize(("state", "target", "_mutation"), MUTATIONS)
def test_reaches_the_target_in_the_fewest_mutations_where_it_acts_at_all(state, target, _mutation):
    fewest = campaign_rules.fewest_mutations(state, GOALS[target])
    mutations = 0
    while isinstance(decision := decide(state, target), Act):
        after = campaign_rules.after(decision.mutation, state)
        assert after is not None
        state = after
        mutations += 1
    assert (decision, mutations) == (Reached(Reason.TARGET_REACHED), fewest)


@pytest.mark.parametrize("state", ["Scheduled", "running", "RUNNING", "", "Deleting", " Running"])
@pytest.mark.parametrize("target", TABLE_TARGETS)
def test_decides_nothing_for_a_state_that_nobody_has_documented(state, target):
    assert decide(state, target) is None
