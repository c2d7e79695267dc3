"""Writes the JSON Schemas of requests and outcomes.

`python -m tools.schemas` rewrites docs/schemas/; `python -m tools.schemas --check` only says
whether they are out of date.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from console.schemas import as_text, schemas
from infra.project import ROOT
from tools.generated import update

SCHEMAS: Final = ROOT / "docs" / "schemas"


def wanted() -> dict[Path, str]:
    """Return the contents of the schemas' files."""
    return {
        SCHEMAS / f"{name}.schema.json": f"{as_text(schema)}\n"
        for name, schema in schemas().items()
    }


def out_of_date() -> dict[Path, str]:
    """Return the new contents of the files that are out of date."""
    return {
        path: text
        for path, text in wanted().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrite the files that are out of date, or with --check fail with their names."""
    update("tools.schemas", "Writes the schemas in docs/schemas/.", out_of_date, arguments)


if __name__ == "__main__":
    main()
