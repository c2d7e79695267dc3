"""The `details` of an export in the outcome."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from lambdas.shared.model import Internal


class ExportAttempt(Internal):
    """One export task of a job that has attempted several.

    Attributes:
        status: RDS's word.
        failure_cause: RDS's text, shortened.
    """

    export_task_identifier: str
    status: str
    failure_cause: str | None


class ExportDetails(Internal):
    """The export task of a job.

    Attributes:
        adopted: whether this job did not start it.
        attempts: all tasks of the job, if there was more than one.
    """

    export_task_identifier: str
    adopted: bool
    s3_location: str
    percent_progress: int
    total_extracted_gb: int
    failure_cause: str | None
    attempts: tuple[ExportAttempt, ...] = ()

    def as_payload(self) -> dict[str, Any]:
        """Return the details, without the attempts if there was only one."""
        return self.model_dump(mode="json", exclude_defaults=True)


class TableResult(TypedDict):
    """What an export's files say about one table."""

    table: str | None
    status: str | None
    size_gb: NotRequired[float]


class FileDetails(TypedDict):
    """What an export's files say about it.

    Attributes:
        pointer: the key of the pointer that points to it now, None if that points to a newer
            export or could not be replaced.
    """

    files_found: bool
    files_status: str | None
    table_results: tuple[TableResult, ...]
    tables_counted: int
    tables_not_complete: int
    pointer: NotRequired[str | None]
