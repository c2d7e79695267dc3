"""Shows a run as it goes: a table on a terminal, plain lines where there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from localcloud.orchestrator import LocalOrchestrator
from localcloud.output import tell
from localcloud.patches import child_histories
from localcloud.runs import Runs

REAL_SECONDS_BETWEEN_LOOKS: Final = 0.1


class Happening(NamedTuple):
    """Something that a person who watches wants to know.

    Attributes:
        at_s: simulated seconds since the beginning.
        who: the resource, or the request.
        what: in words.
    """

    at_s: float
    who: str
    what: str


def follow(orchestrator: LocalOrchestrator, runs: Runs) -> None:
    """Show what happens, on standard error, until all has ended; then how each request did."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        _follow_on_terminal(console, orchestrator, runs)
    else:
        _follow_in_lines(orchestrator, runs)
    for run in runs.all:
        tell(f"{run.status}: {run.outcome.get('summary', '')}")


def _follow_on_terminal(console: Console, orchestrator: LocalOrchestrator, runs: Runs) -> None:
    with Live(_table(orchestrator, runs), console=console, auto_refresh=False) as live:
        _repeatedly(runs, lambda: live.update(_table(orchestrator, runs), refresh=True))


def _follow_in_lines(orchestrator: LocalOrchestrator, runs: Runs) -> None:
    shown: set[Happening] = set()

    def show_new() -> None:
        for happening in sorted(set(_happenings(orchestrator)) - shown):
            tell(f"[{happening.at_s:8.1f} s] {happening.who}: {happening.what}")
            shown.add(happening)

    _repeatedly(runs, show_new)


def _repeatedly(runs: Runs, show: Callable[[], None]) -> None:
    """Show from a thread of its own, beside simulated time, while the runs go to their end."""
    is_over = threading.Event()

    def keep_showing() -> None:
        while not is_over.wait(REAL_SECONDS_BETWEEN_LOOKS):
            show()

    showing = threading.Thread(target=keep_showing, daemon=True, name="progress")
    showing.start()
    try:
        runs.finish()
    finally:
        is_over.set()
        showing.join()
    show()


def _happenings(orchestrator: LocalOrchestrator) -> Iterator[Happening]:
    """Tell every change of a resource's state, and every change that was asked for."""
    ledger = orchestrator.simulators.ledger
    for resource, changes in ledger.states.items():
        for at_s, state in changes:
            yield Happening(at_s, short(resource), f"is {state}")
    for call in ledger.records:
        if not call.operation.startswith(("Get", "Describe", "List")):
            answer = call.answer or "accepted"
            yield Happening(call.at_s, short(call.resources[-1]), f"{call.operation}: {answer}")


def _table(orchestrator: LocalOrchestrator, runs: Runs) -> Table:
    """Return what is known now; all of it as Text, for rich reads its own markup in plain strings.

    Also emoji: `:a:`, which an ARN may hold, is one.
    """
    table = Table(
        title=f"{orchestrator.seconds():,.0f} simulated s",
        title_justify="left",
    )
    for column in ("resource", "states so far"):
        table.add_column(column, overflow="fold")
    for resource, changes in orchestrator.simulators.ledger.states.items():
        path = Text(" → ").join(
            Text.assemble(state, (f" {at_s:,.0f} s", "dim")) for at_s, state in changes
        )
        table.add_row(Text(short(resource)), path)
    for number, run in enumerate(runs.all, start=1):
        table.add_section()
        where = " ".join(sorted(set(_positions(run.execution_arn)))) or run.status
        name = "request" if len(runs.all) == 1 else f"request {number}"
        table.add_row(name, Text(run.outcome.get("summary") or where))
    return table


def _positions(execution_arn: str) -> Iterator[str]:
    """Tell in which state each running child is."""
    for child in child_histories(execution_arn):
        if child.status == "RUNNING":
            entered = [
                event["stateEnteredEventDetails"]["name"]
                for event in child.events
                if "stateEnteredEventDetails" in event
            ]
            yield entered[-1] if entered else "starting"


def short(resource: str) -> str:
    """Return what a person calls a resource: an ARN's last two parts, or the id."""
    return ":".join(resource.split(":")[5:]) if resource.startswith("arn:") else resource
