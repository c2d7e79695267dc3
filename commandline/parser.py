"""Reads the arguments of a command line, and says what is wrong with them in one line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from commandline.output import did_you_mean, show

SUCCEEDED: Final = 0
FAILED: Final = 1
WRONG_ARGUMENTS: Final = 2
"""The exit codes."""


class ArgumentsError(Exception):
    """The arguments are invalid or contradict each other; the text says why."""


class Parser(argparse.ArgumentParser):
    """Raises ArgumentsError for what argparse would print with its usage."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong."""
        raise ArgumentsError(message)

    def print_help(self, _file: object = None) -> None:
        """Print the help on standard output."""
        show(self.format_help().rstrip(), self.prog.partition(" ")[0])


def require_command(arguments: Sequence[str], commands: Sequence[str], hint: str = "") -> None:
    """Raise ArgumentsError if the first argument is no command, with a hint if none is near."""
    name = next((argument for argument in arguments if not argument.startswith("-")), None)
    if name is not None and name not in commands:
        words = f"{', '.join(commands[:-1])} or {commands[-1]}"
        raise ArgumentsError(
            f"{name!r} is not a command: {words}{hint or did_you_mean(name, commands)}"
        )


def refuse_unknown(command: str, unknown: Sequence[str], options: Sequence[str]) -> None:
    """Raise ArgumentsError for the first argument that a command does not take, if any."""
    if unknown:
        word = unknown[0].partition("=")[0]
        raise ArgumentsError(f"{command} does not take {word!r}{did_you_mean(word, options)}")


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return the type of an argument: a whole number within bounds."""
    bounds = f"from {least}" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= (most or int(text)):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {bounds}")
        return int(text)

    return read
