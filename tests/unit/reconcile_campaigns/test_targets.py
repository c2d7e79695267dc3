"""A batch is brought to its target: by the fewest mutations, and none where it is true already."""

from __future__ import annotations

import pytest

from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.transitions import TABLE_TARGETS
from lambdas.campaigns.wakes import CAMPAIGNS
from lambdas.jobs.phases import Phase, Reason
from lambdas.waiting.handles import wake
from tests.unit.builders import NOW, campaign_work
from tests.unit.fakes import FakeCampaigns
from tests.unit.reconcile_campaigns.passes import entries


def test_ends_at_once_where_all_is_true_already(run_pass):
    campaigns = FakeCampaigns(a="Paused", b="Paused")
    seen = run_pass(campaign_work("a", "b"), campaigns)
    assert seen.phase is Phase.COMPLETE
    assert seen.wait_seconds == 0
    assert campaigns.calls == [("poll", "a", "b")]
    for entry in entries(seen).values():
        assert entry.reason == Reason.ALREADY_THERE
        assert (entry.initial_state, entry.final_state) == ("Paused", "Paused")
        assert (entry.polls, entry.elapsed_seconds) == (1, 0)


def test_pauses_only_what_runs(run_pass):
    campaigns = FakeCampaigns(a="Running", b="Paused", c="Running")
    seen = run_pass(campaign_work("a", "b", "c"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a"), ("PauseCampaign", "c")]
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.wait_seconds >= 1
    assert set(seen.work.open) == {"a", "c"}
    assert [entry.id for entry in seen.work.entries] == ["b"]


def test_a_pass_that_waits_says_what_wakes_it_and_one_that_ends_does_not(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    first = run_pass(campaign_work("a"), campaigns)
    manual_clock.advance(first.wait_seconds)
    assert first.wake == wake(CAMPAIGNS, NOW, NOW, first.wait_seconds)
    assert run_pass(first.work, campaigns).wake is None


def test_confirms_a_mutation_with_another_poll(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a"), campaigns)
    manual_clock.advance(seen.wait_seconds)
    seen = run_pass(seen.work, campaigns)
    entry = entries(seen)["a"]
    assert seen.phase is Phase.COMPLETE
    assert entry.reason == Reason.TARGET_REACHED
    assert (entry.initial_state, entry.final_state) == ("Running", "Paused")
    assert entry.polls == 2
    assert entry.elapsed_seconds == pytest.approx(manual_clock.time - NOW)
    assert campaigns.mutations == [("PauseCampaign", "a")]


@pytest.mark.parametrize(
    ("state", "target", "mutations"),
    [
        ("Initialized", CampaignTarget.RUNNING, ["StartCampaign"]),
        ("Paused", CampaignTarget.RUNNING, ["ResumeCampaign"]),
        ("Running", CampaignTarget.STOPPED, ["StopCampaign"]),
        ("Paused", CampaignTarget.STOPPED, ["StopCampaign"]),
        ("Initialized", CampaignTarget.DELETED, ["DeleteCampaign"]),
        ("Failed", CampaignTarget.DELETED, ["DeleteCampaign"]),
        ("Running", CampaignTarget.DELETED, ["StopCampaign", "DeleteCampaign"]),
        ("Paused", CampaignTarget.DELETED, ["StopCampaign", "DeleteCampaign"]),
    ],
)
def test_goes_the_whole_way(run_to_end, state, target, mutations):
    campaigns = FakeCampaigns(a=state)
    entry = entries(run_to_end(campaign_work("a", target=target), campaigns))["a"]
    assert [operation for operation, _ in campaigns.mutations] == mutations
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert entry.initial_state == state


def test_a_stop_is_seen_before_the_delete(run_pass):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert campaigns.mutations == [("StopCampaign", "a")]
    assert seen.phase is Phase.IN_PROGRESS
    seen = run_pass(seen.work, campaigns)
    assert campaigns.mutations[1:] == [("DeleteCampaign", "a")]
    assert seen.phase is Phase.DELETING


def test_a_delete_that_takes_its_time_is_requested_once(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.stale["a"] = "Stopped"
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    for _ in range(3):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, campaigns)
        assert seen.phase is Phase.DELETING
    campaigns.stale.clear()
    seen = run_pass(seen.work, campaigns)
    assert seen.phase is Phase.COMPLETE
    assert campaigns.mutations == [("DeleteCampaign", "a")]


def test_what_is_gone_before_the_first_pass_was_already_gone(run_pass):
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), FakeCampaigns())
    assert entries(seen)["a"].reason == Reason.ALREADY_GONE


@pytest.mark.parametrize("target", sorted({*TABLE_TARGETS} - {CampaignTarget.DELETED}))
def test_a_campaign_that_does_not_exist_fails_any_other_target(run_pass, target):
    seen = run_pass(campaign_work("a", target=target), FakeCampaigns())
    assert seen.phase is Phase.FAILED
    entry = entries(seen)["a"]
    assert entry.reason == Reason.CAMPAIGN_NOT_FOUND
    assert entry.message == (
        "the campaign does not exist: check the id, that the campaign is in this stack's Region,"
        " and api_version, which is v2"
    )


def test_an_illegal_target_fails_one_campaign_and_not_its_neighbours(run_to_end):
    campaigns = FakeCampaigns(a="Stopped", b="Initialized")
    ended = entries(run_to_end(campaign_work("a", "b", target=CampaignTarget.RUNNING), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.ILLEGAL_TRANSITION)
    assert ended["b"].phase is Phase.COMPLETE
    assert campaigns.mutations == [("StartCampaign", "b")]


def test_a_watched_campaign_is_not_touched_until_it_ends(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    for _ in range(5):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, campaigns)
        assert seen.phase is Phase.IN_PROGRESS
    campaigns.states_of["a"] = "Completed"
    seen = run_pass(seen.work, campaigns)
    assert entries(seen)["a"].reason == Reason.TARGET_REACHED
    assert not campaigns.mutations


def test_waits_longer_and_for_no_event_when_the_history_is_far_ahead_of_its_age(run_pass):
    work = campaign_work("a", target=CampaignTarget.FINISHED, deadline_seconds=86_400)
    soon = run_pass(work, FakeCampaigns(a="Running"))
    late = run_pass(work, FakeCampaigns(a="Running"), history_events=10_000)
    assert soon.wait_seconds < 60
    assert 120 < late.wait_seconds < work.deadline_seconds
    assert late.wake is None


def test_a_batch_that_ends_ends_whatever_its_history(run_pass):
    seen = run_pass(campaign_work("a"), FakeCampaigns(a="Paused"), history_events=24_000)
    assert seen.phase is Phase.COMPLETE


def test_ends_every_campaign_exactly_once(run_to_end):
    names = [f"c-{number}" for number in range(25)]
    campaigns = FakeCampaigns(
        **dict(zip(names, ["Running", "Paused", "Stopped", None, "Undocumented"] * 5, strict=True))
    )
    seen = run_to_end(campaign_work(*names), campaigns)
    assert sorted(entry.id for entry in seen.entries) == sorted(names)
