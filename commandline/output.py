"""What the command line prints. A closed pipe is neither an error nor a reason to stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from lambdas.shared.faults import nearest

if TYPE_CHECKING:
    from rich.console import Console


def print_status(line: str) -> None:
    """Print a line about the progress of a command on standard error, without wrapping it."""
    _print(line, sys.stderr)


def show(text: str, program: str) -> bool:
    """Print a result of a program on standard output; return False if it cannot be written.

    A closed pipe counts as written: its reader needs no more.
    """
    try:
        _print(text, sys.stdout)
    except OSError as error:
        _abandon(sys.stdout)
        print_status(f"{program}: standard output: {error.strerror}")
        return False
    return True


def terminal(stream: TextIO | None = None) -> Console | None:
    """Return a stream as a terminal, None where it is not one; unless given, standard error."""
    from rich.console import Console  # noqa: PLC0415 - many commands do without

    stream = stream or sys.stderr
    console = Console(file=stream, highlight=False)
    # With FORCE_COLOR set, rich treats any stream as a terminal.
    if stream.isatty() and console.is_terminal and not console.is_dumb_terminal:
        return console
    return None


def one_line(text: str) -> str:
    """Escape control characters and line ends: ids and messages are untrusted input."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return the suffix of an error message that suggests the nearest valid word, if any."""
    meant = nearest(word, words)
    return "" if meant is None else f"; did you mean {meant!r}?"


def _print(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        _abandon(stream)


def _abandon(stream: TextIO) -> None:
    """Discard further output: the interpreter's final flush would fail and print an error."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
