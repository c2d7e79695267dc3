"""The exports that an execution's jobs have started, in the coordination table.

One item for each job and task: two jobs of one request may request the same task, of which only
one has started it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from lambdas.exports.work import ExportWork
from lambdas.shared import clock, items
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import AwsError
from lambdas.shared.observability import logger
from lambdas.shared.partitions import Partitions

KEPT_AFTER_DEADLINE: Final = 86_400
"""Seconds: longer than a clean-up may be delayed."""


class StartedExport(NamedTuple):
    """An export task that a job is about to start, or has started.

    Attributes:
        job: what the outcome calls the job.
        cancel_on_abort: whether it must not outlive its execution.
    """

    task_id: str
    source_arn: str
    job: str
    cancel_on_abort: bool


class StartedExports:
    """The notes in the table about what executions have started."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._partitions = Partitions(table, connect)
        self._dynamodb = connect("dynamodb")

    def record(self, execution_arn: str, export: StartedExport, *, expires_at: float) -> bool:
        """Note an export, before it is started; return whether the job had noted it already.

        Args:
            execution_arn: the request's.
            export: the export to note.
            expires_at: epoch seconds.

        Raises:
            AwsError: when it could not be noted.
        """
        with api_call("PutItem"):
            answer = self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    **_key(execution_arn, export.job, export.task_id),
                    items.SOURCE_ARN: {"S": export.source_arn},
                    items.CANCEL_ON_ABORT: {"BOOL": export.cancel_on_abort},
                    **items.expiry(expires_at),
                },
                ReturnValues="ALL_OLD",
            )
        return "Attributes" in answer

    def holds(self, execution_arn: str, job: str, task_id: str) -> bool:
        """Return whether a job has noted an export.

        Raises:
            AwsError: when the table did not answer.
        """
        with api_call("GetItem"):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=_key(execution_arn, job, task_id), ConsistentRead=True
            )
        return "Item" in answer

    def forget(self, execution_arn: str, job: str, task_id: str) -> None:
        """Delete a job's note about an export that it has not started after all.

        Raises:
            AwsError: when it could not be deleted.
        """
        with api_call("DeleteItem"):
            self._dynamodb.delete_item(TableName=self._table, Key=_key(execution_arn, job, task_id))

    def of_execution(self, execution_arn: str) -> tuple[StartedExport, ...]:
        """Return what an execution's jobs have started.

        Raises:
            AwsError: when the table did not answer.
        """
        found = self._partitions.read_partition(_partition(execution_arn))
        return tuple(_export(item) for item in found)

    def to_cancel(self, execution_arn: str) -> tuple[StartedExport, ...]:
        """Return what must not outlive an execution; a task that two jobs noted is listed twice.

        Raises:
            AwsError: when the table did not answer.
        """
        return tuple(
            export for export in self.of_execution(execution_arn) if export.cancel_on_abort
        )


class Notes:
    """One job's notes about what it starts, for its later passes and for a clean-up.

    If nothing would be canceled because of them, they only say whether an export was adopted; then
    an error of the table does not fail the job.
    """

    def __init__(self, work: ExportWork, execution_arn: str, started: StartedExports) -> None:
        self._work = work
        self._execution_arn = execution_arn
        self._started = started
        self._needed = "cancel" in (work.job.on_abort, work.job.on_deadline)

    def record(self, task_id: str) -> bool:
        """Note a task before it is started; return whether it was noted already."""
        work = self._work
        export = StartedExport(task_id, work.job.arn, work.job_label, work.job.on_abort == "cancel")
        expires_at = clock.now() + work.deadline_seconds + KEPT_AFTER_DEADLINE
        with self._as_far_as_needed():
            return self._started.record(self._execution_arn, export, expires_at=expires_at)
        return False

    def holds(self, task_id: str) -> bool:
        """Return whether this job has noted a task as started by it."""
        with self._as_far_as_needed():
            return self._started.holds(self._execution_arn, self._work.job_label, task_id)
        return False

    def forget(self, task_id: str) -> None:
        """Delete the note about a task that was not started after all, or that has ended."""
        with self._as_far_as_needed():
            self._started.forget(self._execution_arn, self._work.job_label, task_id)

    @contextmanager
    def _as_far_as_needed(self) -> Iterator[None]:
        """Raise an error of the table only if something would be canceled because of the notes.

        Raises:
            AwsError: when the table did not answer.
        """
        try:
            yield
        except AwsError as error:
            if self._needed:
                raise
            logger.warning("started exports are not noted", error=str(error))


def _partition(execution_arn: str) -> str:
    return items.STARTED_EXPORT.partition.format(execution_arn=execution_arn)


def _key(execution_arn: str, job: str, task_id: str) -> items.Attributes:
    return items.STARTED_EXPORT.key(execution_arn=execution_arn, job=job, task_id=task_id)


def _export(item: items.Attributes) -> StartedExport:
    job, _, task_id = item[items.SORT_KEY]["S"].partition("#")
    cancel_on_abort = item[items.CANCEL_ON_ABORT]["BOOL"]
    return StartedExport(task_id, item[items.SOURCE_ARN]["S"], job, cancel_on_abort)
