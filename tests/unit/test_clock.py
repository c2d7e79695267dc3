"""Virtual time: who has the turn, when time jumps, and what happens when nobody can go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from localcloud.clock import EPOCH, ClockClosed, DeadlockError, Event, Thread, VirtualClock
from localcloud.simulators.world_time import WorldTime

HOUR = 3600.0


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    clock = VirtualClock()
    yield clock
    clock.close()


def test_waiting_takes_no_real_time_and_computing_no_simulated_time(clock: VirtualClock) -> None:
    began = time.monotonic()
    with clock.turn("the test"):
        clock.sleep(1000 * HOUR)
        slept = clock.now()
        while time.monotonic() < began + 0.05:
            pass
        assert clock.now() == slept == EPOCH + 1000 * HOUR
    assert time.monotonic() - began < 60


def test_what_is_due_happens_in_the_order_of_its_moment_and_then_of_its_scheduling(
    clock: VirtualClock,
) -> None:
    happened: list[tuple[str, float]] = []

    def happen(name: str) -> None:
        happened.append((name, clock.now() - EPOCH))

    with clock.turn("the test"):
        for name, after in (("late", 20.0), ("first", 10.0), ("second", 10.0)):
            clock.at(clock.now() + after, name, partial(happen, name))
        cancel = clock.at(clock.now() + 15, "never", partial(happen, "never"))
        cancel()
        assert happened == []
        clock.sleep(30)
    assert happened == [("first", 10.0), ("second", 10.0), ("late", 20.0)]


def test_one_runs_at_a_time_and_passes_the_turn_on_only_by_waiting(clock: VirtualClock) -> None:
    steps: list[str] = []

    def work(name: str) -> None:
        for step in range(3):
            steps.append(f"{name}{step}")
            clock.sleep(1)

    with clock.turn("the test"):
        threads = [Thread(work, (name,), clock=clock) for name in "ab"]
        for thread in threads:
            thread.start()
        assert steps == []
        for thread in threads:
            thread.join()
    assert steps == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert clock.now() == EPOCH + 3


def test_an_event_ends_waits_in_time_and_time_ends_the_others(clock: VirtualClock) -> None:
    answered, forgotten = Event(clock), Event(clock)
    with clock.turn("the test"):
        clock.at(clock.now() + 5, "answer", answered.set)
        assert answered.wait(10) is True
        assert clock.now() == EPOCH + 5
        assert forgotten.wait(10) is False
        assert clock.now() == EPOCH + 15


def test_a_timeout_that_is_over_holds_nothing_up(clock: VirtualClock) -> None:
    answered = Event(clock)
    with clock.turn("the test"):
        clock.at(clock.now() + 1, "answer", answered.set)
        answered.wait(1000 * HOUR)
        clock.sleep(1)
        assert clock.now() == EPOCH + 2


def test_a_deadlock_is_reported_with_who_waits_for_what(clock: VirtualClock) -> None:
    never = Event(clock, "an answer that nobody gives")
    with clock.turn("the test"):
        Thread(never.wait, clock=clock, name="the worker").start()
        with pytest.raises(DeadlockError) as deadlock:
            Event(clock, "the end of the worker").wait()
    assert "the worker: waits for an answer that nobody gives" in str(deadlock.value)
    assert "the test: waits for the end of the worker" in str(deadlock.value)


def test_somebody_from_outside_waits_for_a_turn(clock: VirtualClock) -> None:
    steps: list[str] = []

    def visit() -> None:
        with clock.turn("a visitor"):
            steps.append("visited")

    visitor = threading.Thread(target=visit)
    with clock.turn("the test"):
        visitor.start()
        steps.append("still alone")
        clock.at(clock.now() + HOUR, "later", lambda: steps.append("an hour later"))
        with clock.held():
            visitor.join()
            assert clock.now() == EPOCH, "no time passes for what happens in real time"
        clock.sleep(2 * HOUR)
    assert steps == ["still alone", "visited", "an hour later"]


def test_time_goes_on_while_the_turn_is_released(clock: VirtualClock) -> None:
    passed = threading.Event()
    with clock.turn("the test"):
        clock.at(clock.now() + HOUR, "later", passed.set)
        with clock.released():
            assert passed.wait(5)


def test_a_fiber_that_fails_does_not_stop_time_for_the_others(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("broken")

    with clock.turn("the test"):
        clock.start("the broken one", fail)
        clock.sleep(1)
    assert "the broken one failed" in caplog.text


def test_closing_ends_every_wait(clock: VirtualClock) -> None:
    ends: list[str] = []

    def wait() -> None:
        try:
            clock.sleep(HOUR)
        except ClockClosed:
            ends.append("closed")
            raise

    with clock.turn("the test"):
        clock.start("a", wait)
        clock.start("b", wait)
        clock.sleep(1)
        clock.close()
        with pytest.raises(ClockClosed):
            clock.sleep(1)
    clock.close()
    assert ends == ["closed", "closed"]


def test_with_a_speed_the_same_jumps_wait_for_real_time() -> None:
    clock = VirtualClock(speed=1000)
    try:
        with clock.turn("the test"):
            clock.keep_pace_from_now()
            began, real = clock.now(), time.monotonic()
            clock.sleep(100)
            assert clock.now() == began + 100
        assert time.monotonic() - real >= 0.1
    finally:
        clock.close()


def test_with_a_speed_somebody_who_arrives_finds_the_time_that_has_passed() -> None:
    clock = VirtualClock(speed=1000)
    try:
        clock.keep_pace_from_now()
        began = clock.now()
        threading.Event().wait(0.02)
        with clock.turn("a visitor"):
            assert clock.now() - began >= 20
    finally:
        clock.close()


def test_the_speed_changes_from_now_on_and_the_next_moment_can_come_at_once() -> None:
    clock = VirtualClock(speed=0.001)
    happened: list[str] = []
    try:
        began = clock.now()
        clock.at(began + HOUR, "first", lambda: happened.append("first"))
        clock.at(began + 2 * HOUR, "second", lambda: happened.append("second"))
        clock.at(began + 1, "never", lambda: happened.append("never"))()
        assert clock.next_due() == began + HOUR, "what was cancelled is not due"

        with clock.turn("a visitor"):
            clock.jump()
        with clock.turn("the test"):
            assert clock.now() == pytest.approx(began + HOUR, abs=1)
            assert clock.next_due() == began + 2 * HOUR
        assert happened == ["first"]

        clock.keep_pace(100_000)
        with clock.turn("the test"):
            assert clock.now() < began + 2 * HOUR, "the time before passed at the speed before"
            clock.sleep(2 * HOUR)
        assert happened == ["first", "second"]
        assert clock.next_due() is None
    finally:
        clock.close()


def test_a_restart_ends_what_waits_or_is_due_and_begins_at_the_origin_again() -> None:
    clock = VirtualClock()
    happened: list[str] = []

    def wait() -> None:
        try:
            clock.sleep(HOUR)
        except ClockClosed:
            happened.append("ended")
            raise

    with clock.turn("the test"):
        clock.start("who waits", wait)
        clock.at(EPOCH + HOUR, "who is due", lambda: happened.append("due"))
        clock.sleep(1)
        clock.restart()
        assert (clock.now(), happened) == (EPOCH, ["ended"])
        clock.sleep(2 * HOUR)
        assert (clock.now(), happened) == (EPOCH + 2 * HOUR, ["ended"])
    clock.close()


def test_a_restart_fails_if_something_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.clock._SECONDS_TO_END", 0.01)
    clock, goes_on = VirtualClock(), threading.Event()

    def insist() -> None:
        try:
            clock.sleep(HOUR)
        except ClockClosed:
            goes_on.wait()

    with clock.turn("the test"):
        clock.start("who insists", insist)
        clock.sleep(1)
        with pytest.raises(RuntimeError, match="who insists"):
            clock.restart()
        goes_on.set()
    clock.close()


def test_those_who_visit_all_the_time_do_not_move_what_is_due() -> None:
    clock = VirtualClock(speed=2000)
    happened: list[float] = []
    is_over = threading.Event()

    def visit() -> None:
        while not is_over.is_set():
            with clock.turn("a visitor"):
                clock.now()

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    try:
        with clock.turn("the test"):
            clock.keep_pace_from_now()
            began = clock.now()
            moments = [began + 7.5 * number for number in range(1, 60)]
            for moment in moments:
                clock.at(moment, "something", lambda: happened.append(clock.now()))
            for visitor in visitors:
                visitor.start()
            clock.sleep(moments[-1] - clock.now() + 1)
    finally:
        is_over.set()
        for visitor in visitors:
            visitor.join()
        clock.close()
    assert happened == moments


def test_world_time_has_come_as_far_as_what_was_due(clock: VirtualClock) -> None:
    found: list[float] = []
    with clock.turn("the test"):
        clock.sleep(0.1)
        time_of_world = WorldTime(clock)
        time_of_world.begin()
        due = [number / 10 for number in range(1, 100)]
        for seconds in due:
            time_of_world.at(seconds, "due", lambda: found.append(time_of_world.seconds()))
        clock.sleep(20)

    assert all(come >= seconds for come, seconds in zip(found, due, strict=True))
