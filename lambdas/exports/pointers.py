"""Writes the pointers to the latest exports, each with one conditional PutObject."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from lambdas.exports.decisions import ExportTask
from lambdas.exports.pointer import (
    Pointer,
    Source,
    Table,
    pointer_to,
    source_without_database,
)
from lambdas.exports.progress import folder
from lambdas.exports.snapshots import Snapshots
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import (
    ConflictException,
    PreconditionFailedException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ServiceUnavailableException,
)
from lambdas.shared.observability import logger

MAX_WRITES: Final = 3
"""In one pass. Each further one means that another export has replaced the pointer meanwhile."""

MAX_LISTINGS: Final = 100
"""Pages of up to 1,000 folders; a hundred take a few seconds."""


class Pointed(NamedTuple):
    """The pointer after an export.

    Attributes:
        key: of the pointer, None if it does not point to the export.
        warnings: what a person should know of it.
    """

    key: str | None = None
    warnings: tuple[str, ...] = ()


class _Current(NamedTuple):
    """A pointer as it was read; None if it is not one."""

    etag: str
    pointer: Pointer | None


class Pointers:
    """The pointers in the stack's bucket."""

    def __init__(
        self,
        bucket: str,
        prefix: str,
        key_arn: str,
        *,
        snapshots: Snapshots,
        connect: Callable[[str], Any] = client,
    ) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._key_arn = key_arn
        self._s3 = connect("s3")
        self._snapshots = snapshots

    def point_to(self, task: ExportTask, now: float) -> Pointed:
        """Replace the pointer of a COMPLETE export's source, unless it is of a newer export.

        Args:
            task: the export.
            now: epoch seconds.

        Raises:
            TransientError: also when the export's files are not listed, or when other exports
                replaced the pointer as often as it was tried.
            PermanentError: when it will never work.
        """
        source = self._source(task.source_arn)
        pointer = pointer_to(task, source, self._tables(folder(task)), now)
        key = source.key(self._prefix)
        warnings = () if source.is_database else (f"its database is not known; its pointer: {key}",)
        for _ in range(MAX_WRITES):
            current = self._read(key)
            latest = None if current is None else current.pointer
            if latest is not None and not pointer.replaces(latest):
                is_own = latest.export_task_identifier == task.task_id
                return Pointed(key, warnings) if is_own else Pointed()
            if self._write(key, pointer, current):
                logger.info("pointer replaced", pointer=key, export_task=task.task_id)
                return Pointed(key, warnings)
        raise ConflictException("PutObject", "PreconditionFailed", f"{key} keeps being replaced")

    def _source(self, arn: str) -> Source:
        """Return the database of a source; of a snapshot that does not exist, the snapshot."""
        database = self._snapshots.database_of(arn)
        if database is None:
            return source_without_database(arn)
        return Source("cluster" if database.is_cluster else "instance", database.id)

    def _tables(self, prefix: str) -> tuple[Table, ...]:
        """Return what an export wrote: {prefix}{database}/{table}/.

        Source: RDS user guide, 'File naming convention'. The files in which RDS describes an
        export list tables too, but are not documented.
        """
        pages = iter(range(MAX_LISTINGS))
        tables = tuple(
            Table(database=_last(database), table=_last(table), prefix=table)
            for database in self._folders(prefix, pages)
            for table in self._folders(database, pages)
        )
        if not tables:
            raise ServiceUnavailableException("ListObjectsV2", "NoTables", f"none in {prefix}")
        return tables

    def _folders(self, prefix: str, pages: Iterator[int]) -> Iterator[str]:
        more: dict[str, str] = {}
        for _ in pages:
            with api_call("ListObjectsV2"):
                page = self._s3.list_objects_v2(
                    Bucket=self._bucket, Prefix=prefix, Delimiter="/", **more
                )
            yield from (found["Prefix"] for found in page.get("CommonPrefixes", ()))
            if not page.get("NextContinuationToken"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}
        raise ServiceQuotaExceededException("ListObjectsV2", "TooManyTables", f"in {prefix}")

    def _read(self, key: str) -> _Current | None:
        """Return a pointer, None if there is none.

        It is looked up first: S3 answers a read of what does not exist with AccessDenied, unless
        the reader may list the whole bucket.
        """
        with api_call("ListObjectsV2"):
            page = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        if [found["Key"] for found in page.get("Contents", ())] != [key]:
            return None
        try:
            with api_call("GetObject"):
                answer = self._s3.get_object(Bucket=self._bucket, Key=key)
                text = answer["Body"].read()
        except ResourceNotFoundException:
            return None
        try:
            return _Current(answer["ETag"], Pointer.model_validate_json(text))
        except ValidationError:
            logger.warning("not a pointer, and replaced", pointer=key)
            return _Current(answer["ETag"], None)

    def _write(self, key: str, pointer: Pointer, current: _Current | None) -> bool:
        """Write a pointer, if the current one is still the same; return whether it was."""
        condition = {"IfNoneMatch": "*"} if current is None else {"IfMatch": current.etag}
        try:
            with api_call("PutObject"):
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=pointer.model_dump_json(indent=2).encode(),
                    ContentType="application/json",
                    ServerSideEncryption="aws:kms",
                    SSEKMSKeyId=self._key_arn,
                    BucketKeyEnabled=True,
                    **condition,
                )
        except (PreconditionFailedException, ResourceNotFoundException):
            return False
        return True


def _last(folder_: str) -> str:
    return folder_.rstrip("/").rpartition("/")[2]
