"""Which exports an execution has started that must not outlive it, in the coordination table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from lambdas import clock
from lambdas.aws.calls import api_call
from lambdas.aws.client import client
from lambdas.domain.work import ExportWork

KEPT_AFTER_DEADLINE: Final = 86_400
"""Seconds: longer than a clean-up may come late."""


class StartedExport(NamedTuple):
    """An export task, and the source it exports."""

    task_id: str
    source_arn: str
    job: str = ""


class StartedExports:
    """One item per execution and task."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._dynamodb = connect("dynamodb")

    def record(self, execution_arn: str, export: StartedExport, *, expires_at: float) -> None:
        """Note an export, before it is started; `expires_at` is in epoch seconds.

        Raises:
            AwsError: when it could not be noted; then it must not be started.
        """
        with api_call("PutItem"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    **_key(execution_arn, export.task_id),
                    "source_arn": {"S": export.source_arn},
                    "expires_at": {"N": str(int(expires_at))},
                },
            )

    def forget(self, execution_arn: str, task_id: str) -> None:
        """Take a note back, of an export that this execution has not started after all.

        Raises:
            AwsError: when it could not be taken back.
        """
        with api_call("DeleteItem"):
            self._dynamodb.delete_item(TableName=self._table, Key=_key(execution_arn, task_id))

    def of(self, execution_arn: str) -> tuple[StartedExport, ...]:
        """Return what an execution has started: at most as many as a request may hold.

        Raises:
            AwsError: when the table did not answer.
        """
        with api_call("Query"):
            page = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :execution",
                ExpressionAttributeValues={":execution": _key(execution_arn, "")["pk"]},
                ConsistentRead=True,
            )
        return tuple(
            StartedExport(item["sk"]["S"], item["source_arn"]["S"]) for item in page["Items"]
        )


class Notes:
    """Notes which exports a clean-up has to cancel, should this request be aborted."""

    def __init__(self, work: ExportWork, execution_arn: str, started: StartedExports) -> None:
        self._work = work
        self._execution_arn = execution_arn
        self._started = started
        self._wanted = work.job.on_abort == "cancel"

    def record(self, task_id: str) -> None:
        """Note a task that is about to be started."""
        if self._wanted:
            export = StartedExport(task_id, self._work.job.source_arn)
            expires_at = clock.now() + self._work.deadline_seconds + KEPT_AFTER_DEADLINE
            self._started.record(self._execution_arn, export, expires_at=expires_at)

    def forget(self, task_id: str) -> None:
        """Take back the note of a task that was not started by this request after all."""
        if self._wanted:
            self._started.forget(self._execution_arn, task_id)


def _key(execution_arn: str, task_id: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"started#{execution_arn}"}, "sk": {"S": task_id}}
