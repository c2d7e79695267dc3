"""Shows the steps of a deployment on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.live import Live
from rich.text import Text

from commandline.output import print_status, terminal


class Step(NamedTuple):
    """What a deployment is doing.

    Attributes:
        what: the step, in words.
        done: how many resources exist.
        total: how many there will be, 0 if the step does not create resources.
    """

    what: str
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        """Return the step as a line."""
        return f"{self.what}: {self.done} of {self.total} resources" if self.total else self.what


OnStep = Callable[[Step], None]


def ignore(_step: Step) -> None:
    """Show nothing."""


@contextmanager
def shown_steps() -> Iterator[OnStep]:
    """Yield a callback that shows steps: in place on a terminal, otherwise one line each."""
    console = terminal()
    if console is None:
        yield _lines()
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield lambda step: live.update(Text(str(step), no_wrap=True), refresh=True)


def _lines() -> OnStep:
    last = ""

    def show_step(step: Step) -> None:
        nonlocal last
        if step.what != last:
            print_status(step.what)
        last = step.what

    return show_step
