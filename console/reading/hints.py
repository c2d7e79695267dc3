"""What docs/troubleshooting.md says about a symptom: the one place where hints are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

PAGE: Final = Path(__file__).parents[2] / "docs" / "troubleshooting.md"

_SECTION: Final = re.compile(r"^## (.+)$", re.MULTILINE)
_ROW: Final = re.compile(r"^\|(?P<symptom>[^|]+)\|(?P<cause>[^|]+)\|(?P<action>[^|]+)\|$")
_WORD: Final = re.compile(r"`([A-Za-z]\w*)`")
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)]+\)")

_SECTION_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"campaigns": "Campaigns", "export": "Exports", "snapshot": "Snapshots"}
)


class Advice(NamedTuple):
    """One row of the page.

    Attributes:
        section: its heading.
        symptom: as written there.
        cause: what it means.
        action: what to do.
    """

    section: str
    symptom: str
    cause: str
    action: str


def advice_on(word: str, kind: str | None = None) -> Advice | None:
    """Return the row about a reason, a phase or an error; that of the kind's section first."""
    rows = _rows().get(word, ())
    preferred = (row for row in rows if row.section == _SECTION_OF.get(kind or ""))
    return next(preferred, rows[0] if rows else None)


@cache
def _rows() -> Mapping[str, tuple[Advice, ...]]:
    """Return the rows by each word in code in their symptoms; none if the page is not there."""
    try:
        text = PAGE.read_text("utf-8")
    except FileNotFoundError:
        return {}
    found: dict[str, list[Advice]] = {}
    for row in _read(text):
        for word in _WORD.findall(row.symptom):
            found.setdefault(word, []).append(row)
    return {word: tuple(rows) for word, rows in found.items()}


def _read(text: str) -> Iterator[Advice]:
    section = ""
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading is not None:
            section = heading[1]
        row = _ROW.match(line)
        if row is not None:
            symptom, cause, action = (_plain(cell) for cell in row.groups())
            yield Advice(section, symptom, cause, action)


def _plain(cell: str) -> str:
    return _LINK.sub(r"\1", cell).strip()
