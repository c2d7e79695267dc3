"""Reconcile passes over a batch of campaigns, against campaigns that answer strictly."""

from __future__ import annotations

from typing import cast

import pytest

from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.rates import UNLIMITED, CampaignLimits
from lambdas.campaigns.reconcile_campaigns import reconcile
from lambdas.campaigns.work import CampaignWork
from lambdas.jobs.pass_result import PassResult
from tests.unit.builders import carried
from tests.unit.fakes import FakeCampaigns
from tests.unit.reconcile_campaigns.passes import ENDS


@pytest.fixture
def run_pass(manual_clock, moves):
    """Run one pass, with the work as Step Functions carries it."""

    def run_pass(
        work: CampaignWork,
        campaigns: FakeCampaigns,
        limits: CampaignLimits = UNLIMITED,
        history_events: int = 0,
    ) -> PassResult:
        ends_at = manual_clock.time + 60
        return reconcile(
            carried(work),
            cast(Campaigns, campaigns),
            limits,
            history_events,
            ends_at,
            moves=moves.of_work(work),
        )

    return run_pass


@pytest.fixture
def run_to_end(run_pass, manual_clock):
    """Run pass after pass, waiting in between, until the batch has ended."""

    def run_to_end(work: CampaignWork, campaigns: FakeCampaigns, most: int = 60) -> PassResult:
        for _ in range(most):
            seen = run_pass(work, campaigns)
            if seen.phase in ENDS:
                return seen
            work = seen.work
            assert seen.wait_seconds >= 1
            manual_clock.advance(seen.wait_seconds)
        raise AssertionError(f"not ended after {most} passes: {work}")

    return run_to_end
