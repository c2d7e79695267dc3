"""Accepted campaign calls are published as CloudTrail events."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from localcloud.simulators.campaign_events import LATENCY_S
from localcloud.turns import mark_calls
from tests.contract.conftest import ACCOUNT, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/orchestrators"
VERBS = {"start": "Initialized", "pause": "Running", "resume": "Paused", "stop": "Running"}


def state_of(running, campaign_id: str) -> str:
    return running.ledger.states[campaign_id][-1][1]


def as_function(running):
    """Return a client with the credentials of a function that has a role."""
    client = boto3.client(
        "connectcampaignsv2",
        endpoint_url=running.simulators.endpoints["AWS_ENDPOINT_URL_CONNECTCAMPAIGNSV2"],
        region_name=REGION,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        aws_session_token=ROLE,
    )
    mark_calls(client, running.clock)
    return client


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("verb", [*VERBS, "delete"])
def test_an_accepted_call_is_an_event_some_seconds_later(simulate, version, verb):
    state = VERBS.get(verb, "Stopped")
    running = simulate(campaigns=[{"id": "c-1", "api_version": version, "state": state}])
    running.advance(10)
    getattr(getattr(running, version), f"{verb}_campaign")(id="c-1")
    running.advance(LATENCY_S - 0.1)
    assert running.events == []
    running.advance(0.2)
    (event,) = running.events
    assert event["source"] == "aws.connect-campaigns"
    assert event["detail-type"] == "AWS API Call via CloudTrail"
    assert event["time"] == event["detail"]["eventTime"] == "2027-01-15T08:00:10Z"
    detail = event["detail"]
    assert detail["eventSource"] == "connect-campaigns.amazonaws.com"
    assert detail["eventName"] == f"{verb.title()}Campaign"
    assert detail["requestParameters"] == {"id": "c-1"}
    assert "errorCode" not in detail


def test_an_event_names_the_caller_a_function_s_role_or_a_user(simulate):
    running = simulate(
        campaigns=[{"id": name} for name in ("c-1", "c-2", "c-3")],
        actions=[{"at_s": 1, "operation": "PauseCampaign", "campaign_id": "c-3"}],
    )
    as_function(running).pause_campaign(id="c-1")
    running.v2.pause_campaign(id="c-2")
    running.advance(1)
    assert state_of(running, "c-3") == "Paused"
    running.advance(LATENCY_S)
    assert len(running.events) == 3
    callers = {
        event["detail"]["requestParameters"]["id"]: event["detail"]["userIdentity"]
        for event in running.events
    }
    assert callers["c-1"]["type"] == "AssumedRole"
    assert callers["c-1"]["sessionContext"]["sessionIssuer"]["arn"] == ROLE
    for other in ("c-2", "c-3"):
        assert callers[other]["type"] == "IAMUser"
        assert "sessionContext" not in callers[other]


def test_only_calls_that_took_effect_are_events(simulate):
    running = simulate(
        campaigns=[
            {"id": "c-1"},
            {"id": "c-2", "state": "Stopped"},
            {"id": "c-3"},
            {"id": "c-4", "completes_after_s": 5},
        ],
        actions=[
            {"at_s": 1, "operation": "ResumeCampaign", "campaign_id": "c-2"},
            {"at_s": 1, "operation": "FailCampaign", "campaign_id": "c-3"},
        ],
        faults=[{"operation": "StopCampaign", "error": "lost_response"}],
    )
    with pytest.raises(ClientError):
        running.v2.start_campaign(id="c-2")
    with pytest.raises(ConnectionClosedError):
        running.v2.stop_campaign(id="c-1")
    running.advance(60)
    ends = {"c-3": "Failed", "c-4": "Completed"}
    assert {name: state_of(running, name) for name in ends} == ends
    assert running.events
    assert [event["detail"]["eventName"] for event in running.events] == ["StopCampaign"]


def test_events_are_dropped_delayed_and_duplicated_by_the_name_of_the_call(simulate):
    running = simulate(
        campaigns=[{"id": "c-1"}],
        faults=[
            {"event": "PauseCampaign", "drop": 1.0},
            {"event": "ResumeCampaign", "delay_s": 30, "duplicates": 1},
        ],
    )
    running.v2.pause_campaign(id="c-1")
    running.v2.resume_campaign(id="c-1")
    running.advance(LATENCY_S + 29)
    assert running.events == []
    running.advance(1)
    assert len(running.events) == 2
    assert {event["detail"]["eventName"] for event in running.events} == {"ResumeCampaign"}
