"""What a pass notes before it changes a campaign, and what it does if it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.moves import NotedMove
from lambdas.campaigns.transitions import Move
from lambdas.campaigns.work import CampaignProgress, CampaignWork, Undoes
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    AccessDeniedException,
    ConflictException,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import EXECUTION, NOW, campaign_work
from tests.unit.fake_moves import FakeMoves
from tests.unit.fakes import FakeCampaigns, LostResponse, aws_error
from tests.unit.reconcile_campaigns.passes import entries

OUTAGE = ServiceUnavailableException("UpdateItem", "any", "any")


def pausing(*ids: str, **fields: Any) -> CampaignWork:
    return campaign_work(*ids or ("a",), job_label="pause", on_abort="restore", **fields)


def restoring(moves: FakeMoves, *ids: str) -> CampaignWork:
    """Return the work that restores campaigns that the job `pause` has paused."""
    work = campaign_work(*ids or ("a",), target=CampaignTarget.RESTORED)
    move = Move(found="Running", asked="Paused")
    for name in work.open:
        noted = NotedMove("pause", name, move, work.api_version, True, NOW)
        moves.note_call(EXECUTION, noted, "any")
    return work.replace(
        open=dict.fromkeys(work.open, CampaignProgress(move=move)),
        undoes=Undoes(execution_arn=EXECUTION, jobs=("pause",)),
    )


def test_each_campaign_is_noted_before_it_is_changed(run_to_end, moves):
    campaigns = FakeCampaigns(a="Running", b="Paused", c="Running")
    run_to_end(pausing("a", "b", "c"), campaigns)
    assert moves.moves() == {"a": ("Running", "Paused"), "c": ("Running", "Paused")}


@pytest.mark.parametrize("later", [True, False])
def test_only_a_job_that_may_be_undone_notes_anything(run_to_end, moves, later):
    work = campaign_work("a")
    run_to_end(work.restored_later() if later else work, FakeCampaigns(a="Running"))
    assert bool(moves.noted) == later


@pytest.mark.parametrize("refusal", [ThrottlingException, ConflictException, AccessDeniedException])
def test_a_call_that_was_refused_is_not_noted(run_pass, moves, refusal):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("PauseCampaign", aws_error(refusal))
    run_pass(pausing(), campaigns)
    assert moves.noted == {}


def test_a_campaign_that_another_caller_paused_first_is_not_noted(run_to_end, moves):
    campaigns = FakeCampaigns(a="Paused")
    campaigns.stale["a"] = "Running"
    ended = run_to_end(pausing(), campaigns)
    assert entries(ended)["a"].reason == Reason.TARGET_REACHED
    assert moves.noted == {}


def test_a_call_whose_response_was_lost_stays_noted(run_to_end, moves):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("PauseCampaign", LostResponse())
    run_to_end(pausing(), campaigns)
    assert moves.moves() == {"a": ("Running", "Paused")}


def test_nothing_is_changed_that_could_not_be_noted(run_pass, run_to_end, moves):
    campaigns = FakeCampaigns(a="Running")
    moves.will("note_call", OUTAGE)
    first = run_pass(pausing(), campaigns)
    assert campaigns.mutations == []
    assert entries(run_to_end(first.work, campaigns))["a"].phase is Phase.COMPLETE


def test_a_refused_call_is_withdrawn_before_the_campaign_ends(run_pass, run_to_end, moves):
    """The table did not answer, and another caller has paused the campaign: it is not ours."""
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("PauseCampaign", aws_error(ConflictException))
    moves.will("withdraw", OUTAGE, OUTAGE)
    first = run_pass(pausing(), campaigns)
    assert moves.noted
    campaigns.states_of["a"] = "Paused"
    second = run_pass(first.work, campaigns)
    assert second.phase is Phase.IN_PROGRESS
    run_to_end(second.work, campaigns)
    assert moves.noted == {}


def test_restoring_deletes_the_note_once_aws_has_accepted(run_pass, run_to_end, moves):
    campaigns = FakeCampaigns(a="Paused", b="Running", c="Stopped")
    first = run_pass(restoring(moves, "a", "b", "c"), campaigns)
    assert campaigns.mutations == [("ResumeCampaign", "a")]
    assert moves.noted == {}
    ended = entries(run_to_end(first.work, campaigns))
    assert {name: entry.reason for name, entry in ended.items()} == {
        "a": Reason.TARGET_REACHED,
        "b": Reason.ALREADY_THERE,
        "c": Reason.CHANGED_SINCE,
    }


def test_a_campaign_ends_only_once_its_note_is_deleted(run_pass, run_to_end, moves):
    campaigns = FakeCampaigns(a="Running")
    work = restoring(moves)
    moves.will("forget", OUTAGE)
    first = run_pass(work, campaigns)
    assert first.phase is Phase.IN_PROGRESS
    run_to_end(first.work, campaigns)
    assert moves.noted == {}


def test_nothing_is_restored_whose_note_is_gone(run_to_end, moves):
    """Another clean-up has restored it, and another caller has paused it since."""
    campaigns = FakeCampaigns(a="Paused")
    work = restoring(moves)
    moves.noted.clear()
    ended = entries(run_to_end(work, campaigns))
    assert campaigns.mutations == []
    assert ended["a"].reason == Reason.CHANGED_SINCE


def test_what_could_not_be_restored_keeps_its_note(run_to_end, moves):
    campaigns = FakeCampaigns(a="Paused")
    campaigns.will("ResumeCampaign", aws_error(AccessDeniedException))
    ended = entries(run_to_end(restoring(moves), campaigns))
    assert ended["a"].phase is Phase.FAILED
    assert moves.noted
