"""No text of the project uses a word that docs/glossary.md replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
GLOSSARY: Final = ROOT / "docs" / "glossary.md"

THIS_FILE: Final = Path(__file__)
"""Quotes words that it must find."""

SEARCHED: Final = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs",
    "examples",
    "bench",
    "commandline",
    "console",
    "infra",
    "lambdas",
    "localcloud",
    "tests",
    "tools",
)
"""Files, and directories with all that is in them."""

_HEADING: Final = "## Words we do not use\n"


class Banned(NamedTuple):
    """One row of the glossary's table."""

    patterns: tuple[str, ...]
    instead: str
    exceptions: tuple[str, ...]


def banned() -> list[Banned]:
    _, _, section = GLOSSARY.read_text("utf-8").partition(_HEADING)
    table, _, _ = section.partition("\n## ")
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    return [_row(*re.split(r"(?<!\\)\|", row)[1:-1]) for row in rows]


def _row(patterns: str, instead: str, exceptions: str) -> Banned:
    return Banned(_patterns(patterns), instead.strip(), _patterns(exceptions))


def _patterns(cell: str) -> tuple[str, ...]:
    return tuple(
        rf"\b(?:{code})\b".replace(r"\|", "|").replace(" ", r"\s+")
        for code in re.findall("`([^`]+)`", cell)
    )


def words_of(text: str) -> str:
    """Return a text whose identifiers are split into words, on the same lines."""
    return re.sub(r"_|(?<=[a-z0-9])(?=[A-Z])", " ", text)


def found(text: str, words: list[Banned]) -> Iterator[str]:
    """Yield `line: match; write …` for each banned word in a text."""
    split = words_of(text)
    for entry in words:
        allowed = [match.span() for skip in entry.exceptions for match in _all(skip, split)]
        for pattern in entry.patterns:
            read = text if "_" in pattern else split
            for match in _all(pattern, read):
                start, end = match.span()
                if not any(first <= start and end <= last for first, last in allowed):
                    line = read.count("\n", 0, start) + 1
                    yield f"{line}: {match[0]!r}; write {entry.instead}"


def _all(pattern: str, text: str) -> Iterator[re.Match[str]]:
    return re.finditer(pattern, text, re.IGNORECASE)


def searched() -> list[Path]:
    roots = [ROOT / name for name in SEARCHED]
    files = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*"))]
    return sorted(path for path in files if _is_searched(path) and path != THIS_FILE)


def _is_searched(path: Path) -> bool:
    name = path.relative_to(ROOT)
    skipped = "__pycache__" in name.parts or "vendor" in name.parts  # others' words
    return not skipped and path.is_file() and _is_text(path)


def _is_text(path: Path) -> bool:
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read(path: Path) -> str:
    text = path.read_text("utf-8")
    if path == GLOSSARY:
        text, _, _ = text.partition(_HEADING)
    return text


@pytest.mark.parametrize("path", searched(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_banned_word_is_used(path: Path) -> None:
    assert list(found(read(path), banned())) == []


def test_everything_that_is_searched_exists() -> None:
    assert [name for name in SEARCHED if not (ROOT / name).exists()] == []


def test_every_banned_word_has_a_replacement_that_is_not_banned() -> None:
    assert len(banned()) > 20
    for entry in banned():
        assert entry.patterns
        assert entry.instead
        assert list(found(entry.instead, banned())) == []


@pytest.mark.parametrize(
    "text",
    [
        "It looks first.",
        "can\nnot",
        "AwaitNextLook",
        "LOOKS_PER_BATCH",
        "Hands its role to RDS",
        "the full account",
        "previous_state",
        "let_wake_waiters",
    ],
)
def test_finds_a_banned_word(text: str) -> None:
    assert len(list(found(text, banned()))) == 1


@pytest.mark.parametrize(
    "text",
    ["Look up the ARN.", "removed", "an AWS account", "by hand", "outlook", "the previous state"],
)
def test_skips_words_that_are_fine(text: str) -> None:
    assert list(found(text, banned())) == []
