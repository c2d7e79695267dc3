"""The exports that an ended execution has left behind."""

from __future__ import annotations

from collections import defaultdict

from lambdas.exports.contract import ExportTarget
from lambdas.exports.started import StartedExport, StartedExports
from lambdas.exports.work import ExportProgress, ExportSpec, ExportWork
from lambdas.jobs.left_behind import LeftBehind
from lambdas.shared.environment import COORDINATION_TABLE, setting


def left_behind(execution_arn: str) -> tuple[LeftBehind, ...]:
    """Return the exports that must not outlive an execution, with the work that cancels each.

    Raises:
        AwsError: when the table did not answer.
    """
    notes: dict[str, list[StartedExport]] = defaultdict(list)
    for note in StartedExports(setting(COORDINATION_TABLE)).to_cancel(execution_arn):
        notes[note.task_id].append(note)
    return tuple(
        LeftBehind({task_id: tuple(note.job for note in of_task)}, cancel_work(of_task[-1]))
        for task_id, of_task in notes.items()
    )


def cancel_work(export: StartedExport) -> ExportWork:
    """Return the work that cancels one export task, and no other one of its source."""
    return ExportWork(
        kind="export",
        key="",
        job_label=export.job,
        job=ExportSpec(source_arn=export.source_arn, target=ExportTarget.CANCELED),
        progress=ExportProgress(requested_task_id=export.task_id, never_adopts=True),
    )
