"""The deadline fails what has not reached its target."""

from __future__ import annotations

import pytest

from lambdas.campaigns.contract import CampaignTarget
from lambdas.jobs.phases import Phase, Reason
from tests.unit.builders import NOW, campaign_work
from tests.unit.fakes import FakeCampaigns
from tests.unit.reconcile_campaigns.passes import entries


def test_the_deadline_fails_what_is_open_and_nothing_else(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    seen = run_pass(
        campaign_work("a", "b", "c", target=CampaignTarget.FINISHED, deadline_seconds=600),
        campaigns,
    )
    manual_clock.advance(600)
    campaigns.states_of["b"] = "Completed"
    ended = entries(run_pass(seen.work, campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)
    assert ended["b"].phase is Phase.COMPLETE


def test_after_the_deadline_nothing_is_changed(run_pass, manual_clock):
    campaigns = FakeCampaigns(a=None)
    seen = run_pass(campaign_work("a", deadline_seconds=600), campaigns)
    manual_clock.advance(601)
    campaigns.states_of["a"] = "Running"
    seen = run_pass(seen.work, campaigns)
    assert not campaigns.mutations
    assert entries(seen)["a"].reason == Reason.DEADLINE_EXCEEDED


def test_what_reached_its_target_late_has_still_reached_it(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a", deadline_seconds=60), campaigns)
    manual_clock.advance(61)
    assert entries(run_pass(seen.work, campaigns))["a"].phase is Phase.COMPLETE


def test_the_last_wait_ends_at_the_deadline(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    work = campaign_work("a", target=CampaignTarget.FINISHED, deadline_seconds=3_600)
    seen = run_pass(work, campaigns)
    while seen.phase is Phase.IN_PROGRESS:
        assert manual_clock.time + seen.wait_seconds <= NOW + 3_601
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, campaigns)
    assert manual_clock.time == pytest.approx(NOW + 3_600, abs=1)
