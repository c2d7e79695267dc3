"""However callers come, calls never run ahead of the rate, and the rate is used up."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lambdas.rate_limit.quota import (
    HORIZON_SECONDS,
    SLOWDOWN,
    CampaignRates,
    Rate,
    Reserved,
    reserve,
)
from tests.unit.builders import NOW

ONE = Rate(per_second=1, burst=2)
RATES = st.builds(Rate, per_second=st.sampled_from([0.2, 0.5, 1, 5, 10]), burst=st.integers(1, 12))


def test_mutations_are_a_second_apart_and_reads_may_come_in_bursts():
    mutations, reads = CampaignRates().mutations, CampaignRates().reads
    slots = reserve(Reserved(), mutations, 4, NOW).slots
    assert [slot - NOW for slot in slots] == [0, 1, 2, 3]
    slots = reserve(Reserved(), reads, 11, NOW).slots
    assert [round(slot - NOW, 6) for slot in slots] == [0.0] * 9 + [0.2, 0.4]


def test_who_comes_next_is_given_the_moments_after():
    first = reserve(Reserved(), ONE, 3, NOW)
    second = reserve(first.reserved, ONE, 2, NOW + 1)
    assert [slot - NOW for slot in second.slots] == [3, 4]


def test_no_more_is_reserved_than_lies_within_the_horizon():
    got = reserve(Reserved(), ONE, 50, NOW)
    assert len(got.slots) == HORIZON_SECONDS + 1
    assert got.again_at == NOW + HORIZON_SECONDS / 2 + 1


def test_who_is_given_nothing_takes_nothing():
    full = reserve(Reserved(), ONE, 50, NOW).reserved
    got = reserve(full, ONE, 1, NOW)
    assert (got.slots, got.reserved) == ((), full)
    assert reserve(full, ONE, 1, got.again_at).slots


def test_nothing_is_reserved_that_comes_too_late_for_the_caller():
    got = reserve(Reserved(), ONE, 50, NOW, until=NOW + 2.5)
    assert [slot - NOW for slot in got.slots] == [0, 1, 2]
    assert reserve(got.reserved, ONE, 1, NOW).slots == (NOW + 3,), "left to others"
    assert reserve(got.reserved, ONE, 50, NOW, until=NOW + 2.5).slots == ()


def test_one_call_may_be_made_now_however_late_it_is():
    assert reserve(Reserved(), ONE, 50, NOW, until=NOW - 100).slots == (NOW,)
    assert reserve(Reserved(until=NOW + 1), ONE, 50, NOW, until=NOW - 100).slots == ()


def test_time_in_which_nobody_called_is_no_credit():
    old = Reserved(until=NOW - 1_000)
    assert reserve(old, ONE, 2, NOW).slots == (NOW, NOW + 1)


def test_a_throttle_sets_calls_further_apart_for_a_while():
    slowed = Reserved(slowed_until=NOW + 1)
    assert reserve(slowed, ONE, 3, NOW).slots == (NOW, NOW + SLOWDOWN, NOW + 2 * SLOWDOWN)
    assert reserve(slowed, ONE, 3, NOW + 1).slots == (NOW + 1, NOW + 2, NOW + 3)


@given(
    RATES,
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 30)), min_size=1, max_size=30),
)
def test_calls_never_run_ahead_of_the_rate(rate, callers):
    reserved, now = Reserved(), NOW
    slots: list[float] = []
    for pause, wanted in callers:
        now += pause
        got = reserve(reserved, rate, wanted, now)
        assert len(got.slots) <= wanted
        assert all(now <= slot <= now + HORIZON_SECONDS for slot in got.slots)
        slots += got.slots
        reserved = got.reserved
    assert slots == sorted(slots)
    for first in range(0, len(slots), 7):
        for last in range(first, len(slots)):
            allowed = rate.burst + (slots[last] - slots[first]) * rate.per_second
            assert last - first + 1 <= allowed + 1e-3


@given(RATES, st.integers(1, 60))
def test_anyone_who_waits_as_long_as_returned_is_served_and_wastes_nothing(rate, wanted):
    reserved, now = Reserved(), NOW
    slots: list[float] = []
    while len(slots) < wanted:
        got = reserve(reserved, rate, wanted - len(slots), now)
        slots += got.slots
        reserved = got.reserved
        now = max(now + 1, got.again_at)
        assert now < NOW + 10_000
    gaps = [after - before for before, after in pairwise(slots)]
    assert all(gap <= max(rate.interval, 1) + 1e-6 for gap in gaps)


@pytest.mark.parametrize(
    "fault", [{"per_second": 0, "burst": 1}, {"per_second": 1, "burst": 0}, {"per_second": 1}]
)
def test_a_rate_that_allows_nothing_is_no_rate(fault):
    with pytest.raises(ValidationError):
        Rate.model_validate(fault)
