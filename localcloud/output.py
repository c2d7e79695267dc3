"""What the command line prints. A reader that went away is no reason to fail, or to stop."""

from __future__ import annotations

import os
import sys
from typing import TextIO


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
