"""A mutation that AWS refuses, or does not answer, is decided on again or ends its campaign."""

from __future__ import annotations

import pytest

from lambdas.campaigns.batch import MAX_ATTEMPTS
from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.transitions import Mutation
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    AccessDeniedException,
    AwsError,
    ConflictException,
    InvalidCampaignStateException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ServiceUnavailableException,
    UnclassifiedException,
    ValidationException,
)
from tests.unit.builders import NOW, campaign_work
from tests.unit.fakes import FakeCampaigns, LostResponse, aws_error
from tests.unit.reconcile_campaigns.passes import entries


def test_decides_again_from_the_state_that_a_conflict_carries(run_pass):
    campaigns = FakeCampaigns(a="Running")
    stopped = aws_error(InvalidCampaignStateException, state="Stopped")
    campaigns.will(Mutation.PAUSE, stopped)
    seen = run_pass(campaign_work("a"), campaigns)
    entry = entries(seen)["a"]
    assert campaigns.calls == [("poll", "a"), ("PauseCampaign", "a")]
    assert (entry.reason, entry.final_state) == (Reason.ILLEGAL_TRANSITION, "Stopped")
    assert entry.initial_state == "Running"


def test_a_conflict_that_carries_the_target_completes(run_pass):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(InvalidCampaignStateException, state="Paused"))
    seen = run_pass(campaign_work("a"), campaigns)
    assert entries(seen)["a"].phase is Phase.COMPLETE


def test_makes_the_mutation_that_a_conflict_shows_to_be_legal(run_pass):
    campaigns = FakeCampaigns(a="Initialized")
    campaigns.stale["a"] = "Paused"
    run_pass(campaign_work("a", target=CampaignTarget.RUNNING), campaigns)
    assert campaigns.mutations == [("ResumeCampaign", "a"), ("StartCampaign", "a")]
    assert campaigns.states_of["a"] == "Running"


def test_a_conflict_that_repeats_itself_ends_the_pass_not_the_campaign(run_pass):
    campaigns = FakeCampaigns(a="Running")
    again = [aws_error(InvalidCampaignStateException, state="Running") for _ in range(2)]
    campaigns.will(Mutation.PAUSE, *again)
    seen = run_pass(campaign_work("a"), campaigns)
    assert seen.phase is Phase.IN_PROGRESS
    assert len(campaigns.mutations) == 2


@pytest.mark.parametrize("state", ["", "Undocumented"])
def test_a_conflict_that_says_nothing_is_polled_again(run_to_end, state):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(InvalidCampaignStateException, state=state))
    assert entries(run_to_end(campaign_work("a"), campaigns))["a"].phase is Phase.COMPLETE


@pytest.mark.parametrize("error", [ConflictException, ServiceUnavailableException])
def test_polls_again_after_a_refusal_that_passes(run_to_end, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(error))
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert entry.phase is Phase.COMPLETE
    assert campaigns.calls == [
        ("poll", "a"),
        ("PauseCampaign", "a"),
        ("poll", "a"),
        ("PauseCampaign", "a"),
        ("poll", "a"),
    ]


@pytest.mark.parametrize("error", [ConflictException, ServiceUnavailableException])
def test_outlives_a_minute_in_which_no_mutation_is_answered(run_pass, manual_clock, error):
    campaigns = FakeCampaigns(a="Running")
    work = campaign_work("a")
    while manual_clock.time < NOW + 60:
        campaigns.will(Mutation.PAUSE, aws_error(error))
        seen = run_pass(work, campaigns)
        assert seen.phase is Phase.IN_PROGRESS
        work = seen.work
        manual_clock.advance(seen.wait_seconds)
    run_pass(work, campaigns)
    assert campaigns.states_of["a"] == "Paused"


def test_polls_before_it_repeats_a_mutation_whose_answer_was_lost(run_to_end):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, LostResponse())
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert entry.reason == Reason.TARGET_REACHED
    assert campaigns.mutations == [("PauseCampaign", "a")]


def test_a_delete_whose_answer_was_lost_is_seen_to_be_done(run_to_end):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, LostResponse())
    seen = run_to_end(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].reason == Reason.TARGET_REACHED
    assert campaigns.mutations == [("DeleteCampaign", "a")]


@pytest.mark.parametrize(
    "error",
    [
        AccessDeniedException,
        ValidationException,
        UnclassifiedException,
    ],
)
def test_a_permanent_error_ends_one_campaign_and_not_its_neighbours(run_to_end, error):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will(("PauseCampaign", "a"), aws_error(error))
    ended = entries(run_to_end(campaign_work("a", "b"), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, error.__name__)
    assert ended["b"].phase is Phase.COMPLETE
    assert campaigns.mutations.count(("PauseCampaign", "a")) == 1


def test_a_campaign_that_disappears_before_the_mutation_is_gone(run_pass):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(ResourceNotFoundException))
    entry = entries(run_pass(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.CAMPAIGN_GONE)


def test_a_campaign_that_someone_else_deletes_first_is_deleted(run_pass):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(ResourceNotFoundException))
    entry = entries(run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)


@pytest.mark.parametrize("error", [ValidationException, UnclassifiedException, ConflictException])
def test_a_delete_that_is_refused_is_polled_again(run_to_end, error: type[AwsError]):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(error))
    seen = run_to_end(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].phase is Phase.COMPLETE


def test_a_delete_that_may_not_be_done_ends_at_once(run_pass):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(AccessDeniedException))
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].reason == "AccessDeniedException"


def test_a_delete_that_is_always_refused_ends(run_to_end):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, *[aws_error(ValidationException) for _ in range(50)])
    seen = run_to_end(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    entry = entries(seen)["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.LOST_RACE)
    assert "ValidationException" in entry.message
    assert len(campaigns.mutations) == MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("You have reached the limit of active campaigns", "stop one, or ask for more"),
        ("The limit of concurrent calls is 0", "concurrent campaign active calls"),
    ],
)
def test_a_quota_that_is_used_up_ends_one_campaign_with_advice(run_to_end, message, advice):
    campaigns = FakeCampaigns(a="Initialized", b="Paused")
    used_up = ServiceQuotaExceededException("StartCampaign", "AnyCode", message)
    campaigns.will(("StartCampaign", "a"), used_up)
    ended = entries(run_to_end(campaign_work("a", "b", target=CampaignTarget.RUNNING), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.QUOTA_EXCEEDED)
    assert advice in ended["a"].message
    assert ended["b"].phase is Phase.COMPLETE
