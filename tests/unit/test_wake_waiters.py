"""An event wakes those whom it is about, and one that does not say so is an error."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from lambdas.campaigns.transitions import Mutation
from lambdas.campaigns.wakes import CAMPAIGNS
from lambdas.exports.wakes import EXPORT_SLOT, source_key
from lambdas.waiting import wake_waiters
from lambdas.waiting.events import UnreadableEventError
from lambdas.waiting.waiters import Waiters
from tests.unit.builders import CLUSTER_SNAPSHOT, OTHER_SNAPSHOT, REGION, SNAPSHOT, AnyContext
from tests.unit.fakes import FakeStates, FakeTable
from tests.unit.test_waiters import store

ENDS = [
    ("RDS DB Snapshot Event", "SNAPSHOT", SNAPSHOT, ["0159", "0160", "0161"]),
    (
        "RDS DB Cluster Snapshot Event",
        "CLUSTER_SNAPSHOT",
        CLUSTER_SNAPSHOT,
        ["0162", "0163", "0164"],
    ),
]
EVENTS = [
    (detail_type, source_type, arn, f"RDS-EVENT-{number}")
    for detail_type, source_type, arn, numbers in ENDS
    for number in numbers
]


def rds_event(
    detail_type: str = "RDS DB Snapshot Event",
    source_type: str = "SNAPSHOT",
    arn: str = SNAPSHOT,
    event_id: str = "RDS-EVENT-0161",
) -> dict[str, Any]:
    """Return an event as EventBridge passes it to a function."""
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": detail_type,
        "source": "aws.rds",
        "account": "123456789012",
        "time": "2026-11-01T12:26:13Z",
        "region": REGION,
        "resources": [arn],
        "detail": {
            "EventCategories": ["notification"],
            "SourceType": source_type,
            "SourceArn": arn,
            "Date": "2026-11-01T12:26:13.882Z",
            "SourceIdentifier": arn.rpartition(":")[2],
            "Message": "The snapshot export task completed.",
            "EventID": event_id,
        },
    }


def campaign_event(
    operation: str = "StopCampaign", parameters: object = None, **detail: Any
) -> dict[str, Any]:
    """Return a call as CloudTrail records it and EventBridge passes it to a function."""
    return rds_event() | {
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.connect-campaigns",
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "principalId": "AIDAJ45Q7YFFAREXAMPLE",
                "arn": "arn:aws:iam::123456789012:user/Alice",
                "accountId": "123456789012",
                "userName": "Alice",
            },
            "eventTime": "2026-11-01T12:26:13Z",
            "eventSource": "connect-campaigns.amazonaws.com",
            "eventName": operation,
            "requestParameters": {"id": "c-1"} if parameters is None else parameters,
            "responseElements": None,
            "readOnly": False,
            "eventType": "AwsApiCall",
        }
        | detail,
    }


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def states(monkeypatch, table) -> FakeStates:
    fake = FakeStates()
    clients = {"dynamodb": table, "stepfunctions": fake}
    monkeypatch.setenv("COORDINATION_TABLE", table.NAME)
    monkeypatch.setattr(wake_waiters, "Waiters", partial(Waiters, connect=clients.__getitem__))
    return fake


@pytest.fixture
def wait_for(table, states):
    def wait_for(on: str, *tokens: str) -> None:
        for token in tokens:
            store(table, on, token)
            states.waiting.append(token)

    return wait_for


def invoke(event: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(wake_waiters.handler(event, AnyContext())))


@pytest.mark.parametrize("event", EVENTS, ids=[event[3] for event in EVENTS])
def test_wakes_all_of_the_source_and_one_for_its_slot(states, wait_for, event):
    arn = event[2]
    wait_for(source_key(arn), "a", "b")
    wait_for(source_key(OTHER_SNAPSHOT), "stranger")
    wait_for(EXPORT_SLOT, "first", "second")
    assert invoke(rds_event(*event)) == {"live": 3, "stale": 0}
    assert states.woken == ["a", "b", "first"]


def test_a_slot_is_for_the_next_one_with_every_end(states, wait_for):
    wait_for(EXPORT_SLOT, "first", "second")
    for _ in range(3):
        invoke(rds_event(arn=OTHER_SNAPSHOT))
    assert states.woken == ["first", "second"]


def test_counts_the_living_and_the_stale_of_both_queues(table, wait_for, capsys):
    wait_for(source_key(SNAPSHOT), "a")
    store(table, source_key(SNAPSHOT), "gone")
    store(table, EXPORT_SLOT, "went")
    assert invoke(rds_event()) == {"live": 1, "stale": 2}
    assert published(capsys) == {"WaitersWoken": 1, "WaitersStale": 2, "EventsForNobody": 0}
    assert table.items == {}


def test_an_event_for_nobody_is_counted_as_such(states, capsys):
    assert invoke(rds_event()) == {"live": 0, "stale": 0}
    assert published(capsys) == {"WaitersWoken": 0, "WaitersStale": 0, "EventsForNobody": 1}


def test_an_event_that_comes_twice_wakes_nobody_twice(states, wait_for):
    wait_for(source_key(SNAPSHOT), "a")
    assert [invoke(rds_event())["live"] for _ in range(2)] == [1, 0]
    assert states.woken == ["a"]


@pytest.mark.parametrize("operation", Mutation)
def test_a_mutation_of_a_campaign_wakes_the_batches_that_hold_it(table, states, operation):
    for token, ids in {"a": ["c-1"], "stranger": ["c-2", "c-3"], "b": ["c-3", "c-1"]}.items():
        store(table, CAMPAIGNS, token, ids=ids)
        states.waiting.append(token)
    assert invoke(campaign_event(str(operation))) == {"live": 2, "stale": 0}
    assert states.woken == ["a", "b"]


def test_a_mutation_of_a_campaign_frees_no_slot_of_an_export(states, wait_for):
    wait_for(EXPORT_SLOT, "first")
    assert invoke(campaign_event()) == {"live": 0, "stale": 0}


@pytest.mark.parametrize("name", ["id", "campaignId"])
def test_finds_the_campaign_by_either_name_that_cloudtrail_may_give_it(table, states, name):
    store(table, CAMPAIGNS, "a", ids=["c-1"])
    states.waiting.append("a")
    invoke(campaign_event(parameters={name: "c-1", "clientToken": "any"}))
    assert states.woken == ["a"]


def test_counts_mutations_of_campaigns_as_it_counts_ends_of_exports(table, states, capsys):
    store(table, CAMPAIGNS, "gone", ids=["c-1"])
    invoke(campaign_event())
    assert published(capsys) == {"WaitersWoken": 0, "WaitersStale": 1, "EventsForNobody": 0}
    invoke(campaign_event())
    assert published(capsys) == {"WaitersWoken": 0, "WaitersStale": 0, "EventsForNobody": 1}


NOBODYS = {
    "no campaign": campaign_event(parameters={"clientToken": "any"}),
    "an empty campaign": campaign_event(parameters={"id": ""}),
    "a campaign that is no text": campaign_event(parameters={"id": ["c-1"]}),
    "parameters left out": campaign_event(requestParameters=None),
    "no source": rds_event() | {"detail": {"EventID": "RDS-EVENT-0161"}},
    "an empty source": rds_event(arn=""),
    "no detail": {name: part for name, part in rds_event().items() if name != "detail"},
    "another service": rds_event() | {"source": "aws.ec2"},
    "nothing": {},
}


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize("event", NOBODYS.values(), ids=NOBODYS)
def test_an_event_that_does_not_say_whom_it_is_about_is_an_error(table, states, event):
    with pytest.raises(UnreadableEventError):
        invoke(event)
    assert table.calls == []


def published(capsys: Any) -> dict[str, int]:
    """Return what was counted, except for the calls."""
    (record,) = [
        json.loads(line)
        for line in capsys.readouterr().out.splitlines()
        if "CloudWatchMetrics" in line
    ]
    return {
        name: sum(value)
        for name, value in record.items()
        if isinstance(value, list) and not name.endswith("Calls")
    }
