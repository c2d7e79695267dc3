"""However much is read, no call is throttled, and what is missing is said."""

from __future__ import annotations

import pytest

from console.aws import QuotaSpent
from console.errors import RequestNotFound
from console.limits import QUOTAS, SHARE, Limits
from console.reading import Reading
from tests.unit.console.reading.fake_session import BEGAN, STACK, StepFunctions, Time
from tests.unit.console.reading.histories import Events


@pytest.fixture
def time() -> Time:
    return Time()


def test_two_thousand_executions_are_listed_without_a_throttle(time: Time) -> None:
    states = StepFunctions(time, 2_000)
    reading = Reading(STACK, states, time)
    names: list[str] = []
    page: str | None = None
    for _ in range(40):
        listed = reading.list(page=page)
        names += [each.name for each in listed.requests]
        page = listed.next
        time.now += 10
    assert page is None
    assert names == [f"e-{number:05}" for number in reversed(range(2_000))]
    assert states.throttled == 0
    assert states.calls["ListExecutions"] <= 43
    assert states.calls["DescribeExecution"] == 2_000
    assert reading.usage() == states.calls


def test_all_two_thousand_at_once_are_read_as_far_as_the_quota_allows(time: Time) -> None:
    states = StepFunctions(time, 2_000)
    reading = Reading(STACK, states, time)
    listed = reading.list(limit=2_000)
    assert len(listed.requests) == 2_000
    assert not listed.complete
    assert sum(each.read for each in listed.requests) == states.calls["DescribeExecution"] > 0
    assert states.throttled == 0


def test_a_search_finds_more_as_more_has_been_read(time: Time) -> None:
    states = StepFunctions(time, 2_000)
    reading = Reading(STACK, states, time)
    found = reading.list(text="NIGHT-17")
    for _ in range(60):
        if found.complete:
            break
        time.now += 10
        found = reading.list(text="NIGHT-17")
    assert found.complete
    assert len(found.requests) == 50
    assert states.throttled == 0


def test_a_page_that_is_watched_for_hours_stays_within_the_quotas(time: Time) -> None:
    states = StepFunctions(time, 300)
    reading = Reading(STACK, states, time)
    for second in range(300):
        time.now += 1
        if second % 15 == 0:
            states.start()
        listed = reading.list()
    assert listed.requests[0].name == "e-00319"
    assert states.throttled == 0
    assert states.calls["ListExecutions"] <= 50 + 300


def test_the_console_stays_below_its_share_of_every_quota(time: Time) -> None:
    limits = Limits(time)
    for operation, quota in QUOTAS.items():
        allowed = sum(limits.take(operation) for _ in range(1_000))
        assert allowed == quota.bucket * SHARE
        time.now += 10
        assert sum(limits.take(operation) for _ in range(1_000)) == 10 * quota.per_second * SHARE


def test_a_throttle_by_others_stops_the_calls_for_a_while(time: Time) -> None:
    states = StepFunctions(time, 10, share=0.01)
    reading = Reading(STACK, states, time)
    assert len(reading.list().requests) == 10
    assert states.throttled == 1
    before = states.calls["DescribeExecution"]
    assert not reading.list().complete
    assert states.calls["DescribeExecution"] == before


def test_a_spent_quota_is_no_missing_request(time: Time) -> None:
    states = StepFunctions(time, 1, share=0.001)
    with pytest.raises(QuotaSpent):
        Reading(STACK, states, time).request("e-00000")


def test_an_old_execution_is_seen_to_end(time: Time) -> None:
    states = StepFunctions(time)
    old = states.start()
    reading = Reading(STACK, states, time)
    assert reading.list().requests[0].status == "RUNNING"
    for _ in range(150):
        states.start()
    time.now += 1
    assert len(reading.list(status="RUNNING", limit=200).requests) == 151
    old |= {"status": "FAILED", "stopDate": BEGAN, "error": "RequestFailed", "cause": "why"}
    time.now += 1
    [ended] = reading.list(status="FAILED").requests
    assert (ended.name, ended.phase, ended.reason, ended.summary) == (
        *("e-00000", "FAILED"),
        *("RequestFailed", "why"),
    )


def test_a_correlation_id_is_found_among_many(time: Time) -> None:
    states = StepFunctions(time, 1_500)
    reading = Reading(STACK, states, time)
    states.histories[STACK.execution_arn("e-01499")] = Events().started({}).all
    assert reading.request("night-1499").summary.name == "e-01499"
    with pytest.raises(RequestNotFound, match="not all older requests have been read yet"):
        reading.request("night-3")
    assert states.throttled == 0
