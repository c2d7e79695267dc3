"""Reconcile passes over a source's export, against exports that answer strictly."""

from __future__ import annotations

from typing import cast

import pytest

from lambdas.exports.client import Exports
from lambdas.exports.files import ExportFiles
from lambdas.exports.pointers import Pointers
from lambdas.exports.reconcile_export import reconcile
from lambdas.exports.snapshots import Snapshots
from lambdas.exports.started import Notes, StartedExports
from lambdas.exports.work import ExportWork
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.resource_result import Entry
from tests.unit.builders import EXECUTION, carried
from tests.unit.fake_snapshots import FakeSnapshots
from tests.unit.fakes import (
    FakeExports,
    FakeFiles,
    FakeTable,
)
from tests.unit.reconcile_export.passes import (
    ENDS,
    entry_of,
)


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles()


@pytest.fixture
def snapshots() -> FakeSnapshots:
    return FakeSnapshots()


@pytest.fixture
def run_pass(manual_clock, table, files, snapshots):
    """Run one pass, with the work as Step Functions carries it."""

    def run_pass(
        work: ExportWork,
        rds: FakeExports,
        history_events: int = 0,
        pointers: Pointers | None = None,
    ) -> PassResult:
        work = carried(work)
        started = StartedExports(table.NAME, connect=lambda _service: table)
        notes = Notes(work, EXECUTION, started)
        return reconcile(
            work,
            cast(Exports, rds),
            cast(ExportFiles, files),
            notes,
            history_events,
            snapshots=cast(Snapshots, snapshots),
            pointers=pointers,
        )

    return run_pass


@pytest.fixture
def run_to_end(run_pass, manual_clock):
    """Run pass after pass, waiting in between, until the export has ended."""

    def run_to_end(work: ExportWork, rds: FakeExports, most: int = 60) -> Entry:
        for _ in range(most):
            seen = run_pass(work, rds)
            if seen.phase in ENDS:
                return entry_of(seen)
            work = seen.work
            assert seen.wait_seconds >= 1
            manual_clock.advance(seen.wait_seconds)
        raise AssertionError(f"not ended after {most} passes: {work}")

    return run_to_end
