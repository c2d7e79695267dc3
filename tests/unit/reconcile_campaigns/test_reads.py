"""Every campaign is polled once in a pass as time allows; what AWS rejects fails alone."""

from __future__ import annotations

import pytest

from lambdas.campaigns.batch import MAX_ATTEMPTS
from lambdas.campaigns.transitions import Mutation
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.jobs.resource_result import Entry
from lambdas.shared.aws import LAST_CALL_SECONDS
from lambdas.shared.errors import (
    AccessDeniedException,
    ServiceUnavailableException,
    ThrottlingException,
    ValidationException,
)
from tests.unit.builders import campaign_work
from tests.unit.fakes import FakeCampaigns, aws_error
from tests.unit.reconcile_campaigns.passes import Rejecting, Slow, entries


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_pass_that_aws_does_not_answer_is_raised(run_pass, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("poll", aws_error(error))
    with pytest.raises(error):
        run_pass(campaign_work("a"), campaigns)


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_pass_that_can_never_succeed_fails_what_is_open(run_pass, error):
    campaigns = FakeCampaigns(a="Running", b="Paused")
    campaigns.will("poll", *[aws_error(error)] * 3)
    seen = run_pass(campaign_work("a", "b"), campaigns)
    assert seen.phase is Phase.FAILED
    for entry in entries(seen).values():
        assert (entry.phase, entry.reason) == (Phase.FAILED, error.__name__)
        assert "any message" in entry.message


def test_an_unreadable_campaign_is_waited_for_and_then_fails_alone(run_to_end):
    campaigns = FakeCampaigns(a=None, b="Running")
    ended = entries(run_to_end(campaign_work("a", "b"), campaigns))
    assert (ended["a"].reason, ended["a"].polls) == (Reason.UNREADABLE, MAX_UNEXPLAINED_POLLS)
    assert ended["b"].phase is Phase.COMPLETE


def test_a_campaign_that_is_unreadable_for_a_while_is_changed_later(run_pass, run_to_end):
    campaigns = FakeCampaigns(a=None)
    seen = run_pass(campaign_work("a"), campaigns)
    assert not campaigns.mutations
    campaigns.states_of["a"] = "Running"
    assert entries(run_to_end(seen.work, campaigns))["a"].reason == Reason.TARGET_REACHED


def test_an_undocumented_state_is_waited_for_and_then_fails(run_to_end):
    campaigns = FakeCampaigns(a="Hibernating")
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.UNKNOWN_STATE)
    assert entry.polls == MAX_UNEXPLAINED_POLLS
    assert not campaigns.mutations


def test_a_fight_with_another_actor_ends(run_to_end):
    class Fought(FakeCampaigns):
        def apply(self, mutation: Mutation, campaign_id: str) -> None:
            super().apply(mutation, campaign_id)
            self.states_of[campaign_id] = "Running"

    campaigns = Fought(a="Running")
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.LOST_RACE)
    assert len(campaigns.mutations) == MAX_ATTEMPTS


def test_an_id_that_aws_rejects_fails_alone(run_to_end):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Rejecting("c3", "c17", **dict.fromkeys(ids, "Running"))
    ended = entries(run_to_end(campaign_work(*ids), campaigns))
    failed = {name: entry.reason for name, entry in ended.items() if entry.phase is Phase.FAILED}
    assert failed == {"c3": "ValidationException", "c17": "ValidationException"}
    assert len(ended) == 25
    reads = [call for call in campaigns.calls if call[0] == "poll"]
    assert len(reads) <= 1 + 5 + 2 * 5 + 1, "by fives, then alone, and a poll to confirm"


def test_a_pass_ends_in_time_and_the_next_one_goes_on_where_it_ended(run_pass, manual_clock):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(manual_clock, 6, *ids[:12], **dict.fromkeys(ids, "Running"))
    ended: dict[str, Entry] = {}
    work, passes = campaign_work(*ids), 0
    while work is not None:
        began = manual_clock.time
        seen = run_pass(work, campaigns)
        assert manual_clock.time - began <= 60 - LAST_CALL_SECONDS + 6
        ended |= {entry.id: entry for entry in (seen.entries or seen.work.entries)}
        work, passes = seen.work, passes + 1
        manual_clock.advance(seen.wait_seconds)
    assert passes <= 20
    assert {name for name, entry in ended.items() if entry.phase is Phase.FAILED} == set(ids[:12])
    assert {ended[name].reason for name in ids[:12]} == {"ValidationException"}
    assert {ended[name].reason for name in ids[12:]} == {"TargetReached"}
    reads = [call for call in campaigns.calls if call[0] == "poll"]
    assert len(reads) <= 1 + 5 + 3 * 5 + passes


def test_what_is_not_polled_in_a_pass_is_not_changed_on_what_an_earlier_one_saw(
    run_pass, manual_clock
):
    ids = [f"c{number}" for number in range(10)]
    campaigns = Slow(manual_clock, 0, "c9", **dict.fromkeys(ids, "Running"))
    seen = run_pass(campaign_work(*ids), campaigns)
    campaigns.seconds = 16
    campaigns.states_of |= dict.fromkeys(ids, "Running")
    campaigns.rejected |= {"c0"}
    campaigns.calls.clear()
    seen = run_pass(seen.work, campaigns)
    assert [call[0] for call in campaigns.calls] == ["poll"]
    assert all(progress.polls == 1 for progress in seen.work.open.values())


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_read_that_fails_in_a_search_keeps_what_the_search_has_learned(
    run_pass, manual_clock, error
):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(manual_clock, 0, "c24", **dict.fromkeys(ids, "Running"))
    campaigns.errors[2] = aws_error(error)
    seen = run_pass(campaign_work(*ids), campaigns)
    assert campaigns.mutations == []
    assert seen.phase is Phase.IN_PROGRESS
    assert {name for name, progress in seen.work.open.items() if progress.polls} == set(ids[:5])
    assert [progress.group_size for progress in seen.work.open.values()] == [25] * 5 + [5] * 20


def test_a_deadline_claims_nothing_of_what_was_not_read(run_pass, manual_clock):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(manual_clock, 10, "c24", **dict.fromkeys(ids, "Running"))
    seen = run_pass(campaign_work(*ids, deadline_seconds=60), campaigns)
    manual_clock.advance(60)
    ended = entries(run_pass(seen.work, campaigns))
    messages = {entry.message for entry in ended.values()}
    assert {entry.reason for entry in ended.values()} == {Reason.DEADLINE_EXCEEDED}
    assert messages == {"not PAUSED after 60 s", "not known to be PAUSED after 60 s"}
    assert "known" in ended["c24"].message
