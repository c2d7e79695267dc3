"""What an export wrote, as its own files in S3 tell it.

AWS does not document these files; several public readers of them agree on the names used here. So
nothing in them is relied on: what is missing or odd is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lambdas.domain.texts import shorten

MAX_LISTED_BYTES: Final = 1_000
"""Of the tables in an account, as JSON; the rest is counted."""


def info_key(folder: str, task_id: str) -> str:
    """Return the key of the summary that RDS writes for a task."""
    return f"{folder}export_info_{task_id}.json"


def tables_prefix(folder: str, task_id: str) -> str:
    """Return what the keys of the tables' own summaries begin with."""
    return f"{folder}export_tables_info_{task_id}_from_"


def result(info: str | None, tables: Iterable[str]) -> dict[str, Any]:
    """Return what is told of an export's files.

    Args:
        info: the summary's text, None where there is none.
        tables: the texts of the tables' summaries.
    """
    statuses = [status for text in tables for status in _table_statuses(text)]
    listed = list(_listed(statuses))
    summary = _parsed(info)
    return {
        "files_found": info is not None,
        "files_status": _text(summary.get("status")),
        "table_results": tuple(listed),
        "tables_counted": len(statuses),
        "tables_not_complete": sum(status.get("status") != "COMPLETE" for status in statuses),
    }


def _table_statuses(text: str) -> Iterator[dict[str, Any]]:
    rows = _parsed(text).get("perTableStatus")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and (name := _text(row.get("target"))):
            size = row.get("sizeGB")
            told = {"table": name, "status": _text(row.get("status"))}
            yield told | ({"size_gb": size} if isinstance(size, int | float) else {})


def _listed(statuses: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    size = 0
    for status in statuses:
        size += len(json.dumps(status).encode()) + 1
        if size > MAX_LISTED_BYTES:
            return
        yield status


def _parsed(text: str | None) -> Mapping[str, Any]:
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _text(value: object) -> str | None:
    return shorten(value) if isinstance(value, str) else None
