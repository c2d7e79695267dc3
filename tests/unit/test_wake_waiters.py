"""An RDS event hurries whoever waits for its source, and one who waits for a slot."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from lambdas import wake_waiters
from lambdas.aws.waiters import Waiters
from lambdas.domain.wakes import EXPORT_SLOT, source_key
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
    """Return an event as EventBridge hands it to a function."""
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


def published(capsys: Any) -> dict[str, int]:
    """Return what was counted, but for the calls."""
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
