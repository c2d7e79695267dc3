"""No text of the project uses a word that docs/glossary.md replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
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


@cache
def banned() -> tuple[Banned, ...]:
    _, _, section = GLOSSARY.read_text("utf-8").partition(_HEADING)
    table, _, _ = section.partition("\n## ")
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    return tuple(_row(*re.split(r"(?<!\\)\|", row)[1:-1]) for row in rows)


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


def found(text: str, words: tuple[Banned, ...]) -> Iterator[str]:
    """Yield `line: match; write …` for each banned word in a text."""
    plain, split = text.lower(), words_of(text).lower()
    if not any(any_of(words).search(read) for read in (plain, split)):
        return
    for entry in words:
        allowed = [match.span() for skip in entry.exceptions for match in re.finditer(skip, split)]
        for pattern in entry.patterns:
            read = plain if "_" in pattern else split
            for match in re.finditer(pattern, read):
                start, end = match.span()
                if not any(first <= start and end <= last for first, last in allowed):
                    line = read.count("\n", 0, start) + 1
                    yield f"{line}: {match[0]!r}; write {entry.instead}"


@cache
def any_of(words: tuple[Banned, ...]) -> re.Pattern[str]:
    """Searching a text for all patterns at once takes a twentieth of the time."""
    return re.compile("|".join(pattern for entry in words for pattern in entry.patterns))


def searched(name: str) -> Iterator[tuple[Path, str]]:
    """Yield the files below a root that are texts, and these."""
    root = ROOT / name
    for path in [root] if root.is_file() else sorted(root.rglob("*")):
        others = {"__pycache__", "vendor"}  # not written here
        if path.is_file() and not others.intersection(path.parts) and path != THIS_FILE:
            with suppress(UnicodeDecodeError):
                yield path, path.read_text("utf-8")


@pytest.mark.parametrize("name", SEARCHED)
def test_no_banned_word_is_used(name: str) -> None:
    files = list(searched(name))
    assert files
    assert [
        f"{path.relative_to(ROOT)}:{use}"
        for path, text in files
        for use in found(text.partition(_HEADING)[0] if path == GLOSSARY else text, banned())
    ] == []


def test_every_banned_word_has_a_replacement_that_is_not_banned() -> None:
    assert len(banned()) > 20
    for entry in banned():
        assert entry.patterns
        assert entry.instead
        written = (*entry.patterns, *entry.exceptions)
        assert [pattern for pattern in written if pattern != pattern.lower()] == []
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
