"""RDS export tasks of snapshots and clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambdas.exports.decisions import Destination, ExportTask
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ResourceNotFoundException


class Exports:
    """The account's export tasks, and the destination of this stack's exports."""

    def __init__(
        self,
        destination: Destination,
        *,
        role_arn: str,
        key_arn: str,
        connect: Callable[[str], Any] = client,
    ) -> None:
        self.destination = destination
        self._role_arn = role_arn
        self._key_arn = key_arn
        self._client = connect("rds")

    def of_source(self, source_arn: str) -> tuple[ExportTask, ...]:
        """Return every task that RDS lists for a source.

        Raises:
            AwsError: when RDS did not answer.
        """
        return self._described(SourceArn=source_arn)

    def find(self, task_id: str) -> ExportTask | None:
        """Return a task, whatever its source.

        Raises:
            AwsError: when RDS did not answer.
        """
        return next(iter(self._described(ExportTaskIdentifier=task_id)), None)

    def running(self) -> tuple[ExportTask, ...]:
        """Return the account's exports that run in this Region, no matter who started them.

        Includes those that are being canceled: whether they take a slot is not documented.

        Raises:
            AwsError: when RDS did not answer.
        """
        running = {"Name": "status", "Values": ["starting", "in_progress", "canceling"]}
        return self._described(Filters=[running])

    def start(self, task_id: str, source_arn: str, export_only: tuple[str, ...]) -> ExportTask:
        """Start an export to this stack's destination.

        Raises:
            AwsError: when RDS did not accept it, or its response was lost.
        """
        optional: dict[str, Any] = {}
        if self.destination.prefix:
            optional["S3Prefix"] = self.destination.prefix
        if export_only:
            optional["ExportOnly"] = list(export_only)
        with api_call("StartExportTask"):
            answer = self._client.start_export_task(
                ExportTaskIdentifier=task_id,
                SourceArn=source_arn,
                S3BucketName=self.destination.bucket,
                IamRoleArn=self._role_arn,
                KmsKeyId=self._key_arn,
                **optional,
            )
        return _task(answer)

    def cancel(self, task_id: str) -> ExportTask:
        """Cancel a task; what it has written to S3 is kept.

        Raises:
            AwsError: when RDS did not accept it, or its response was lost.
        """
        with api_call("CancelExportTask"):
            return _task(self._client.cancel_export_task(ExportTaskIdentifier=task_id))

    def _described(self, **filters: object) -> tuple[ExportTask, ...]:
        """Return what RDS lists; for nothing, it may also return an error."""
        tasks: list[ExportTask] = []
        more: dict[str, str] = {}
        while True:
            try:
                with api_call("DescribeExportTasks"):
                    page = self._client.describe_export_tasks(**filters, **more)
            except ResourceNotFoundException:
                return tuple(tasks)
            tasks += [_task(task) for task in page["ExportTasks"]]
            if not page.get("Marker"):
                return tuple(tasks)
            more = {"Marker": page["Marker"]}


def _task(answer: Mapping[str, Any]) -> ExportTask:
    times = ("TaskStartTime", "TaskEndTime", "SnapshotTime")
    started, ended, snapshot = (answer.get(name) for name in times)
    return ExportTask(
        task_id=answer["ExportTaskIdentifier"],
        source_arn=answer.get("SourceArn", ""),
        status=answer.get("Status", ""),
        bucket=answer.get("S3Bucket", ""),
        prefix=answer.get("S3Prefix", ""),
        export_only=tuple(answer.get("ExportOnly", ())),
        percent=answer.get("PercentProgress", 0),
        started_at=started.timestamp() if started else None,
        ended_at=ended.timestamp() if ended else None,
        extracted_gb=answer.get("TotalExtractedDataInGB", 0),
        failure_cause=answer.get("FailureCause") or None,
        warning=answer.get("WarningMessage") or None,
        snapshot_at=snapshot.timestamp() if snapshot else None,
    )
