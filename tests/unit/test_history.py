"""A child execution polls until its deadline, whatever happens, and its history never runs full."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.jobs.history import (
    FREE_EVENTS,
    MAX_EVENTS,
    PASS_EVENTS,
    SPREAD_EVENTS,
    WAKES_AHEAD_EVENTS,
    Budget,
)
from lambdas.shared.limits import MAX_DEADLINE_SECONDS, MIN_DEADLINE_SECONDS
from tests.unit.examples import examples

DAY = 86_400
START_EVENTS = 3
END_EVENTS = 3
"""A Succeed that is entered and left, and the end of the execution."""
MOST_RETRIES = 29
MOST_TABLE_RETRIES = 3
RETRY_EVENTS = 3
DEAREST = PASS_EVENTS + (MOST_RETRIES + MOST_TABLE_RETRIES) * RETRY_EVENTS + 2
PASSES_AFTER_DEADLINE = 40
"""More than the cancel of an export may take."""


class Life(NamedTuple):
    """How a child execution went.

    Attributes:
        events: in its history when it ended.
        polled_at: the age of each pass, in seconds.
    """

    events: int
    polled_at: list[float]

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in pairwise(self.polled_at)]


def live(
    deadline: int,
    *,
    pace: int,
    cost: Callable[[], int] = lambda: PASS_EVENTS,
    wakes_at: Callable[[float, int], float | None] = lambda _age, _wait: None,
    passes_after: int = 0,
) -> Life:
    """Do what a child does until its deadline and some passes longer.

    Args:
        deadline: seconds.
        pace: seconds that each pass would like to wait.
        cost: the events of each pass and its wait.
        wakes_at: by age and wait, after how many seconds an event ends a wait, if one does.
        passes_after: passes at the deadline and after it, except for the first.
    """
    events, age, polled_at = START_EVENTS, 0.0, list[float]()
    while True:
        polled_at.append(age)
        left = deadline - age
        budget = Budget(events, age, deadline)
        events += cost()
        if left <= 0:
            if not passes_after:
                return Life(events + END_EVENTS, polled_at)
            passes_after -= 1
        wait = budget.stretch(min(pace, max(1, int(left) + 1)))
        assert wait >= 1
        assert left <= 0 or wait <= left + 1, "nothing is left unobserved at its deadline"
        woken = wakes_at(age, wait) if budget.allows_wakes else None
        age += wait if woken is None else woken


def test_the_first_polls_of_any_deadline_are_free():
    for deadline in (MIN_DEADLINE_SECONDS, DAY, MAX_DEADLINE_SECONDS):
        budget = Budget(FREE_EVENTS - PASS_EVENTS, 0, deadline)
        assert budget.stretch(1) == 1
        assert budget.allows_wakes


def test_what_is_a_little_ahead_waits_until_it_is_not():
    half_spent = FREE_EVENTS + SPREAD_EVENTS // 2 - PASS_EVENTS
    assert Budget(half_spent, DAY / 4 - 50, DAY).stretch(30) == 50
    assert Budget(half_spent, DAY / 4, DAY).stretch(30) == 30


def test_what_is_far_ahead_goes_on_evenly_until_the_deadline():
    spendable = FREE_EVENTS + SPREAD_EVENTS + WAKES_AHEAD_EVENTS
    half_spent = spendable - 600 * PASS_EVENTS
    assert Budget(half_spent, 0, DAY).stretch(30) == DAY / 600


@pytest.mark.parametrize("events", [20_000, 22_000, MAX_EVENTS])
def test_what_is_spent_up_is_polled_at_the_deadline(events):
    assert Budget(events, 600, DAY).stretch(30) == DAY - 600
    assert Budget(events, DAY, DAY).stretch(30) == 30
    assert Budget(events, DAY + 600, DAY).stretch(30) == 30


def test_a_wait_is_never_shortened():
    for events in (0, 5_000, 24_000):
        assert Budget(events, 100, DAY).stretch(2 * DAY) == 2 * DAY


def test_wakes_may_run_ahead_of_what_is_spread_but_not_far():
    for age, spread in ((0, 0), (DAY / 4, SPREAD_EVENTS / 2), (DAY, SPREAD_EVENTS)):
        most = int(FREE_EVENTS + spread + WAKES_AHEAD_EVENTS)
        assert Budget(most, age, DAY).allows_wakes
        assert not Budget(most + 1, age, DAY).allows_wakes


@pytest.mark.parametrize("events", [13, PASS_EVENTS])
def test_polls_every_two_minutes_of_a_day_are_never_stretched(events):
    gaps = live(DAY, pace=120, cost=lambda: events).gaps
    assert set(gaps) == {120}
    assert len(gaps) == DAY / 120


def test_the_longest_deadline_is_polled_every_two_and_a_half_hours_at_least():
    """The first polls come as they are wished."""
    gaps = live(MAX_DEADLINE_SECONDS, pace=120).gaps
    assert gaps[:60] == [120] * 60
    assert 2 * 3_600 < max(gaps) < 2.5 * 3_600


@pytest.mark.parametrize("days", [1, 30, 90])
def test_wakes_without_end_leave_polls_that_are_hardly_farther_apart(days):
    """Half of the time there is a wake at once, which runs ahead of the budget; then none comes."""
    deadline = days * DAY
    life = live(
        deadline,
        pace=120,
        wakes_at=lambda age, _wait: 0.001 if age < deadline / 2 else None,
    )
    assert max(life.gaps) < max(180, deadline / 500)


def test_a_month_of_watching_at_its_own_pace_is_hardly_stretched():
    assert max(live(30 * DAY, pace=900).gaps) < 1.5 * 3_600


def test_the_worst_that_may_happen_leaves_room_in_the_history():
    """Wakes without end from just before the deadline, each pass retried to the last."""
    life = live(
        MAX_DEADLINE_SECONDS,
        pace=1,
        cost=lambda: DEAREST,
        wakes_at=lambda age, _wait: 0.001 if age > 0.99 * MAX_DEADLINE_SECONDS else None,
        passes_after=PASSES_AFTER_DEADLINE,
    )
    assert MAX_EVENTS - 500 < life.events < MAX_EVENTS


@given(
    deadline=st.integers(MIN_DEADLINE_SECONDS, MAX_DEADLINE_SECONDS)
    | st.sampled_from([MIN_DEADLINE_SECONDS, 600, 3_600, DAY, 30 * DAY, MAX_DEADLINE_SECONDS]),
    costs=st.sampled_from([(PASS_EVENTS, DEAREST), (DEAREST, DEAREST), (PASS_EVENTS, PASS_EVENTS)]),
    woken=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    woken_from=st.floats(0, 1),
    at_once=st.booleans(),
    passes_after=st.integers(0, PASSES_AFTER_DEADLINE),
    seed=st.integers(0, 2**32),
)
@example(
    deadline=MAX_DEADLINE_SECONDS,
    costs=(DEAREST, DEAREST),
    woken=1.0,
    woken_from=0.0,
    at_once=True,
    passes_after=PASSES_AFTER_DEADLINE,
    seed=0,
)
@examples(60)
def test_no_bad_luck_fills_a_history_or_leaves_work_unobserved_at_its_deadline(
    deadline, costs, woken, woken_from, at_once, passes_after, seed
):
    luck = Random(seed)

    def wakes_at(age: float, wait: int) -> float | None:
        if age < woken_from * deadline or luck.random() >= woken:
            return None
        return 0.001 if at_once else luck.random() * wait

    life = live(
        deadline,
        pace=1,
        cost=lambda: luck.randint(*costs),
        wakes_at=wakes_at,
        passes_after=passes_after,
    )
    assert life.events < MAX_EVENTS
    before = [age for age in life.polled_at if age < deadline]
    assert life.polled_at[len(before)] <= deadline + 1
