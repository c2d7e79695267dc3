"""Unit tests meet no network, no waiting and no clock but their own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from lambdas.campaigns import clean_up as clean_up_of_campaigns
from lambdas.campaigns import reconcile_campaigns
from lambdas.campaigns import resolve as resolve_campaigns
from lambdas.shared import clock
from lambdas.shared.observability import metrics
from lambdas.snapshots import clean_up as clean_up_of_snapshots
from tests.unit.builders import NOW
from tests.unit.fake_moves import FakeMoves


@dataclass
class ManualClock:
    """Advances when a test says so, and by what is slept."""

    time: float = NOW
    slept: list[float] = field(default_factory=list)
    during_sleep: Callable[[], object] = lambda: None

    def advance(self, seconds: float) -> None:
        self.time += seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.during_sleep()
        self.advance(seconds)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a unit test opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def _no_real_sleep(monkeypatch):
    monkeypatch.setattr(clock, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))


@pytest.fixture(autouse=True)
def _no_metrics_of_others() -> Iterator[None]:
    metrics.clear_metrics()
    yield
    metrics.clear_metrics()


@pytest.fixture(autouse=True)
def _no_snapshots_left_behind(monkeypatch):
    """A clean-up asks every kind what is left; only the tests of snapshots answer for these."""
    none = SimpleNamespace(of=lambda _execution_arn: ())
    monkeypatch.setattr(clean_up_of_snapshots, "CreatedSnapshots", lambda _table: none)


@pytest.fixture
def manual_clock(monkeypatch) -> ManualClock:
    manual = ManualClock()
    monkeypatch.setattr(clock, "now", lambda: manual.time)
    monkeypatch.setattr(clock, "sleep", manual.sleep)
    return manual


@pytest.fixture(autouse=True)
def moves(monkeypatch) -> FakeMoves:
    """The notes about campaigns, empty at first."""
    fake = FakeMoves()
    for module in (clean_up_of_campaigns, reconcile_campaigns, resolve_campaigns):
        monkeypatch.setattr(module, "Moves", lambda _table: fake)
    return fake
