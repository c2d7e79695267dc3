"""What a command prints: its result on standard output, all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from commandline.output import one_line, print_status, show, terminal
from console import PROGRAM
from lambdas.requests.acceptance import Fault

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Output:
    """The output of one command.

    Attributes:
        as_json: whether it prints JSON, and nothing else: no progress, and one object for an error.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    def result(self, value: object, text: Callable[[int | None], Text]) -> None:
        """Print a result: as JSON, or as a text, given the width of the terminal if it is one."""
        if self.as_json:
            self._show(safe_json(value))
            return
        console = terminal(sys.stdout)
        if console is None:
            self._show("\n".join(line.rstrip() for line in text(None).plain.splitlines()))
            return
        self._show(drawn(text(console.width), console))

    def plain(self, value: object, lines: Sequence[str]) -> None:
        """Print a result that is lines without colours."""
        self._show(safe_json(value) if self.as_json else "\n".join(lines))

    def progress(self, line: str) -> None:
        """Print what goes on, on standard error; nothing beside JSON."""
        if not self.as_json:
            print_status(line)

    def error(self, message: str, kind: str, **more: object) -> None:
        """Print an error on standard error: one line, or one object as JSON."""
        if self.as_json:
            print_status(json.dumps({"error": {"type": kind, "message": message, **more}}))
        else:
            print_status(f"{PROGRAM}: {one_line(message)}")

    def faults(self, faults: Sequence[Fault]) -> None:
        """Print what is wrong with a request that is not started: one line for each fault."""
        if self.as_json:
            found = [fault.model_dump() for fault in faults]
            self.error("the request is not valid", "RequestInvalid", faults=found)
            return
        for fault in faults:
            self.error(in_one_line(fault), "RequestInvalid")

    def _show(self, text: str) -> None:
        if not show(text, PROGRAM):
            raise SystemExit(1)


def drawn(text: Text, console: Console) -> str:
    """Return a text as it is written to a terminal, wrapped only if the text says so."""
    with console.capture() as capture:
        console.print(text, no_wrap=text.no_wrap, overflow=text.overflow, crop=False)
    return capture.get().rstrip("\n")


def safe_json(value: object) -> str:
    """Return JSON in which what a terminal would interpret is escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )


def in_one_line(fault: Fault) -> str:
    """Return a fault as a line for people."""
    return one_line(f"{fault.field} {fault.rule}")
