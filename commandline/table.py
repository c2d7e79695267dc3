"""Renders progress into a given number of lines and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from rich.cells import cell_len
from rich.text import Text

from commandline.progress import URGENCY, Progress, Request, Resource, Status, in_words

NARROW: Final = 60
"""Columns below which the targets are left out."""

_STYLES: Final = {
    Status.FAILED: "bold red",
    Status.WARNING: "yellow",
    Status.PENDING: "magenta",
    Status.QUEUED: "magenta",
    Status.DELETING: "cyan",
    Status.IN_PROGRESS: "cyan",
    Status.COMPLETE: "green",
    Status.PLANNED: "green",
}
_STATUS_OF_EXECUTION: Final = {"RUNNING": Status.IN_PROGRESS, "SUCCEEDED": Status.COMPLETE}
"""Any other status of an execution is a failure."""
_QUIET: Final = (Status.COMPLETE, Status.PLANNED)
"""What nobody has to do anything about."""

Item = TypeVar("Item")


def table(progress: Progress, width: int, height: int) -> Text:
    """Return at most `height` lines, none of them wider than `width`.

    Everything is Text: in plain strings, rich interprets markup, and emoji such as `:a:`.
    """
    counts = in_words(resource.status for resource in progress.resources)
    lines = [Text(": ".join(filter(None, (progress.head, counts))), "bold")]
    requests = _fitted(progress.requests, _of_request, max(1, (height - 1) // 3))
    lines += _requests(*requests)
    resources = _fitted(progress.resources, _of_resource, height - len(lines))
    lines += _resources(*resources, width)
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n", no_wrap=True).join(lines[:height])


def style_of(execution_status: str) -> str:
    """Return the style for an execution's status."""
    return _STYLES[_STATUS_OF_EXECUTION.get(execution_status, Status.FAILED)]


def _of_resource(resource: Resource) -> Status:
    return resource.status


def _of_request(request: Request) -> Status:
    return _STATUS_OF_EXECUTION.get(request.status, Status.FAILED)


def _fitted(
    items: Sequence[Item], status: Callable[[Item], Status], lines: int
) -> tuple[list[Item], list[Status]]:
    """Return the items that are shown in a number of lines, and the statuses of the rest.

    If not all fit, the most urgent come first, and the last line counts the rest, among them all
    that are COMPLETE.
    """
    if len(items) <= lines:
        return list(items), []
    by_urgency = sorted(items, key=lambda item: URGENCY[status(item)])
    urgent = [item for item in by_urgency if status(item) not in _QUIET]
    shown = urgent[: max(0, lines - 1)]
    return shown, [status(item) for item in by_urgency if item not in shown]


def _requests(requests: Iterable[Request], rest: Sequence[Status]) -> Iterator[Text]:
    for request in requests:
        style = style_of(request.status)
        yield Text.assemble(f"{request.name}: ", (request.status, style), f" {request.detail}")
    yield from _rest(rest, "requests")


def _resources(resources: Sequence[Resource], rest: Sequence[Status], width: int) -> Iterator[Text]:
    statuses = _column((r.status for r in resources), width)
    targets = 0 if width < NARROW else _column((r.target for r in resources), width)
    names = _column((r.name for r in resources), (width - statuses - targets) // 2)
    for resource in resources:
        cells = [
            _cell(Text(resource.status, _STYLES[resource.status]), statuses),
            _cell(Text(resource.name), names),
            _cell(Text(resource.target, "dim"), targets),
            Text(resource.detail),
        ]
        yield Text.assemble(*cells)
    yield from _rest(rest, "resources")


def _rest(rest: Sequence[Status], plural: str) -> Iterator[Text]:
    if rest:
        yield Text(f"and {len(rest)} more {plural}: {in_words(rest)}", "dim")


def _column(texts: Iterable[str], most: int) -> int:
    """Return the width of a column, including the gap after it."""
    return min(most, max(map(cell_len, texts), default=0) + 2)


def _cell(text: Text, width: int) -> Text:
    """Fit a text into a column."""
    if width == 0:
        return Text()
    text.truncate(width - 2, overflow="ellipsis", pad=True)
    text.append("  ")
    return text
