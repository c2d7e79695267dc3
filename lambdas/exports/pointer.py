"""The pointer to a source's latest export, as its readers get it."""

from __future__ import annotations

from typing import Final, NamedTuple

from lambdas.exports.contract import SOURCE_ARN
from lambdas.exports.decisions import ExportTask
from lambdas.exports.progress import folder
from lambdas.shared.model import Internal
from lambdas.shared.texts import timestamp

FOLDER: Final = "latest"
"""Of all pointers, below the stack's prefix of exports."""


class Source(NamedTuple):
    """What an export is of.

    Attributes:
        kind: instance or cluster; snapshot, if its database is not known.
        name: its identifier.
    """

    kind: str
    name: str

    @property
    def is_database(self) -> bool:
        """Whether the next snapshots of the database have the same pointer."""
        return self.kind != "snapshot"

    def key(self, prefix: str) -> str:
        """Return the key of its pointer, for a prefix of exports."""
        return "/".join(part for part in (prefix, FOLDER, self.kind, f"{self.name}.json") if part)


class Table(Internal):
    """A table of an export.

    Attributes:
        database: as RDS writes it into the keys.
        table: likewise, such as `public.orders`.
        prefix: of the keys of its data.
    """

    database: str
    table: str
    prefix: str


class Pointer(Internal):
    """The latest COMPLETE export of a source.

    Attributes:
        source: its kind and its name: `instance/shop`.
        source_arn: of the snapshot or cluster that was exported.
        data_at: when the snapshot was taken; of a cluster, when its export started.
        export_task_identifier: of the export.
        started_at: when it started to extract data, None if RDS does not say.
        ended_at: when it ended.
        bucket: in which it is.
        prefix: of all its keys.
        export_only: what was to be exported, everything if empty.
        tables: what was exported.
        warning: RDS's, such as about tables that were skipped.
    """

    source: str
    source_arn: str
    data_at: str
    export_task_identifier: str
    started_at: str | None
    ended_at: str
    bucket: str
    prefix: str
    export_only: tuple[str, ...]
    tables: tuple[Table, ...]
    warning: str | None

    def replaces(self, current: Pointer) -> bool:
        """Return whether it has newer data; of the same data, whether it was exported later."""
        return (self.data_at, self.ended_at) > (current.data_at, current.ended_at)


def pointer_to(task: ExportTask, source: Source, tables: tuple[Table, ...], now: float) -> Pointer:
    """Return the pointer to a COMPLETE export, at `now` in epoch seconds."""
    ended_at = task.ended_at or now
    return Pointer(
        source="/".join(source),
        source_arn=task.source_arn,
        data_at=timestamp(task.snapshot_at or task.started_at or ended_at),
        export_task_identifier=task.task_id,
        started_at=None if task.started_at is None else timestamp(task.started_at),
        ended_at=timestamp(ended_at),
        bucket=task.bucket,
        prefix=folder(task),
        export_only=task.export_only,
        tables=tables,
        warning=task.warning,
    )


def source_without_database(arn: str) -> Source:
    """Return what the ARN of a source says by itself: a cluster, or a snapshot of some database."""
    found = SOURCE_ARN.fullmatch(arn)
    if found is None:
        return Source("snapshot", arn.rpartition(":")[2])
    kind = "cluster" if found["kind"] == "cluster" else "snapshot"
    return Source(kind, found["name"].lower())
