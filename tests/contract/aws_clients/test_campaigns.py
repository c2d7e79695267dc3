"""Every response about campaigns has its meaning."""

from __future__ import annotations

import pytest

from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.transitions import CampaignState, Mutation
from tests.contract.aws_clients.calls import (
    SERVICES,
)

VERSIONS = pytest.mark.parametrize(("version", "service"), SERVICES.items())


@VERSIONS
def test_reads_the_states_of_a_batch_with_one_call(stub, version, service):
    stub(service).add_response(
        "get_campaign_state_batch",
        {
            "successfulRequests": [
                {"campaignId": "a", "state": "Running"},
                {"campaignId": "b", "state": "Paused"},
            ],
            "failedRequests": [
                {"campaignId": "c", "failureCode": "ResourceNotFound"},
                {"campaignId": "d", "failureCode": "UnknownError"},
            ],
        },
        {"campaignIds": ["a", "b", "c", "d", "e"]},
    )
    assert Campaigns(version).states(["a", "b", "c", "d", "e"]) == {
        "a": "Running",
        "b": "Paused",
        "c": CampaignState.GONE,
        "d": None,
        "e": None,
    }


@VERSIONS
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"successfulRequests": [{"campaignId": "a"}]},
        {"failedRequests": [{"campaignId": "a"}]},
        {"failedRequests": [{"failureCode": "ResourceNotFound"}]},
        {"successfulRequests": [{"state": "Running"}]},
    ],
    ids=["nothing", "no state", "no code", "failure without id", "success without id"],
)
def test_a_state_that_the_response_leaves_out_is_unknown(stub, version, service, answer):
    """None of these members is required in the model."""
    stub(service).add_response("get_campaign_state_batch", answer)
    assert Campaigns(version).states(["a"]) == {"a": None}


@VERSIONS
def test_returns_the_requested_campaigns_and_no_others(stub, version, service):
    answer = {
        "successfulRequests": [{"campaignId": "x", "state": "Running"}],
        "failedRequests": [{"campaignId": "y", "failureCode": "ResourceNotFound"}],
    }
    stub(service).add_response("get_campaign_state_batch", answer)
    assert Campaigns(version).states(["a"]) == {"a": None}


@VERSIONS
@pytest.mark.parametrize(
    ("mutation", "method"),
    [
        (Mutation.START, "start_campaign"),
        (Mutation.PAUSE, "pause_campaign"),
        (Mutation.RESUME, "resume_campaign"),
        (Mutation.STOP, "stop_campaign"),
        (Mutation.DELETE, "delete_campaign"),
    ],
)
def test_a_mutation_is_the_call_of_its_name(stub, version, service, mutation, method):
    stub(service).add_response(method, {}, {"id": "c-1"})
    Campaigns(version).apply(mutation, "c-1")
