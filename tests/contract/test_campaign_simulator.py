"""The campaign simulator follows the rules of both campaign APIs, over their wire protocol."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests import campaign_rules

CASES = [
    (version, state, operation)
    for version, states in campaign_rules.STATES.items()
    for state in states
    for operation in campaign_rules.OPERATIONS
]
UNLIMITED = {
    "campaign_mutations_per_s": 1e6,
    "campaign_mutation_burst": 1000,
    "campaign_reads_per_s": 1e6,
    "campaign_read_burst": 1000,
}


def call(client: Any, operation: str, campaign_id: str) -> None:
    getattr(client, xform_name(operation))(id=campaign_id)


def state_of(client: Any, campaign_id: str) -> str:
    return str(client.get_campaign_state(id=campaign_id)["state"])


@pytest.fixture(scope="module")
def every_state(simulate_shared):
    """One campaign for each API version, state and operation."""
    campaigns = [
        {"id": f"{version}-{state}-{operation}", "api_version": version, "state": state}
        for version, state, operation in CASES
    ]
    with simulate_shared(campaigns=campaigns, limits=UNLIMITED) as running:
        yield running


LEGAL = [case for case in CASES if campaign_rules.is_legal(case[2], case[1], case[0])]
ILLEGAL = [case for case in CASES if case not in LEGAL]


@pytest.mark.parametrize(("version", "state", "operation"), LEGAL)
def test_accepts_every_legal_call(every_state, version, state, operation):
    """A deleted campaign exists for a while, in its last state."""
    client = getattr(every_state, version)
    campaign_id = f"{version}-{state}-{operation}"
    after = campaign_rules.after(operation, state, version)
    call(client, operation, campaign_id)
    assert state_of(client, campaign_id) == (state if after == campaign_rules.GONE else after)


@pytest.mark.parametrize(("version", "state", "operation"), ILLEGAL)
def test_refuses_every_illegal_call(every_state, version, state, operation):
    """DeleteCampaign models no InvalidCampaignStateException."""
    client = getattr(every_state, version)
    campaign_id = f"{version}-{state}-{operation}"
    with pytest.raises(ClientError) as refusal:
        call(client, operation, campaign_id)
    answer: Any = refusal.value.response
    code, status = answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
    if operation == "DeleteCampaign":
        assert (code, status) == ("ValidationException", 400)
    else:
        assert (code, status) == ("InvalidCampaignStateException", 409)
        assert answer["state"] == state
        assert answer["Error"]["Message"]
    assert state_of(client, campaign_id) == state


def test_keeps_a_deleted_campaign_visible_in_its_last_state_and_then_forgets_it(simulate):
    running = simulate(campaigns=[{"id": "c-1", "state": "Stopped", "deletion_s": 20}])
    running.v2.delete_campaign(id="c-1")
    running.advance(19)
    assert state_of(running.v2, "c-1") == "Stopped"
    running.v2.delete_campaign(id="c-1")
    with pytest.raises(running.v2.exceptions.ConflictException):
        running.v2.start_campaign(id="c-1")
    running.advance(1)
    for call in (running.v2.get_campaign_state, running.v2.describe_campaign):
        with pytest.raises(running.v2.exceptions.ResourceNotFoundException) as refusal:
            call(id="c-1")
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert running.v2.list_campaigns()["campaignSummaryList"] == []
    assert running.ledger.states["c-1"] == ((0.0, "Stopped"), (20.0, "Deleted"))


@pytest.mark.parametrize(
    ("rule", "code"), [("accept", None), ("ConflictException", "ConflictException")]
)
def test_a_world_may_say_how_an_active_campaign_is_deleted(simulate, rule, code):
    running = simulate(campaigns=[{"id": "c-1", "delete_while_active": rule}])
    if code is None:
        running.v2.delete_campaign(id="c-1")
        assert running.ledger.illegal == {}
        return
    with pytest.raises(ClientError) as refusal:
        running.v2.delete_campaign(id="c-1")
    assert refusal.value.response["Error"]["Code"] == code
    assert running.ledger.illegal == {"DeleteCampaign": 1}


def test_a_campaign_exists_in_its_own_api_version_only(simulate):
    running = simulate(campaigns=[{"id": "old", "api_version": "v1"}, {"id": "new"}])
    assert state_of(running.v1, "old") == state_of(running.v2, "new") == "Running"
    for client, campaign_id in ((running.v1, "new"), (running.v2, "old")):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            state_of(client, campaign_id)
        listed = client.list_campaigns()["campaignSummaryList"]
        assert [summary["id"] for summary in listed] != [campaign_id]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_batch_has_a_result_for_each_id(simulate, version):
    running = simulate(
        campaigns=[{"id": "c-1", "api_version": version}, {"id": "c-2", "api_version": version}],
        faults=[
            {"operation": "GetCampaignStateBatch", "campaign_id": "c-2", "error": "UnknownError"}
        ],
    )
    answer = getattr(running, version).get_campaign_state_batch(campaignIds=["c-1", "c-2", "c-3"])
    assert answer["successfulRequests"] == [{"campaignId": "c-1", "state": "Running"}]
    assert answer["failedRequests"] == [
        {"campaignId": "c-2", "failureCode": "UnknownError"},
        {"campaignId": "c-3", "failureCode": "ResourceNotFound"},
    ]
    assert running.ledger.calls == {"GetCampaignStateBatch": 1}


def test_batch_accepts_25_ids_and_no_more(simulate):
    running = simulate()
    answer = running.v2.get_campaign_state_batch(campaignIds=[f"c-{n}" for n in range(25)])
    assert len(answer["failedRequests"]) == 25
    with pytest.raises(running.v2.exceptions.ValidationException):
        running.v2.get_campaign_state_batch(campaignIds=[f"c-{n}" for n in range(26)])


@pytest.mark.parametrize(("version", "bad_id"), [("v1", "a b"), ("v2", "a_b"), ("v2", "c" * 257)])
def test_refuses_ids_that_the_version_does_not_allow(simulate, version, bad_id):
    client = getattr(simulate(), version)
    for call in (
        lambda: client.get_campaign_state(id=bad_id),
        lambda: client.stop_campaign(id=bad_id),
        lambda: client.get_campaign_state_batch(campaignIds=[bad_id]),
    ):
        with pytest.raises(client.exceptions.ValidationException):
            call()


def test_v2_ids_may_contain_slashes_and_colons(simulate):
    running = simulate(campaigns=[{"id": "team/a:1", "state": "Paused"}])
    running.v2.resume_campaign(id="team/a:1")
    assert state_of(running.v2, "team/a:1") == "Running"


@pytest.mark.parametrize(("version", "end"), [("v1", "Stopped"), ("v2", "Completed")])
def test_a_campaign_ends_after_its_time_spent_running(simulate, version, end):
    running = simulate(campaigns=[{"id": "c-1", "api_version": version, "completes_after_s": 100}])
    client = getattr(running, version)
    running.advance(60)
    client.pause_campaign(id="c-1")
    running.advance(1000)
    client.resume_campaign(id="c-1")
    running.advance(39)
    assert state_of(client, "c-1") == "Running"
    running.advance(1)
    assert state_of(client, "c-1") == end
    assert running.ledger.states["c-1"][-1] == (1100.0, end)


def test_a_campaign_may_fail_and_its_end_is_recorded_without_a_call(simulate):
    running = simulate(campaigns=[{"id": "c-1", "fails_after_s": 50}])
    running.advance(500)
    assert running.ledger.states["c-1"] == ((0.0, "Running"), (50.0, "Failed"))
    assert running.ledger.calls == {}


def test_a_schedule_ends_a_v2_campaign_and_is_described(simulate):
    running = simulate(campaigns=[{"id": "c-1", "state": "Paused", "schedule_end_s": 600}])
    schedule = running.v2.describe_campaign(id="c-1")["campaign"]["schedule"]
    assert schedule["endTime"].timestamp() == running.clock.origin + 600
    assert running.v2.list_campaigns()["campaignSummaryList"][0]["schedule"] == schedule
    running.advance(600)
    assert state_of(running.v2, "c-1") == "Completed"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_lists_and_describes_by_pages_without_states(simulate, version):
    campaigns = [{"id": f"c-{n}", "api_version": version} for n in range(5)]
    client = getattr(simulate(campaigns=campaigns), version)
    pages = client.get_paginator("list_campaigns").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["campaignSummaryList"]) for page in pages] == [2, 2, 1]
    assert "state" not in client.describe_campaign(id="c-1")["campaign"]
    other = {"instanceIdFilter": {"value": "another", "operator": "Eq"}}
    assert client.list_campaigns(filters=other)["campaignSummaryList"] == []


def test_mutations_share_one_bucket_across_versions(simulate):
    running = simulate(
        campaigns=[{"id": "old", "api_version": "v1"}, {"id": "new"}, {"id": "third"}]
    )
    running.v1.pause_campaign(id="old")
    running.v2.pause_campaign(id="new")
    with pytest.raises(running.v2.exceptions.ThrottlingException) as refusal:
        running.v2.pause_campaign(id="third")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    running.advance(1)
    running.v2.pause_campaign(id="third")
    assert running.ledger.calls == {"PauseCampaign": 4}
    assert running.ledger.throttled == {"PauseCampaign": 1}
    mutations = running.ledger.mutations
    assert (mutations.count, mutations.first_at_s, mutations.last_at_s) == (3, 0.0, 1.0)


def test_reads_have_their_own_bucket_and_describe_another(simulate):
    running = simulate(campaigns=[{"id": "c-1"}])
    for _ in range(10):
        state_of(running.v2, "c-1")
    with pytest.raises(running.v2.exceptions.ThrottlingException):
        running.v2.get_campaign_state_batch(campaignIds=["c-1"])
    for _ in range(35):
        running.v2.describe_campaign(id="c-1")
    with pytest.raises(ClientError, match="ThrottlingException"):
        running.v2.describe_campaign(id="c-1")
    running.v2.pause_campaign(id="c-1")
    running.advance(1)
    for _ in range(5):
        running.v2.list_campaigns()
    with pytest.raises(ClientError, match="ThrottlingException"):
        running.v2.list_campaigns()


def test_others_act_at_their_times_without_being_counted(simulate):
    running = simulate(
        campaigns=[{"id": "c-1", "deletion_s": 5}, {"id": "c-2"}, {"id": "c-3"}],
        actions=[
            {"at_s": 10, "operation": "StopCampaign", "campaign_id": "c-1"},
            {"at_s": 20, "operation": "DeleteCampaign", "campaign_id": "c-1"},
            {"at_s": 40, "operation": "CreateCampaign", "campaign_id": "c-1"},
            {"at_s": 30, "operation": "FailCampaign", "campaign_id": "c-2"},
            {"at_s": 10, "operation": "PauseCampaign", "campaign_id": "c-3", "every_s": 20},
            {"at_s": 20, "operation": "ResumeCampaign", "campaign_id": "c-3"},
            {"at_s": 20, "operation": "AbortExecution"},
        ],
    )
    for second in (10, 20, 25, 30, 40):
        running.advance(running.clock.origin + second - running.clock.now())
        assert any(changes[-1][0] >= second for changes in running.ledger.states.values())
    assert running.ledger.states["c-1"][-1][1] == "Initialized"
    assert [state for _, state in running.ledger.states["c-1"]] == [
        "Running",
        "Stopped",
        "Deleted",
        "Initialized",
    ]
    assert state_of(running.v2, "c-2") == "Failed"
    assert [s for _, s in running.ledger.states["c-3"]] == [
        "Running",
        "Paused",
        "Running",
        "Paused",
    ]
    assert running.ledger.calls == {"GetCampaignState": 1}
    assert running.ledger.mutations.count == 0


def test_calls_before_the_beginning_are_served_but_not_counted(simulate):
    running = simulate(campaigns=[{"id": "c-1", "completes_after_s": 10}], begin=False)
    running.advance(1000)
    running.v2.pause_campaign(id="c-1")
    assert state_of(running.v2, "c-1") == "Paused"
    assert running.ledger.calls == running.ledger.states == {}
    running.simulators.begin(export_bucket="any")
    assert running.ledger.states == {"c-1": ((0.0, "Paused"),)}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_id_may_be_any_part_of_its_own_path(simulate, version):
    ids = ("c", "campaigns", "pause")
    running = simulate(campaigns=[{"id": name, "api_version": version} for name in ids])
    for name in ids:
        getattr(running, version).pause_campaign(id=name)
        running.advance(1)
    assert running.ledger.mutations.count == len(ids)
