"""One pass for a snapshot after the other, against an account that answers strictly."""

from __future__ import annotations

import pytest

from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.snapshots.created import CreatedSnapshots
from lambdas.snapshots.reconcile_snapshot import Notes, reconcile
from lambdas.snapshots.work import SnapshotWork
from tests.unit.builders import EXECUTION, carried
from tests.unit.fake_rds_snapshots import FakeRds
from tests.unit.fakes import FakeTable


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def created(table) -> CreatedSnapshots:
    return CreatedSnapshots(table.NAME, connect={"dynamodb": table}.__getitem__)


@pytest.fixture
def rds(manual_clock) -> FakeRds:
    databases = {("db", "shop"): "available", ("cluster", "shop"): "available"}
    return FakeRds(now=lambda: manual_clock.time, databases=databases)


@pytest.fixture
def run_pass(rds, created, manual_clock):
    """Run one pass, with the work as Step Functions carries it."""

    def run_pass(work: SnapshotWork) -> PassResult:
        work = carried(work).of_execution(EXECUTION)
        return reconcile(work, rds.client(), Notes(EXECUTION, created), 0)

    return run_pass


@pytest.fixture
def run(run_pass, manual_clock):
    """Run passes until the last one, waiting in between, and return the result and the phases."""

    def run(work: SnapshotWork, most: int = 200) -> tuple[Entry, list[Phase]]:
        phases = []
        for _ in range(most):
            result = run_pass(work)
            phases.append(result.phase)
            if result.entries:
                (entry,) = result.entries
                return entry, phases
            assert result.work is not None
            assert result.wait_seconds >= 1
            work = result.work
            manual_clock.advance(result.wait_seconds)
        raise AssertionError(f"not ended after {most} passes: {work}")

    return run
