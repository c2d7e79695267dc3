"""Asks before something is changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from commandline.output import print_status
from commandline.parser import ArgumentsError
from console.errors import ConsoleError


class Declined(ConsoleError):
    """The person who was asked said no; nothing was changed."""


def confirm(lines: Sequence[str], question: str, *, yes: bool) -> None:
    """Return if the person at the terminal agrees, or has agreed with --yes.

    Raises:
        ArgumentsError: nobody can be asked.
        Declined: they do not agree.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise ArgumentsError("nobody can be asked here: say --yes")
    for line in lines:
        print_status(line)
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise Declined("nothing was changed")
