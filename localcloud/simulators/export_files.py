"""The objects that a completed export writes to its bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from localcloud.simulators.exports import Export
from localcloud.world import source_name

PutObject = Callable[[str, str, bytes], None]

# A Parquet file begins and ends with these magic bytes; the project reads no more of it.
_PARQUET = b"PAR1PAR1"


def export_files(export: Export) -> Iterator[tuple[str, bytes]]:
    """Yield key and content of each object; the summary with the status COMPLETE comes last.

    Layout: RDS user guide, file naming convention for exports. AWS does not document the content of
    the JSON files; they have the fields that public code reads.
    """
    parameters = export.parameters
    folder = f"{parameters.prefix.strip('/')}/{parameters.export_id}".lstrip("/")
    tables = _tables(export)
    for table in tables:
        database, _, name = table.partition(".")
        batch = f"{folder}/{database}/{name}/1"
        yield f"{batch}/part-00000-{parameters.export_id}.gz.parquet", _PARQUET
        yield f"{batch}/_SUCCESS", b""
    yield (
        f"{folder}/export_tables_info_{parameters.export_id}_from_1_to_{len(tables)}.json",
        _json({"perTableStatus": [{"target": table, "status": "COMPLETE"} for table in tables]}),
    )
    yield (
        f"{folder}/export_info_{parameters.export_id}.json",
        _json(
            {
                "exportTaskIdentifier": parameters.export_id,
                "sourceArn": parameters.source_arn,
                "status": "COMPLETE",
                "percentProgress": 100,
                "totalExportedDataInGB": int(export.course.size_gb),
                "exportedFilesPath": folder,
            }
        ),
    )


def _tables(export: Export) -> list[str]:
    """Return `database.table` or `database.schema.table` of all that was exported."""
    name = source_name(export.parameters.source_arn).replace(":", "-")
    wanted = export.parameters.export_only or (name,)
    return [item if "." in item else f"{item}.public.items" for item in wanted]


def _json(document: object) -> bytes:
    return json.dumps(document).encode()
