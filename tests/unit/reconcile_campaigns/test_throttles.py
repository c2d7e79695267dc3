"""Throttles are counted in a row for a batch, and keep what was seen."""

from __future__ import annotations

from lambdas.campaigns.batch import MAX_ATTEMPTS, MAX_THROTTLED_PASSES
from lambdas.campaigns.transitions import Mutation
from lambdas.jobs.phases import Phase, Reason
from lambdas.shared.errors import (
    ConflictException,
    ThrottlingException,
)
from tests.unit.builders import NOW, campaign_work
from tests.unit.fakes import FakeCampaigns, aws_error
from tests.unit.reconcile_campaigns.passes import entries


def test_a_pass_that_is_throttled_keeps_what_it_saw(run_pass):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will(Mutation.PAUSE, aws_error(ThrottlingException))
    seen = run_pass(campaign_work("a", "b"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a")]
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.polling.started_at == NOW
    for progress in seen.work.open.values():
        assert (progress.initial_state, progress.polls, progress.attempts) == ("Running", 1, 0)


def test_throttles_that_do_not_end_are_no_attempts_and_end_the_batch(run_to_end):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    throttle = ThrottlingException("PauseCampaign", "ThrottlingException", "Rate exceeded")
    campaigns.will(Mutation.PAUSE, *[throttle] * 100)
    ended = entries(run_to_end(campaign_work("a", "b", "c"), campaigns))
    assert MAX_THROTTLED_PASSES > MAX_ATTEMPTS
    assert len(campaigns.mutations) == MAX_THROTTLED_PASSES
    for entry in (ended["a"], ended["b"]):
        assert (entry.phase, entry.reason) == (Phase.FAILED, "ThrottlingException")
        assert entry.message.endswith("PauseCampaign: ThrottlingException: Rate exceeded")
        assert (entry.initial_state, entry.polls) == ("Running", MAX_THROTTLED_PASSES)
    assert ended["c"].reason == Reason.ALREADY_THERE


def test_any_other_answer_ends_a_row_of_throttles(run_to_end):
    campaigns = FakeCampaigns(a="Running", b="Running")
    throttles = [aws_error(ThrottlingException)] * (MAX_THROTTLED_PASSES - 1)
    conflict = aws_error(ConflictException)
    campaigns.will(("PauseCampaign", "a"), *throttles, conflict, *throttles)
    ended = entries(run_to_end(campaign_work("a", "b"), campaigns, most=100))
    assert {entry.reason for entry in ended.values()} == {"TargetReached"}
    assert len(campaigns.mutations) == 2 * len(throttles) + 3


def test_throttles_do_not_keep_a_deadline_from_passing(run_to_end):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, *[aws_error(ThrottlingException)] * 100)
    seen = run_to_end(campaign_work("a", deadline_seconds=5), campaigns)
    assert entries(seen)["a"].reason == Reason.DEADLINE_EXCEEDED


def test_a_throttle_after_progress_keeps_the_progress(run_pass):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Running")
    campaigns.will(("PauseCampaign", "b"), aws_error(ThrottlingException))
    seen = run_pass(campaign_work("a", "b", "c"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a"), ("PauseCampaign", "b")]
    assert seen.phase is Phase.IN_PROGRESS
    assert {name: one.attempts for name, one in seen.work.open.items()} == {"a": 1, "b": 0, "c": 0}


def test_a_throttle_does_not_hide_what_was_true_already(run_to_end):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    campaigns.will(("PauseCampaign", "b"), aws_error(ThrottlingException))
    ended = entries(run_to_end(campaign_work("a", "b", "c"), campaigns))
    assert ended["c"].reason == Reason.ALREADY_THERE
