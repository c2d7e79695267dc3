"""The files in which RDS describes an export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lambdas.exports.details import FileDetails
from lambdas.exports.result_files import info_key, result, tables_prefix
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import AwsError
from lambdas.shared.observability import logger

MAX_TABLE_FILES: Final = 20
"""Summaries of tables that are read; an outcome lists only the first tables anyway."""


class ExportFiles:
    """The descriptions of exports in the stack's bucket."""

    def __init__(self, bucket: str, connect: Callable[[str], Any] = client) -> None:
        self._bucket = bucket
        self._s3 = connect("s3")

    def collect(self, folder: str, task_id: str) -> FileDetails:
        """Return what an export's files say; an error does not fail the export.

        Args:
            folder: the export's folder in the bucket, with its final slash.
            task_id: its identifier.
        """
        try:
            info = self._read(info_key(folder, task_id))
            keys = self._keys(tables_prefix(folder, task_id))
            return result(info, [self._read(key) for key in keys])
        except AwsError as error:
            logger.warning("export files not read", error=str(error), export_task=task_id)
            return result(None, ())

    def _keys(self, prefix: str) -> list[str]:
        with api_call("ListObjectsV2"):
            page = self._s3.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, MaxKeys=MAX_TABLE_FILES
            )
        return [item["Key"] for item in page.get("Contents", ())]

    def _read(self, key: str) -> str:
        with api_call("GetObject"):
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            return str(answer["Body"].read(), errors="replace")
