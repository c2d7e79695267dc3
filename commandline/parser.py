"""A parser of arguments that says what is wrong in one line."""

from __future__ import annotations

import argparse
from typing import Final, NoReturn

from commandline.output import print_status, show

WRONG_ARGUMENTS: Final = 2
"""The exit code."""


class Parser(argparse.ArgumentParser):
    """Reports an error in one line."""

    @property
    def program(self) -> str:
        """The name of the program, whichever of its commands this parses."""
        return self.prog.partition(" ")[0]

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit."""
        print_status(f"{self.program}: {message}")
        raise SystemExit(WRONG_ARGUMENTS)

    def print_help(self, _file: object = None) -> None:
        """Print the help on standard output."""
        show(self.format_help().rstrip(), self.program)
