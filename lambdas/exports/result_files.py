"""What an export wrote, according to its files in S3.

AWS does not document these files; several public parsers agree on the names used here. So nothing
relies on them: what is missing or malformed is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lambdas.exports.details import FileDetails, TableResult
from lambdas.shared.texts import shorten

MAX_LISTED_BYTES: Final = 1_000
"""Of the tables in an outcome, as JSON; the others are counted."""


def info_key(folder: str, task_id: str) -> str:
    """Return the key of the summary that RDS writes for a task."""
    return f"{folder}export_info_{task_id}.json"


def tables_prefix(folder: str, task_id: str) -> str:
    """Return the prefix of the keys of the tables' summaries."""
    return f"{folder}export_tables_info_{task_id}_from_"


def result(info: str | None, tables: Iterable[str]) -> FileDetails:
    """Return what an export's files say.

    Args:
        info: the summary's text, None if there is none.
        tables: the texts of the tables' summaries.
    """
    rows = [row for text in tables for row in _rows(text)]
    summary = _parsed(info)
    return {
        "files_found": info is not None,
        "files_status": _text(summary.get("status")),
        "table_results": tuple(_listed(rows)),
        "tables_counted": len(rows),
        "tables_not_complete": sum(row.get("status") != "COMPLETE" for row in rows),
    }


def _rows(text: str) -> Iterator[dict[str, Any]]:
    rows = _parsed(text).get("perTableStatus")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("target"), str) and row["target"]:
            yield row


def _listed(rows: Iterable[dict[str, Any]]) -> Iterator[TableResult]:
    size = 0
    for row in rows:
        listed: TableResult = {"table": _text(row["target"]), "status": _text(row.get("status"))}
        size_gb = row.get("sizeGB")
        if isinstance(size_gb, int | float):
            listed["size_gb"] = size_gb
        size += len(json.dumps(listed).encode()) + 1
        if size > MAX_LISTED_BYTES:
            return
        yield listed


def _parsed(text: str | None) -> Mapping[str, Any]:
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _text(value: object) -> str | None:
    return shorten(value) if isinstance(value, str) else None
