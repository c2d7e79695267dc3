"""What the functions meet: settings, and AWS as fakes."""

from __future__ import annotations

import warnings
from functools import partial

import pytest

from lambdas.campaigns import reconcile_campaigns
from lambdas.exports import clean_up as clean_up_of_exports
from lambdas.exports import reconcile_export
from lambdas.exports.started import StartedExports
from lambdas.requests import plan_clean_up
from lambdas.requests.executions import Executions
from tests.unit.fake_executions import FakeClaims, FakeExecutions
from tests.unit.fake_snapshots import FakeSnapshots
from tests.unit.fakes import (
    FakeCampaigns,
    FakeExports,
    FakeFiles,
    FakeTable,
)
from tests.unit.handlers.functions import (
    SETTINGS,
)


@pytest.fixture(autouse=True)
def _function_settings(monkeypatch, manual_clock):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def uncounted() -> None:
    """Calls of a fake are not counted, so that a pass publishes nothing; lasts for one test."""
    warnings.filterwarnings("ignore", "No application metrics to publish")


@pytest.fixture
def campaigns(monkeypatch, uncounted) -> FakeCampaigns:
    fake = FakeCampaigns()
    monkeypatch.setattr(reconcile_campaigns, "Campaigns", lambda _version: fake)
    return fake


@pytest.fixture
def table(monkeypatch) -> FakeTable:
    """The coordination table, as every function meets it."""
    fake = FakeTable()
    for module in (clean_up_of_exports, reconcile_export):
        started = partial(StartedExports, connect=lambda _service: fake)
        monkeypatch.setattr(module, "StartedExports", started)
    monkeypatch.setattr(plan_clean_up, "OutcomeClaims", FakeClaims())
    return fake


@pytest.fixture
def executions(monkeypatch) -> FakeExecutions:
    """What Step Functions returns of executions."""
    fake = FakeExecutions()
    monkeypatch.setattr(
        plan_clean_up, "Executions", partial(Executions, connect=lambda _service: fake)
    )
    return fake


@pytest.fixture
def rds(monkeypatch, uncounted, table) -> FakeExports:
    fake = FakeExports()
    monkeypatch.setattr(reconcile_export, "ExportFiles", lambda _bucket: FakeFiles())
    monkeypatch.setattr(reconcile_export, "Exports", lambda *_args, **_kwargs: fake)
    monkeypatch.setattr(reconcile_export, "Snapshots", lambda _account: FakeSnapshots())
    return fake
