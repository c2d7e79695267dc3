"""One look at a source's export after the other, against exports that answer strictly."""

from __future__ import annotations

from typing import cast

import pytest

from lambdas.exports.client import Exports
from lambdas.exports.files import ExportFiles
from lambdas.exports.reconcile_export import reconcile
from lambdas.exports.snapshots import Snapshots
from lambdas.exports.started import Notes, StartedExports
from lambdas.exports.work import ExportWork
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.resource_result import Entry
from tests.unit.builders import EXECUTION, carried
from tests.unit.export_looks import (
    ENDS,
    entry_of,
)
from tests.unit.fake_snapshots import FakeSnapshots
from tests.unit.fakes import (
    FakeExports,
    FakeFiles,
    FakeTable,
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
def look(hand_clock, table, files, snapshots):
    """Take one look, with the work as Step Functions carries it."""

    def look(work: ExportWork, rds: FakeExports, history_events: int = 0) -> PassResult:
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
        )

    return look


@pytest.fixture
def settle(look, hand_clock):
    """Look again and again, waiting in between, until the export is settled."""

    def settle(work: ExportWork, rds: FakeExports, most: int = 60) -> Entry:
        for _ in range(most):
            seen = look(work, rds)
            if seen.phase in ENDS:
                return entry_of(seen)
            work = seen.work
            assert seen.wait_seconds >= 1
            hand_clock.move(seen.wait_seconds)
        raise AssertionError(f"not settled after {most} looks: {work}")

    return settle
