"""What the command line prints. A reader that went away is no reason to fail, or to stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TextIO

from rich.console import Console


def tell(line: str) -> None:
    """Print a line for the person who watches, on standard error, however long it is."""
    _print(line, sys.stderr)


def show(text: str) -> bool:
    """Print a result on standard output; return whether nothing but its reader kept it away."""
    try:
        _print(text, sys.stdout)
    except OSError as error:
        _abandon(sys.stdout)
        tell(f"localcloud: standard output: {error.strerror}")
        return False
    return True


def terminal() -> Console | None:
    """Return standard error as a terminal that can be redrawn, None where it is not one."""
    console = Console(stderr=True, highlight=False)
    # rich takes anything for a terminal where FORCE_COLOR is set.
    if sys.stderr.isatty() and console.is_terminal and not console.is_dumb_terminal:
        return console
    return None


def one_line(text: str) -> str:
    """Escape what moves a cursor or ends a line: ids and messages are other people's words."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return the end of a complaint about a word: the nearest valid one, if any is near."""
    nearest = get_close_matches(word, list(words), n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _print(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        _abandon(stream)


def _abandon(stream: TextIO) -> None:
    """Print nowhere from now on: the interpreter's last flush would fail, and say so."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
