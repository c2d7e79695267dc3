"""Shows the progress of a run: a table on a terminal, otherwise one line for each change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from rich.console import Console
from rich.live import Live
from rich.text import Text

from commandline.output import one_line, print_status, terminal
from commandline.progress import Progress, Status, short
from commandline.table import style_of, table
from localcloud.orchestrator import LocalOrchestrator
from localcloud.progress import ProgressReader
from localcloud.runs import Runs

REAL_SECONDS_BETWEEN_READS: Final = 0.1

_AT_THE_BEGINNING, _A_CALL, _AFTER_A_CALL, _AN_END = range(4)


class Change(NamedTuple):
    """One line of progress.

    Attributes:
        at_s: simulated seconds since the beginning.
        who: the resource.
        order: among the changes of that resource at the same moment.
        what: the change, in words.
    """

    at_s: float
    who: str
    order: int
    what: str


def follow(orchestrator: LocalOrchestrator, runs: Runs) -> None:
    """Show progress on standard error until everything has ended, then each request's summary."""
    reader = ProgressReader(orchestrator, runs)
    console = terminal()
    if console is not None:
        show = partial(_redraw, console, reader, runs)
    else:
        show = partial(_print_changes, orchestrator, reader, runs)
    # On a thread without the clock's turn: showing progress must not delay simulated time.
    showing = threading.Thread(target=show, daemon=True, name="progress")
    showing.start()
    runs.finish()
    showing.join()
    for run in runs.all:
        summary = one_line(run.outcome.get("summary", ""))
        if console is None:
            print_status(f"{run.status}: {summary}")
        else:
            result = Text.assemble((run.status, style_of(run.status)), f": {summary}")
            console.print(result, soft_wrap=True)


def _redraw(console: Console, reader: ProgressReader, runs: Runs) -> None:
    """Draw a table over the last one whenever something has changed."""
    drawn: Text | None = None
    with Live(console=console, auto_refresh=False) as live:
        for progress in _reads(reader, runs):
            # The last line is the cursor's.
            new = table(progress, console.width, console.height - 1)
            if new != drawn:
                live.update(new, refresh=True)
            drawn = new


def _print_changes(orchestrator: LocalOrchestrator, reader: ProgressReader, runs: Runs) -> None:
    printed: set[Change] = set()
    ended: set[tuple[int, str, str]] = set()
    for progress in _reads(reader, runs):
        changes = set(_changes(orchestrator)) - printed
        printed |= changes
        changes |= set(_failures_and_warnings(progress, ended))
        for change in sorted(changes):
            print_status(f"[{change.at_s:8.1f} s] {change.who}: {change.what}")


def _reads(reader: ProgressReader, runs: Runs) -> Iterator[Progress]:
    """Yield the progress until everything has ended, and once more after that."""
    while not runs.have_ended.wait(REAL_SECONDS_BETWEEN_READS):
        yield reader.read()
    yield reader.read()


def _changes(orchestrator: LocalOrchestrator) -> Iterator[Change]:
    """Yield every change of a resource's state, and every mutation that was requested."""
    ledger = orchestrator.simulators.ledger
    for resource, changes in ledger.states.items():
        for number, (at_s, state) in enumerate(changes):
            is_first = number == 0 and at_s == 0
            order = _AT_THE_BEGINNING if is_first else _AFTER_A_CALL
            yield Change(at_s, short(resource), order, f"is {state}")
    for call in ledger.records:
        if call.resources and not call.operation.startswith(("Get", "Describe", "List")):
            answer = call.answer or "accepted"
            what = f"{call.operation}: {answer}"
            yield Change(call.at_s, short(call.resources[-1]), _A_CALL, what)


def _failures_and_warnings(
    progress: Progress, ended: set[tuple[int, str, str]]
) -> Iterator[Change]:
    """Yield each resource that failed or has a warning, once; `ended` holds those yielded."""
    for resource in progress.resources:
        is_bad = resource.status in (Status.FAILED, Status.WARNING)
        if is_bad and resource.ended_at_s is not None and resource.key not in ended:
            ended.add(resource.key)
            what = f"{resource.status}: {resource.detail}"
            yield Change(resource.ended_at_s, resource.name, _AN_END, what)
