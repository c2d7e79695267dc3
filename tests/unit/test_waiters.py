"""Those who wait are woken once each, in order, and those who no longer wait are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from lambdas.campaigns.wakes import CAMPAIGNS
from lambdas.exports.wakes import EXPORT_SLOT, source_key
from lambdas.shared import items
from lambdas.shared.errors import (
    AccessDeniedException,
    ServiceUnavailableException,
    ThrottlingException,
)
from lambdas.waiting.handles import WaiterSelector, wake
from lambdas.waiting.waiters import Waiters, Woken
from tests.unit.builders import NOW, OTHER_SNAPSHOT, SNAPSHOT
from tests.unit.fakes import FakeStates, FakeTable, client_error

ON = source_key(SNAPSHOT)
OF_SOURCE = WaiterSelector(ON)
FOR_A_SLOT = WaiterSelector(EXPORT_SLOT, 1)
STALE_CODES = ["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"]


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


def store(
    table: FakeTable,
    on: str,
    token: str,
    since: float = NOW,
    *,
    execution: str | None = None,
    ids: Sequence[str] = (),
) -> None:
    """Store a task token as the state machine does; every token is an execution's own."""
    order = wake(on, since, NOW, 30).order
    key = {"pk": {"S": on}, "sk": {"S": f"{order}#{execution or token}"}}
    item: dict[str, Any] = key | {"token": {"S": token}, "expires_at": {"N": "1800003630"}}
    if ids:
        item["ids"] = {"SS": list(ids)}
    table.put_item(TableName=table.NAME, Item=item)


def waiters(table: FakeTable, states: FakeStates) -> Waiters:
    clients = {"dynamodb": table, "stepfunctions": states}
    return Waiters(table.NAME, connect=clients.__getitem__)


def test_wakes_everyone_who_waits_for_a_source_and_nobody_else(table):
    states = FakeStates("a", "b", "c", "stranger", "queued")
    for token in ("a", "b", "c"):
        store(table, ON, token)
    store(table, source_key(OTHER_SNAPSHOT), "stranger")
    store(table, EXPORT_SLOT, "queued")
    assert waiters(table, states).wake(OF_SOURCE) == Woken(live=3, stale=0)
    assert sorted(states.woken) == ["a", "b", "c"]
    assert {pk for pk, _sk in table.items} == {source_key(OTHER_SNAPSHOT), EXPORT_SLOT}


def test_wakes_the_one_that_has_queued_longest(table):
    states = FakeStates("late", "early", "between")
    store(table, EXPORT_SLOT, "late", NOW + 10.5)
    store(table, EXPORT_SLOT, "early", NOW)
    store(table, EXPORT_SLOT, "between", NOW + 9.5)
    queue = waiters(table, states)
    woken = [queue.wake(FOR_A_SLOT) for _ in range(4)]
    assert states.woken == ["early", "between", "late"]
    assert woken == [Woken(1, 0)] * 3 + [Woken(0, 0)]


@pytest.mark.parametrize("code", STALE_CODES)
def test_passes_over_who_has_gone_on_and_wakes_the_first_who_still_waits(table, code):
    states = FakeStates("live", "next", stale={"gone": code, "went": code})
    for second, token in enumerate(("gone", "went", "live", "next")):
        store(table, EXPORT_SLOT, token, NOW + second)
    assert waiters(table, states).wake(FOR_A_SLOT) == Woken(live=1, stale=2)
    assert states.woken == ["live"]
    (left,) = table.sort_keys(EXPORT_SLOT)
    assert left.endswith("#next")


@pytest.mark.parametrize("most", [None, 1, 5])
def test_forgets_all_who_have_gone_on_when_nobody_is_left(table, most):
    for token in ("gone", "went"):
        store(table, ON, token)
    assert waiters(table, FakeStates()).wake(WaiterSelector(ON, most)) == Woken(live=0, stale=2)
    assert table.items == {}


@pytest.mark.parametrize("most", [None, 1])
def test_nobody_waiting_is_no_error(table, most):
    assert waiters(table, FakeStates()).wake(WaiterSelector(ON, most)) == Woken(0, 0)
    assert table.calls == [("query", ON)]


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 8])
def test_wakes_those_on_every_page(page_size):
    table = FakeTable(page_size)
    names = [f"token-{number}" for number in range(7)]
    for second, token in enumerate(names):
        store(table, ON, token, NOW + second)
    states = FakeStates(*names)
    assert waiters(table, states).wake(OF_SOURCE) == Woken(live=7, stale=0)
    assert states.woken == names
    assert table.items == {}


def test_reads_no_further_than_to_the_first_who_still_waits():
    table = FakeTable(page_size=1)
    for second, token in enumerate(("gone", "live", "next", "last")):
        store(table, EXPORT_SLOT, token, NOW + second)
    waiters(table, FakeStates("live", "next", "last")).wake(FOR_A_SLOT)
    assert len([call for call in table.calls if call[0] == "query"]) <= 3
    assert len(table.items) == 2


def test_the_same_event_again_wakes_nobody_twice(table):
    states = FakeStates("a", "b")
    for token in ("a", "b"):
        store(table, ON, token)
    woken = [waiters(table, states).wake(OF_SOURCE) for _ in range(2)]
    assert woken == [Woken(2, 0), Woken(0, 0)]
    assert states.woken == ["a", "b"]


def test_a_waiter_that_was_woken_and_not_forgotten_is_stale_the_next_time(table):
    states = FakeStates("a", "b")
    for token in ("a", "b"):
        store(table, ON, token)
    table.will("delete_item", client_error("ThrottlingException"))
    with pytest.raises(ThrottlingException):
        waiters(table, states).wake(OF_SOURCE)
    assert waiters(table, states).wake(OF_SOURCE) == Woken(live=1, stale=1)
    assert states.woken == ["a", "b"]
    assert table.items == {}


@pytest.mark.parametrize(
    ("code", "status", "named"),
    [
        ("ThrottlingException", 400, ThrottlingException),
        ("InternalServerError", 500, ServiceUnavailableException),
        ("AccessDeniedException", 400, AccessDeniedException),
    ],
)
def test_a_table_that_does_not_answer_is_reported_by_name(table, code, status, named):
    table.will("query", client_error(code, status))
    with pytest.raises(named):
        waiters(table, FakeStates()).wake(OF_SOURCE)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_success_that_could_not_be_sent_leaves_its_token_for_the_next_event(table, code):
    store(table, ON, "a")
    refusing = FakeStates(stale={"a": code})
    with pytest.raises((AccessDeniedException, ThrottlingException)):
        waiters(table, refusing).wake(OF_SOURCE)
    states = FakeStates("a")
    assert waiters(table, states).wake(OF_SOURCE) == Woken(live=1, stale=0)


def test_an_execution_that_waits_again_has_one_item_still_which_is_good_for_the_next_event(table):
    """It was woken, or went on by itself, and waits again before its item could be deleted."""
    store(table, ON, "first", execution="child")
    states = FakeStates("first", "second")
    states.before_answer = lambda: store(table, ON, "second", execution="child")
    assert waiters(table, states).wake(OF_SOURCE) == Woken(live=1, stale=0)
    (left,) = table.items.values()
    assert left["token"] == {"S": "second"}
    states.before_answer = lambda: None
    assert waiters(table, states).wake(OF_SOURCE) == Woken(live=1, stale=0)
    assert states.woken == ["first", "second"]
    assert table.items == {}


def test_an_item_that_is_gone_already_is_no_error(table):
    store(table, ON, "a")
    states = FakeStates("a")
    states.before_answer = table.items.clear
    assert waiters(table, states).wake(OF_SOURCE) == Woken(live=1, stale=0)


@pytest.mark.parametrize("page_size", [1, 2, 1_000])
def test_wakes_the_batches_that_hold_a_campaign_and_no_others(page_size):
    table = FakeTable(page_size)
    states = FakeStates("one", "other", "both")
    store(table, CAMPAIGNS, "one", ids=["c-1"])
    store(table, CAMPAIGNS, "other", ids=["c-2", "c-11"])
    store(table, CAMPAIGNS, "both", ids=["c-2", "c-1"])
    selector = WaiterSelector(CAMPAIGNS, listed=(items.CAMPAIGN_IDS, "c-1"))
    assert waiters(table, states).wake(selector) == Woken(live=2, stale=0)
    assert sorted(states.woken) == ["both", "one"]
    assert [item["token"]["S"] for item in table.items.values()] == ["other"]
