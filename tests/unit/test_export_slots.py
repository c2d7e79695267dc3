"""Who waits for a slot asks when there is one, leaves it to who comes first, and never starves."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.slots import (
    DOCUMENTED_SLOTS,
    PATIENCE_SECONDS,
    SlotWait,
    polled,
    refused,
)
from tests.unit.builders import NOW

LATER = NOW + 60


def waits(**fields: Any) -> SlotWait:
    return SlotWait(**{"refused_at": NOW, "taken": 5, "poll_at": LATER, **fields})


@pytest.mark.parametrize("taken", [1, 2, 5, 9])
def test_as_many_slots_are_taken_as_exports_ran_when_there_was_none(taken):
    assert refused(taken, NOW).taken == taken
    assert polled(waits(taken=taken), taken, LATER) is not None
    assert polled(waits(taken=taken, room_seen=True), taken - 1, LATER) is None


def test_exports_that_could_not_be_counted_are_taken_to_be_the_documented_five():
    assert refused(None, NOW).taken == DOCUMENTED_SLOTS


def test_a_refusal_that_nothing_in_sight_explains_is_asked_again_at_every_other_poll():
    """The slots are taken where this Region does not see it."""
    wait = polled(refused(0, NOW), 0, LATER)
    assert wait is not None
    assert polled(wait, 0, LATER + 30) is None


def test_more_exports_than_were_seen_to_fit_fit():
    wait = polled(waits(taken=4), 5, LATER)
    assert wait is not None
    assert wait.taken == 5
    assert polled(wait.replace(room_seen=True), 4, LATER) is None


def test_a_free_slot_is_left_to_the_waiter_that_is_woken_for_it():
    assert polled(waits(), 4, LATER - 1) is None
    passed_by = polled(waits(), 4, LATER)
    assert passed_by is not None
    assert passed_by.room_seen


def test_a_free_slot_that_nobody_takes_is_taken_by_the_next_poll():
    assert polled(waits(room_seen=True), 4, LATER) is None


def test_a_free_slot_that_somebody_takes_was_not_free():
    wait = polled(waits(room_seen=True), 5, LATER)
    assert wait is not None
    assert not wait.room_seen


def test_a_waiter_that_is_woken_before_rds_shows_the_end_asks_at_the_next_poll():
    wait = polled(waits(), 5, LATER - 1)
    assert wait is not None
    assert polled(wait, 4, LATER) is None


@pytest.mark.parametrize("running", [0, 5, 9])
def test_asks_from_time_to_time_whatever_the_count_says(running):
    long_ago = waits(refused_at=LATER - PATIENCE_SECONDS)
    assert polled(long_ago, running, LATER) is None
    assert polled(waits(refused_at=LATER - PATIENCE_SECONDS + 1), 9, LATER) is not None
