"""What the outcome tells of an export besides what it tells of every resource."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from lambdas.shared.model import Internal


class ExportAttempt(Internal):
    """One export task of a job that may start several.

    Attributes:
        status: RDS's word.
        failure_cause: RDS's words, cut.
    """

    export_task_identifier: str
    status: str
    failure_cause: str | None


class ExportDetails(Internal):
    """What is told of the export task that a job is about.

    Attributes:
        adopted: whether somebody else has started it.
        attempts: all tasks of the job, where there was more than one.
    """

    export_task_identifier: str
    adopted: bool
    s3_location: str
    percent_progress: int
    total_extracted_gb: int
    failure_cause: str | None
    attempts: tuple[ExportAttempt, ...] = ()

    def as_payload(self) -> dict[str, Any]:
        """Return what is told, without the attempts where there was but one."""
        return self.model_dump(mode="json", exclude_defaults=True)


class TableResult(TypedDict):
    """What an export's files tell of one table."""

    table: str | None
    status: str | None
    size_gb: NotRequired[float]


class FileDetails(TypedDict):
    """What is told of an export by its own files."""

    files_found: bool
    files_status: str | None
    table_results: tuple[TableResult, ...]
    tables_counted: int
    tables_not_complete: int
