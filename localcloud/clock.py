"""Virtual time: it jumps to the next moment at which anything is due, once all work rests.

Everything that takes part is a *fiber*: a thread that runs only while it has the turn, which one
fiber has at a time. A fiber that waits passes the turn on; when nobody is left who could run, time
jumps to the earliest moment that anyone waits for. So computing takes no simulated time, waiting
takes no real time, and what happens at the same moment happens in one order: the order in which it
was scheduled.

A server's thread that answers a call of the fiber that has the turn acts as that fiber (`acting`).
Every other thread, one that serves a person's call for instance, asks for a turn of its own
(`turn`).

With a speed, a jump waits until as much real time has passed.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

_logger = logging.getLogger(__name__)

_SECONDS_TO_END = 5.0

EPOCH: Final = 1_767_225_600.0
"""2026-01-01T00:00:00Z, where a clock without a speed begins: a run repeats to its dates."""


class ClockClosed(SystemExit):
    """The clock was closed while something waited for it."""


class DeadlockError(Exception):
    """Nothing is due, nothing runs, and yet somebody waits; the text says who waits for what."""


@dataclass(eq=False)
class _Fiber:
    """A thread that takes part.

    Attributes:
        name: for people.
        is_visitor: whether it came from outside, so that somebody there waits for its end.
        has_turn: released when it is this fiber's turn.
        waits_for: what it waits for, in words.
    """

    name: str
    is_visitor: bool = False
    has_turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    waits_for: str = "its turn"


@dataclass(eq=False)
class _Wait:
    """One wait of one fiber, which ends once: by what it waits for, or by its time."""

    fiber: _Fiber
    has_ended: bool = False
    in_time: bool = False
    failure: BaseException | None = None


class VirtualClock:
    """Simulated time, and whose turn it is."""

    def __init__(self, speed: float | None = None, *, origin: float | None = None) -> None:
        """Begin at `origin`, in epoch seconds: with a speed at the present second, else at EPOCH.

        The speed is in simulated seconds per real second.
        """
        self.speed = speed
        self.origin = origin or (EPOCH if speed is None else float(int(time.time())))
        self._now = self.origin
        self._paced_from = (self._now, time.monotonic())
        self._lock = threading.RLock()
        self._pace_changed = threading.Condition(self._lock)
        self._numbers = itertools.count()
        self._running: _Fiber | None = None
        self._ready: deque[_Fiber] = deque()
        self._arriving: deque[_Fiber] = deque()
        self._is_arrivals_turn = False
        self._timers: list[tuple[float, int, Callable[[], bool], Callable[[], object]]] = []
        self._waits: list[_Wait] = []
        self._holds = 0
        self._closed = False
        self._threads: set[threading.Thread] = set()
        self._of_thread = threading.local()
        if speed is not None:
            threading.Thread(target=self._keep_pace, daemon=True, name="pace").start()

    def now(self) -> float:
        """Return the simulated time in epoch seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Wait for simulated seconds; without any, let those who are ready have their turns."""
        Event(self, "time to pass").wait(max(0.0, seconds))

    def at(self, moment: float, name: str, work: Callable[[], object]) -> Callable[[], None]:
        """Run `work` at a moment, in epoch seconds; at once if it has passed.

        Return what cancels it.
        """
        cancelled = threading.Event()

        with self._lock:
            self._push(
                moment,
                is_live=lambda: not cancelled.is_set(),
                fire=lambda: self.start(name, work),
            )
            self._proceed()
        return cancelled.set

    def start(self, name: str, work: Callable[[], object]) -> None:
        """Run `work` in a fiber of its own, after those that are ready now."""
        fiber = _Fiber(name)

        def run() -> None:
            fiber.has_turn.acquire()
            if self._closed:
                return
            self._of_thread.is_inside = True
            try:
                work()
            except ClockClosed:
                pass
            except Exception:
                # What one fiber breaks must not stop time for all the others.
                _logger.exception("%s failed", name)
            finally:
                self._leave()
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, daemon=True, name=name)
        with self._lock:
            if self._closed:
                return
            self._threads.add(thread)
            self._ready.append(fiber)
            thread.start()
            self._proceed()

    @property
    def holder(self) -> object:
        """Who has the turn: of a thread that acts for another one, that other one."""
        return self._running

    @property
    def is_inside(self) -> bool:
        """Whether the calling thread has the turn, or acts for the fiber that has it."""
        return getattr(self._of_thread, "is_inside", False)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Take part while the block runs; nothing happens besides it until it waits."""
        if self.is_inside or self._closed:
            yield
            return
        self._enter(_Fiber(name, is_visitor=True))
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Act for the fiber that has the turn, which waits for what this thread does."""
        with self._lock:
            has_somebody = self._running is not None
        if not has_somebody:
            with self.turn("a call"):
                yield
            return
        before = self.is_inside
        self._of_thread.is_inside = True
        try:
            yield
        finally:
            self._of_thread.is_inside = before

    @contextmanager
    def held(self) -> Iterator[None]:
        """Give others their turns while the block runs in real time, but let no time pass."""
        with self._lock:
            self._holds += 1
        try:
            with self._outside():
                yield
        finally:
            with self._lock:
                self._holds -= 1

    @contextmanager
    def released(self) -> Iterator[None]:
        """Let time go on while the block runs in real time."""
        with self._outside():
            yield

    def keep_pace_from_now(self) -> None:
        """Forget how much real time has passed so far."""
        with self._lock:
            self._paced_from = (self._now, time.monotonic())

    def keep_pace(self, speed: float) -> None:
        """Go on at another speed, in simulated seconds per real second; there must be one."""
        with self._lock:
            self._paced_from = (self._paced_now(), time.monotonic())
            self.speed = speed
            self._pace_changed.notify_all()

    def jump(self) -> None:
        """Let the next moment at which anything is due come at once."""
        with self._lock:
            moment = self._next_moment()
            if moment is not None:
                self._paced_from = (max(moment, self._paced_now()), time.monotonic())
                self._pace_changed.notify_all()

    def next_due(self) -> float | None:
        """Return when anything is due next, in epoch seconds; None if nothing is."""
        with self._lock:
            return self._next_moment()

    def close(self) -> None:
        """End every wait with ClockClosed, and wait for what was running; twice is once."""
        with self._lock:
            self._closed = True
            for wait in list(self._waits):
                self._end(wait, in_time=False)
            for fibers in (self._ready, self._arriving):
                while fibers:
                    fibers.popleft().has_turn.release()
            self._pace_changed.notify_all()
        for thread in self._threads - {threading.current_thread()}:
            thread.join(_SECONDS_TO_END)

    def restart(self) -> None:
        """End whatever waits or is due, and begin at the origin again; the caller keeps its turn.

        Raises RuntimeError if something that was running does not end: the clock stays closed.
        """
        assert self.is_inside
        fiber = self._running
        self.close()
        others = self._threads - {threading.current_thread()}
        if others:
            names = ", ".join(sorted(thread.name for thread in others))
            raise RuntimeError(f"these have not ended: {names}")
        with self._lock:
            self._timers.clear()
            self._ready.clear()
            self._arriving.clear()
            self._running = fiber
            self._now = self.origin
            self._paced_from = (self._now, time.monotonic())
            self._closed = False

    def wait(self, for_what: str, timeout: float | None, register: Callable[[_Wait], None]) -> bool:
        """Pass the turn on until what `register` takes the wait to ends it, or time does.

        Return whether it ended in time. Raises ClockClosed and, to a visitor, DeadlockError.
        """
        with self.turn(for_what):
            with self._lock:
                if self._closed:
                    raise ClockClosed
                fiber = self._running
                assert fiber is not None
                fiber.waits_for = for_what
                wait = _Wait(fiber)
                self._waits.append(wait)
                register(wait)
                if timeout is not None:
                    self._push(
                        self._now + timeout,
                        is_live=lambda: not wait.has_ended,
                        fire=lambda: self._end(wait, in_time=False),
                    )
                self._running = None
                self._proceed()
            fiber.has_turn.acquire()
            if self._closed:
                raise ClockClosed
            if wait.failure is not None:
                raise wait.failure
            return wait.in_time

    def end(self, waits: list[_Wait]) -> None:
        """End waits because what they wait for has come."""
        with self._lock:
            for wait in waits:
                self._end(wait, in_time=True)
            self._proceed()

    @contextmanager
    def _outside(self) -> Iterator[None]:
        with self._lock:
            fiber = self._running
            assert fiber is not None
            assert self.is_inside
            self._of_thread.is_inside = False
            self._running = None
            self._proceed()
        try:
            yield
        finally:
            self._enter(fiber)

    def _enter(self, fiber: _Fiber) -> None:
        with self._lock:
            if not self._closed:
                (self._ready if self.speed is None else self._arriving).append(fiber)
                self._proceed()
            else:
                fiber.has_turn.release()
        fiber.has_turn.acquire()
        self._of_thread.is_inside = True

    def _leave(self) -> None:
        with self._lock:
            self._of_thread.is_inside = False
            self._running = None
            self._proceed()

    def _end(self, wait: _Wait, *, in_time: bool) -> None:
        if wait.has_ended:
            return
        wait.has_ended = True
        wait.in_time = in_time
        self._waits.remove(wait)
        self._ready.append(wait.fiber)

    def _push(
        self, moment: float, *, is_live: Callable[[], bool], fire: Callable[[], object]
    ) -> None:
        heapq.heappush(self._timers, (moment, next(self._numbers), is_live, fire))

    def _next_moment(self) -> float | None:
        """Return when anything is due next, and forget what no longer is."""
        while self._timers:
            moment, _, is_live, _ = self._timers[0]
            if is_live():
                return moment
            heapq.heappop(self._timers)
        return None

    def _proceed(self) -> None:
        """Give the turn to the next fiber, if none has it; let time jump if none is ready.

        With a speed, what is due and who arrives take turns, so that neither holds up the other.
        """
        while self._running is None and not self._closed:
            if self._ready:
                self._give_turn(self._ready)
                return
            if self._arriving and (self._is_arrivals_turn or not self._is_due()):
                self._is_arrivals_turn = False
                self._catch_up()
                self._give_turn(self._arriving)
                return
            if self._holds:
                return
            moment = self._next_moment()
            if moment is None:
                self._report_deadlock()
                return
            if self._real_seconds_until(moment) > 0:
                self._pace_changed.notify_all()
                return
            *_, fire = heapq.heappop(self._timers)
            self._now = max(self._now, moment)
            self._is_arrivals_turn = True
            fire()

    def _give_turn(self, fibers: deque[_Fiber]) -> None:
        self._running = fibers.popleft()
        self._running.has_turn.release()

    def _is_due(self) -> bool:
        """Return whether something should have happened by now."""
        moment = self._next_moment()
        return moment is not None and not self._holds and self._real_seconds_until(moment) <= 0

    def _report_deadlock(self) -> None:
        visitor = next((wait for wait in self._waits if wait.fiber.is_visitor), None)
        if visitor is not None:
            waits = (f"{wait.fiber.name}: waits for {wait.fiber.waits_for}" for wait in self._waits)
            visitor.failure = DeadlockError("nothing is due any more; " + "; ".join(waits))
            self._end(visitor, in_time=False)
            self._proceed()

    def _real_seconds_until(self, moment: float) -> float:
        if self.speed is None:
            return 0.0
        virtual, real = self._paced_from
        return real + (moment - virtual) / self.speed - time.monotonic()

    def _catch_up(self) -> None:
        """Let somebody who arrives find the time that has passed by then."""
        if self.speed is None or self._holds:
            return
        passed, due = self._paced_now(), self._next_moment()
        self._now = max(self._now, passed if due is None else min(passed, due))

    def _paced_now(self) -> float:
        """Return the time that has passed by the speed, whatever has happened by then."""
        virtual, real = self._paced_from
        return virtual + (time.monotonic() - real) * (self.speed or 0.0)

    def _keep_pace(self) -> None:
        with self._lock:
            while not self._closed:
                self._proceed()
                moment = self._next_moment()
                seconds = (
                    self._real_seconds_until(moment)
                    if moment is not None and self._running is None and not self._holds
                    else None
                )
                self._pace_changed.wait(
                    None if seconds is None else min(max(seconds, 0.0), threading.TIMEOUT_MAX)
                )


class Event:
    """A `threading.Event` whose `wait` passes in simulated time."""

    def __init__(self, clock: VirtualClock, name: str = "an event") -> None:
        self._clock = clock
        self._name = name
        self._is_set = False
        self._waits: list[_Wait] = []

    def is_set(self) -> bool:
        """Return whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Set it, and end the waits for it."""
        self._is_set = True
        waits, self._waits = self._waits, []
        self._clock.end(waits)

    def clear(self) -> None:
        """Unset it."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set or simulated seconds have passed; return whether it is set."""
        if self._is_set:
            return True
        return self._clock.wait(self._name, timeout, self._waits.append)


class Thread:
    """A `threading.Thread` that takes part."""

    def __init__(
        self,
        target: Callable[..., object],
        args: tuple[object, ...] = (),
        *,
        clock: VirtualClock,
        name: str = "",
        daemon: bool = True,
    ) -> None:
        """Prepare; as with every thread that takes part, `daemon` has no effect."""
        del daemon
        self.native_id = None
        self._target = target
        self._args = args
        self._clock = clock
        self._name = name or getattr(target, "__qualname__", "thread")
        self._ended = Event(clock, f"the end of {self._name}")

    def start(self) -> None:
        """Start it."""
        self._clock.start(self._name, self._run)

    def is_alive(self) -> bool:
        """Return whether it has not ended; it must have been started."""
        return not self._ended.is_set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most a number of simulated seconds."""
        self._ended.wait(timeout)

    def _run(self) -> None:
        try:
            self._target(*self._args)
        finally:
            self._ended.set()
