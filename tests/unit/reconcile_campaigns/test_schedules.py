"""A watch reads once when each schedule ends."""

from __future__ import annotations

import pytest

from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.paces import AFTER_SCHEDULE_END
from lambdas.jobs.phases import Phase
from lambdas.shared.errors import (
    AccessDeniedException,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import NOW, campaign_work
from tests.unit.fakes import FakeCampaigns, aws_error
from tests.unit.reconcile_campaigns.passes import Slow


def test_schedules_are_asked_for_while_there_is_time(run_pass, manual_clock):
    campaigns = Slow(manual_clock, 31, a="Running")
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert ("describe", "a") not in campaigns.calls
    campaigns.seconds = 0
    run_pass(seen.work, campaigns)
    assert ("describe", "a") in campaigns.calls


def test_a_watch_asks_once_when_each_schedule_ends(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Stopped")
    campaigns.schedules["a"] = NOW + 5_000.5
    seen = run_pass(campaign_work("a", "b", "c", target=CampaignTarget.FINISHED), campaigns)
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, campaigns)
    described = [call for call in campaigns.calls if call[0] == "describe"]
    assert described == [("describe", "a"), ("describe", "b")]


def test_a_watch_polls_just_after_a_schedule_ends(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    campaigns.schedules["a"] = NOW + 7
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert seen.wait_seconds == 7 + AFTER_SCHEDULE_END
    manual_clock.advance(seen.wait_seconds)
    campaigns.states_of["a"] = "Completed"
    assert run_pass(seen.work, campaigns).phase is Phase.COMPLETE


@pytest.mark.parametrize("error", [AccessDeniedException, ServiceUnavailableException])
def test_a_schedule_that_is_not_returned_is_done_without(run_pass, manual_clock, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("describe", aws_error(error))
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert seen.phase is Phase.IN_PROGRESS
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, campaigns)
    assert campaigns.calls.count(("describe", "a")) == 1


def test_a_schedule_that_is_throttled_is_asked_for_again(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will("describe", aws_error(ThrottlingException))
    seen = run_pass(campaign_work("a", "b", target=CampaignTarget.FINISHED), campaigns)
    assert campaigns.calls[-1] == ("describe", "a"), "and no more in this pass"
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, campaigns)
    assert campaigns.calls[-2:] == [("describe", "a"), ("describe", "b")]
