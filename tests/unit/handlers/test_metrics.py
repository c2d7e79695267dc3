"""What is counted is published once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.campaigns import reconcile_campaigns
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion
from tests.unit.builders import (
    any_campaign_job,
    any_export_job,
)
from tests.unit.fakes import (
    AnyClient,
)
from tests.unit.handlers.functions import (
    accept,
    advance,
    invoke,
    items,
)


@pytest.fixture
def published(capsys) -> Callable[[], dict[str, Any]]:
    """Return the counts that functions have published since the last call."""

    def published() -> dict[str, Any]:
        counts: Counter[str] = Counter()
        for line in capsys.readouterr().out.splitlines():
            record = json.loads(line)
            for directive in record.get("_aws", {}).get("CloudWatchMetrics", ()):
                assert directive["Namespace"] == "Orchestrator"
                assert directive["Dimensions"] == [["service"]]
                for metric in directive["Metrics"]:
                    if metric["Unit"] == "Count":
                        counts[metric["Name"]] += sum(record[metric["Name"]])
        return dict(counts)

    return published


def test_counts_the_requests_that_are_accepted_and_rejected(published):
    accept(any_campaign_job())
    assert published() == {"RequestsAccepted": 1}
    accept(any_campaign_job(target="DANCING"))
    assert published() == {"RequestsRejected": 1}


def test_counts_how_resources_ended_once_each(campaigns, manual_clock, published):
    campaigns.states_of |= {"c-1": "Paused", "c-2": "Stopped", "c-3": "Running"}
    stages = [
        {"jobs": [any_campaign_job(campaign_ids=["c-1", "c-2", "c-3"])]},
        {"jobs": [any_export_job()]},
        {"run": "always", "jobs": [any_campaign_job(target="RUNNING")]},
    ]
    after_the_failure = advance(accept({"stages": stages}), manual_clock)
    assert "outcome" in advance(after_the_failure, manual_clock)
    counts = published()
    assert counts.pop("ReconcilePasses") > 0
    assert counts.pop("Progress") > 0
    assert counts == {"RequestsAccepted": 1, "ResourcesComplete": 3, "ResourcesFailed": 2}


def test_a_reconciler_publishes_the_calls_that_it_made(monkeypatch, published):
    states = [{"campaignId": name, "state": "Running"} for name in ("c-1", "c-2")]
    client = AnyClient({"successfulRequests": states}, {}, {})
    counted = Campaigns(ApiVersion.V2, connect=lambda _service: client)
    monkeypatch.setattr(reconcile_campaigns, "Campaigns", lambda _version: counted)
    state = accept(any_campaign_job(campaign_ids=["c-1", "c-2"]))
    published()
    invoke(reconcile_campaigns.handler, items(state["plan"])[0])
    assert published() == {
        "GetCampaignStateBatchCalls": 1,
        "PauseCampaignCalls": 2,
        "ReconcilePasses": 1,
        "Progress": 2,
    }
