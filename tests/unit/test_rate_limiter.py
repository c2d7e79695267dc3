"""A rate that several functions share through the table, each with its own limiter."""

from __future__ import annotations

import pytest

from lambdas.rate_limit.limiter import LATE_SECONDS, MAX_THROTTLES, RateLimiter, Slots, Unlimited
from lambdas.rate_limit.quota import SLOWDOWN, SLOWED_SECONDS, Rate
from lambdas.shared import metric_names
from lambdas.shared.observability import metrics
from tests.unit.builders import NOW
from tests.unit.fakes import FakeTable, client_error

ONE = Rate(per_second=1, burst=2)
CHANGED = client_error("ConditionalCheckFailedException")


@pytest.fixture
def table(manual_clock) -> FakeTable:
    return FakeTable()


def limiter(table: FakeTable, name: str = "any", rate: Rate = ONE) -> RateLimiter:
    return RateLimiter(table.NAME, name, rate, connect=lambda _service: table)


def moments(slots: Slots, manual_clock) -> list[float]:
    """Take every slot, and return when each came."""
    taken = []
    while slots.take():
        taken.append(manual_clock.time - NOW)
    return taken


def test_sleeps_from_call_to_call(table, manual_clock):
    assert moments(limiter(table).reserve(4), manual_clock) == [0, 1, 2, 3]
    assert manual_clock.slept == [0, 1, 1, 1]


def test_one_function_calls_after_the_other(table, manual_clock):
    first, second = limiter(table).reserve(2), limiter(table).reserve(2)
    assert moments(second, manual_clock) == [2, 3]
    assert moments(first, manual_clock)[0] == 3, "late, but its first call is still good"


def test_another_rate_is_another_matter(table, manual_clock):
    limiter(table, "mutations").reserve(20)
    assert moments(limiter(table, "reads").reserve(1), manual_clock) == [0]


def test_a_caller_without_room_learns_when_to_ask_again(table, manual_clock):
    limiter(table).reserve(30)
    slots = limiter(table).reserve(1)
    assert not slots.take()
    manual_clock.time = slots.again_at
    assert limiter(table).reserve(1).take()


def test_a_reservation_that_comes_in_between_is_respected(table, manual_clock):
    limiter(table).reserve(2)
    manual_clock.during_sleep = lambda: limiter(table).reserve(2)
    table.will("update_item", CHANGED)
    late = limiter(table).reserve(1)
    manual_clock.during_sleep = lambda: None
    began = manual_clock.time
    assert late.take()
    assert manual_clock.time == pytest.approx(NOW + 4)
    assert manual_clock.time > began


def test_who_never_gets_to_write_waits_and_calls_nothing(table, manual_clock):
    table.will("update_item", *[CHANGED] * 100)
    slots = limiter(table).reserve(1)
    assert not slots.take()
    assert slots.again_at <= manual_clock.time


@pytest.mark.parametrize("operation", ["get_item", "update_item"])
@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "AccessDeniedException", "AnyOther"]
)
def test_without_the_table_work_goes_on_unlimited_and_is_counted(
    table, manual_clock, operation, code
):
    table.will(operation, client_error(code))
    slots = limiter(table).reserve(1)
    assert [slots.take() for _ in range(30)] == [True] * 30
    assert manual_clock.slept == []
    assert metrics_named(metric_names.RATE_LIMITER_UNAVAILABLE) == [1.0]


def metrics_named(name: str) -> list[float]:
    return metrics.metric_set.get(name, {}).get("Value", [])


def test_without_a_limit_the_first_throttle_is_the_last_call():
    slots = Unlimited().reserve(5)
    assert slots.take()
    slots.throttled()
    assert not slots.take()
    assert Unlimited().reserve(5).take(), "until the next pass"


def test_without_a_limit_no_call_comes_too_late(manual_clock):
    slots = Unlimited().reserve(5, until=NOW + 1)
    manual_clock.advance(2)
    assert slots.take(), "the first one is always good"
    assert not slots.take()


def test_who_is_late_makes_no_call_that_comes_too_late(table, manual_clock):
    slots = limiter(table).reserve(10, until=NOW + 6.5)
    manual_clock.advance(4)
    assert moments(slots, manual_clock) == [4, 5, 6]


def test_a_caller_for_whom_the_table_took_all_the_time_makes_one_call(table, manual_clock):
    read = table.get_item

    def slowly(**parameters):
        manual_clock.advance(20)
        return read(**parameters)

    table.get_item = slowly
    slots = limiter(table).reserve(10, until=NOW + 15)
    assert moments(slots, manual_clock) == [20]


def test_a_throttle_slows_everyone_down_for_a_while(table, manual_clock):
    limiter(table).reserve(1).throttled()
    manual_clock.advance(1)
    slots = limiter(table).reserve(3)
    assert [moment - 1 for moment in moments(slots, manual_clock)] == [
        0,
        SLOWDOWN,
        2 * SLOWDOWN,
    ]
    manual_clock.advance(SLOWED_SECONDS)
    began = manual_clock.time - NOW
    slots = limiter(table).reserve(3)
    assert [moment - began for moment in moments(slots, manual_clock)] == [0, 1, 2]


def test_throttle_after_throttle_ends_the_calls_of_this_pass(table, manual_clock):
    slots = limiter(table).reserve(10)
    taken = 0
    while slots.take():
        taken += 1
        slots.throttled()
    assert taken == MAX_THROTTLES


def test_a_throttle_that_cannot_be_reported_is_no_failure(table, manual_clock):
    slots = limiter(table).reserve(2)
    table.will("update_item", client_error("AnyOther"))
    slots.throttled()
    assert slots.take()


def test_who_is_late_keeps_the_distance_and_loses_the_last_calls(table, manual_clock):
    slots = limiter(table).reserve(10)
    manual_clock.advance(LATE_SECONDS + 3)
    assert moments(slots, manual_clock) == [8, 9, 10, 11, 12, 13, 14]


def test_a_single_call_is_good_however_late(table, manual_clock):
    slots = limiter(table).reserve(1)
    manual_clock.advance(100)
    assert moments(slots, manual_clock) == [100]
