"""Waits grow with age between a floor and a cap, and no two jobs keep in step."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.exports import paces
from lambdas.exports.paces import extraction_seconds
from lambdas.jobs.cadence import CONFIRM, JITTER, Pace, backed_off, wait_seconds
from lambdas.jobs.registry import KINDS
from tests.unit.examples import examples

NAMED = {"confirm": CONFIRM} | {
    f"{kind.name} {name}": pace for kind in KINDS for name, pace in kind.paces.items()
}
PACES = st.sampled_from(sorted(NAMED.values()))
AGES = st.floats(-100, 1e8)
JITTERS = st.floats(0, 1)


def rounded_down(seconds: float) -> int:
    return max(1, math.floor(seconds))


@given(PACES, AGES, JITTERS)
@examples(150)
def test_waits_between_floor_and_cap(pace, age, jitter):
    wait = wait_seconds(pace, age, jitter)
    assert isinstance(wait, int)
    assert rounded_down(pace.floor * (1 - JITTER)) <= wait <= pace.cap


@given(PACES, AGES, AGES, JITTERS)
@examples(100)
def test_waits_no_shorter_for_what_is_older(pace, age, other, jitter):
    younger, older = sorted((age, other))
    assert wait_seconds(pace, younger, jitter) <= wait_seconds(pace, older, jitter)


@given(PACES, AGES, JITTERS)
@examples(100)
def test_jitter_only_shortens(pace, age, jitter):
    assert wait_seconds(pace, age, jitter) <= wait_seconds(pace, age, 0)


@given(st.integers(-10, 200), AGES, JITTERS)
@examples(150)
def test_waits_for_an_export_between_floor_and_cap(percent, running_for, jitter):
    wait = extraction_seconds(percent, running_for, jitter)
    floor = paces.RUNNING.floor * (1 - JITTER)
    assert rounded_down(floor) <= wait <= paces.RUNNING.cap


@given(st.integers(1, 99), st.floats(0, 1e6), JITTERS)
@examples(100)
def test_polls_before_an_export_is_estimated_to_end(percent, running_for, jitter):
    remaining = running_for * (100 - percent) / percent
    wait = extraction_seconds(percent, running_for, jitter)
    assert wait <= max(remaining, paces.RUNNING.floor)


@pytest.mark.parametrize("percent", [0, 100])
def test_without_an_estimate_an_export_is_waited_for_by_its_age(percent):
    assert extraction_seconds(percent, 1_000, 0) == wait_seconds(paces.RUNNING, 1_000, 0)


@pytest.mark.parametrize("pace", NAMED.values(), ids=NAMED)
def test_a_day_of_waiting_takes_few_polls(pace):
    age, polls = 0.0, 0
    while age < 86_400:
        age += wait_seconds(pace, age, 1.0)
        polls += 1
    assert polls <= 86_400 / (pace.cap * (1 - JITTER)) + 60


@pytest.mark.parametrize("pace", NAMED.values(), ids=NAMED)
def test_a_pace_begins_at_its_floor(pace):
    assert 0 < pace.floor < pace.cap
    assert wait_seconds(pace, 0, 0) == pace.floor


def test_the_shortest_wait_doubles_with_each_refusal_up_to_the_cap():
    pace = Pace(floor=2, cap=60, growth=0.25)
    assert [backed_off(pace, refusals).floor for refusals in range(7)] == [2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("pace", NAMED.values(), ids=NAMED)
def test_a_pace_that_is_backed_off_keeps_its_cap(pace):
    slow = backed_off(pace, 100)
    assert (slow.cap, slow.growth) == (pace.cap, pace.growth)
    assert wait_seconds(slow, 0, 0) == pace.cap
