"""Decisions about an export, and their names in the tables of the tests."""

from __future__ import annotations

from typing import Any

from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import (
    Decision,
    Destination,
    ExportTask,
    Reached,
    Refuse,
    decide,
)
from lambdas.exports.work import ExportProgress
from tests.unit.builders import (
    DESTINATION,
    NOW,
    export_job,
)

COMPLETE, CANCELED = ExportTarget.COMPLETE, ExportTarget.CANCELED


def decided(
    *tasks: ExportTask,
    target: ExportTarget = COMPLETE,
    progress: ExportProgress | None = None,
    destination: Destination = DESTINATION,
    began_at: float = NOW,
    age: float = 0.0,
    **job: Any,
) -> Decision:
    given = export_job(target, **job)
    return decide(
        tasks, given, progress or ExportProgress(), destination, began_at=began_at, age=age
    )


def own(**fields: Any) -> ExportProgress:
    return ExportProgress(**{"task_id": "any-task", "requested_task_id": "any-task", **fields})


def in_words(decision: Decision) -> str:
    match decision:
        case Reached(_, reason) | Refuse(_, reason):
            return reason.value
        case _:
            return type(decision).__name__.lower()
