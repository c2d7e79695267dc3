"""Requests as text, for windows of any width; a width of None is a pipe, where nothing is cut.

Everything that comes from AWS or from a request is shown in one line, with what a terminal would
interpret escaped, and shortened if it is very long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from commandline.output import one_line
from commandline.progress import Progress, Resource, Status, short
from commandline.progress import Request as RequestLine
from commandline.table import style_of, table
from console.reading import model

NARROW: Final = 80
"""Columns below which a list takes two lines for each request."""

MAX_SHOWN_CHARACTERS: Final = 300
"""Of one text in a table: an outcome's message, its reason and the id. JSON has all of it."""

MAX_EXPLAINED_CHARACTERS: Final = 2_000
"""Of one text in an explanation."""

WIDEST_ID: Final = 40
"""Columns of an id in a list."""

UNBOUNDED: Final = 1_000_000
"""Lines, or columns, of a pipe."""

_GAP: Final = "  "


def safe(text: object, most: int = MAX_SHOWN_CHARACTERS) -> str:
    """Return a text in one line, escaped and shortened."""
    escaped = one_line(str(text)[: most + 1])
    return escaped if len(escaped) <= most else f"{escaped[: most - 1]}…"


def list_view(requests: Sequence[model.RequestSummary], width: int | None) -> Text:
    """Return a list of requests."""
    if not requests:
        return Text("no requests")
    if width is not None and width < NARROW:
        return _lines(_fitted(line, width) for each in requests for line in _two_lines(each))
    head = ("STATUS", "REQUEST", "STARTED (UTC)", "TOOK", "WHAT")
    rows = [[_status(each), Text(shown_id(each)), *_rest(each)] for each in requests]
    widths = [
        min(WIDEST_ID, max(map(cell_len, (title, *(row[index].plain for row in rows)))))
        if width is not None
        else max(map(cell_len, (title, *(row[index].plain for row in rows))))
        for index, title in enumerate(head[:-1])
    ]
    lines = (_row(row, widths) for row in ([Text(title, "bold") for title in head], *rows))
    return _lines(_fitted(line, width) for line in lines)


def request_view(request: model.Request, width: int | None) -> Text:
    """Return everything about one request that fits a window."""
    summary = request.summary
    lines = [Text.assemble((shown_id(summary), "bold"), _GAP, _status(summary))]
    lines += [Text(safe(summary.description))] if summary.description else []
    lines += [Text(line, "dim") for line in _facts(request)]
    lines += [Text(safe(summary.summary))] if summary.summary else []
    lines += [Text(f"waits: {safe(request.waits_for)}", "cyan")] if request.waits_for else []
    lines += [_stage(stage) for stage in request.stages]
    if request.resources:
        lines += [Text(), *resources_view(request, width)]
    lines += [Text(f"not read: {safe(what)}", "yellow") for what in request.incomplete]
    return _lines(lines)


def resources_view(request: model.Request, width: int | None) -> list[Text]:
    """Return a line for each resource."""
    progress = Progress(_counted(request), (), tuple(_resources(request)))
    return list(table(progress, width or UNBOUNDED, UNBOUNDED).split())


def live_view(request: model.Request, width: int, height: int) -> Text:
    """Return the progress of a request, in a window."""
    summary = request.summary
    detail = safe(summary.summary or request.waits_for or "")
    line = RequestLine(shown_id(summary), summary.status, detail)
    return table(Progress(_counted(request), (line,), tuple(_resources(request))), width, height)


def events_view(events: Iterable[model.Event], width: int | None) -> Text:
    """Return a raw history."""
    rows = [
        [
            Text(str(event.id)),
            Text(_moment(event.at)),
            Text(safe(event.type)),
            Text(safe(event.state_name or "")),
        ]
        for event in events
    ]
    if not rows:
        return Text("no events")
    widths = [max(cell_len(row[index].plain) for row in rows) for index in range(4)]
    return _lines(_fitted(_row([*row, Text()], widths), width) for row in rows)


def explanation_view(explanation: model.Explanation) -> Text:
    """Return an explanation, for the terminal to wrap: each word of it counts."""

    def text(words: str) -> str:
        return safe(words, MAX_EXPLAINED_CHARACTERS)

    lines = [Text(text(explanation.headline), "bold")]
    lines += [Text(f"  {text(line)}") for line in explanation.lines]
    if explanation.hint is not None:
        lines.append(Text.assemble(("hint: ", "bold"), text(explanation.hint)))
    return Text("\n").join(lines)


def is_over(status: str) -> bool:
    """Return whether an execution has ended."""
    return status not in ("RUNNING", "PENDING_REDRIVE")


def shown_id(summary: model.RequestSummary) -> str:
    """Return what people call a request: its correlation id, else its execution's name."""
    return safe(summary.correlation_id or summary.name)


def _status(summary: model.RequestSummary) -> Text:
    return Text(summary.status, style_of(summary.status))


def _rest(summary: model.RequestSummary) -> Iterator[Text]:
    yield Text(_moment(summary.started_at))
    yield Text(_took(summary.started_at, summary.ended_at))
    yield Text(_what(summary))


def _two_lines(summary: model.RequestSummary) -> Iterator[Text]:
    yield Text.assemble(_status(summary), _GAP, (shown_id(summary), "bold"))
    started, took, what = _rest(summary)
    said = (part for part in (started, took, what) if part.plain)
    yield Text(_GAP).append_text(Text(_GAP).join(said))


def _what(summary: model.RequestSummary) -> str:
    """Return the most that one line can say."""
    if summary.cleans_up is not None:
        return f"clean-up after {safe(summary.cleans_up.rpartition(':')[2])}"
    if not summary.read:
        return "not read yet"
    ended_badly = summary.phase == "FAILED" and summary.summary
    said = ended_badly or summary.description or summary.summary or summary.reason or ""
    return f"{'dry run: ' * summary.dry_run}{safe(said)}"


def _facts(request: model.Request) -> Iterator[str]:
    summary = request.summary
    took = _took(summary.started_at, summary.ended_at)
    ended = f", ended {_moment(summary.ended_at)} after {took}" if summary.ended_at else ""
    yield f"started {_moment(summary.started_at)}{ended} (UTC)"
    if summary.dry_run:
        yield "a dry run: nothing is changed"
    if summary.cleans_up is not None:
        yield f"cleans up after {safe(summary.cleans_up)}"
    yield f"execution {safe(summary.execution_arn)}"
    if request.clean_up is not None:
        yield f"its clean-up: {safe(request.clean_up.name)} {request.clean_up.status}"


def _stage(stage: model.Stage) -> Text:
    jobs = Counter(
        f"{job.kind} {job.target}{f' ({job.id})' if job.id is not None else ''}"
        for job in stage.jobs
    )
    named = ", ".join(f"{count} x {job}" if count > 1 else job for job, count in jobs.items())
    when = ", always" if stage.run == "always" else ""
    return Text(safe(f"stage {stage.number + 1}{when}: {stage.phase}: {named}"))


def _counted(request: model.Request) -> str:
    count = len(request.resources)
    return f"{count} resource{'s' * (count != 1)}" if count else "no resource is known yet"


def _resources(request: model.Request) -> Iterator[Resource]:
    for resource in request.resources:
        yield Resource(
            key=(0, resource.job, resource.id),
            name=resource_name(resource),
            target=safe(resource.target),
            status=_status_of(resource),
            detail=detail_of(resource),
        )


def resource_name(resource: model.Resource) -> str:
    """Return what people call a resource: its name, if it has one, and a short id."""
    return safe(f"{resource.name} ({short(resource.id)})" if resource.name else short(resource.id))


def _status_of(resource: model.Resource) -> Status:
    if resource.warnings and resource.phase == "COMPLETE":
        return Status.WARNING
    return Status(resource.phase)


def detail_of(resource: model.Resource) -> str:
    """Return where a resource is, or why it ended so."""
    match _status_of(resource):
        case Status.FAILED:
            return safe(": ".join(filter(None, (resource.reason, resource.message))))
        case Status.WARNING:
            return safe("; ".join(resource.warnings))
        case Status.PLANNED:
            calls = ", ".join(resource.would or ())
            return safe(f"would call {calls}" if calls else resource.reason)
        case Status.COMPLETE:
            return safe(resource.state or resource.reason or "")
    percent = f"{resource.percent} %" if resource.percent is not None else ""
    waits = resource.wait.reason if resource.wait is not None else ""
    state = " ".join(filter(None, (resource.state, percent if percent not in waits else "")))
    return safe("; ".join(filter(None, (state, waits))))


def _moment(at: str | None) -> str:
    """Return a time to the second."""
    return "" if at is None else safe(at)[:19].replace("T", " ")


def _took(started_at: str, ended_at: str | None) -> str:
    if ended_at is None:
        return ""
    seconds = (
        datetime.fromisoformat(ended_at) - datetime.fromisoformat(started_at)
    ).total_seconds()
    whole = round(seconds)
    hours, rest = divmod(whole, 3_600)
    if hours:
        return f"{hours} h {rest // 60} min"
    return f"{rest // 60} min {rest % 60} s" if rest >= 60 else f"{rest} s"


def _row(cells: Sequence[Text], widths: Sequence[int]) -> Text:
    *columns, last = cells
    row = Text()
    for cell, width in zip(columns, widths, strict=True):
        cell.truncate(width, overflow="ellipsis", pad=True)
        row.append_text(cell).append(_GAP)
    return row.append_text(last)


def _fitted(line: Text, width: int | None) -> Text:
    if width is not None:
        line.truncate(width, overflow="ellipsis")
    return line


def _lines(lines: Iterable[Text]) -> Text:
    """Return lines that only the terminal wraps, so that what is copied from it is whole."""
    return Text("\n", no_wrap=True, overflow="ignore").join(lines)
