"""Shows a request as it advances, until it, or the clean-up after it, has ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Final, NamedTuple

from commandline.interrupts import at_interrupt
from commandline.output import terminal
from console import PROGRAM
from console.errors import AwsUnavailable
from console.output import Output
from console.reading import Reading, Request
from console.reading.model import Resource
from console.views import detail_of, is_over, live_view, resource_name, safe, shown_id

SECONDS_BETWEEN_READS: Final = 1.0
MAX_FAILED_READS: Final = 30
"""In a row."""

MAX_SECONDS_WITHOUT_CLEAN_UP: Final = 120.0
"""After an execution was cut short; the rule that starts its clean-up takes seconds."""

WITHOUT_OUTCOME: Final = ("ABORTED", "TIMED_OUT")


def follow(reading: Reading, execution_arn: str, output: Output) -> Request:
    """Show a request on standard error until it has ended, and return it.

    Raises:
        AwsUnavailable: it cannot be read any more; its execution goes on.
    """
    name = execution_arn.rpartition(":")[2]
    at_interrupt(f"stopped following, the request goes on: {PROGRAM} show {name}")
    console = None if output.as_json else terminal(sys.stderr)
    if console is None:
        return _print_changes(_reads(reading, execution_arn), output)
    from rich.live import Live  # noqa: PLC0415 - only for terminals

    with Live(console=console, auto_refresh=False, transient=True) as live:
        for request in _reads(reading, execution_arn):
            # The last line is the cursor's.
            live.update(live_view(request, console.width, console.height - 1), refresh=True)
    return request


def _reads(reading: Reading, execution_arn: str) -> Iterator[Request]:
    """Yield the request every second, until nothing about it changes any more."""
    failed, ended_at = 0, 0.0
    while True:
        try:
            request = reading.request(execution_arn)
        except AwsUnavailable:
            failed += 1
            if failed >= MAX_FAILED_READS:
                raise
        else:
            failed = 0
            yield request
            if is_over(request.summary.status):
                ended_at = ended_at or time.monotonic()
                waited = time.monotonic() - ended_at
                if _is_cleaned_up(request) or waited > MAX_SECONDS_WITHOUT_CLEAN_UP:
                    return
        time.sleep(SECONDS_BETWEEN_READS)


def _is_cleaned_up(request: Request) -> bool:
    """Return whether a request that has ended needs no clean-up, or has had it."""
    if request.clean_up is not None:
        return is_over(request.clean_up.status)
    return request.summary.status not in WITHOUT_OUTCOME and request.outcome is not None


class Change(NamedTuple):
    """One line of progress, in the order of what happened.

    Attributes:
        at: when.
        order: among what happened at the same moment.
        line: what happened to whom.
    """

    at: str
    order: int
    line: str


_BEGINNING, _FOUND, _DONE, _AFTER, _END, _CLEAN_UP = range(6)


def _print_changes(reads: Iterator[Request], output: Output) -> Request:
    printed: set[Change] = set()
    for request in reads:
        for change in sorted(set(changes(request)) - printed):
            printed.add(change)
            output.progress(f"[{safe(change.at)}] {change.line}")
    return request


def changes(request: Request) -> Iterator[Change]:
    """Yield what has happened so far; what was yielded once is yielded again, unchanged."""
    summary = request.summary
    who = shown_id(summary)
    yield Change(summary.started_at, _BEGINNING, f"{who}: started")
    for resource in request.resources:
        yield from _of_resource(resource)
    if summary.ended_at is not None:
        yield Change(summary.ended_at, _END, f"{who}: {summary.status}")
    if request.clean_up is not None:
        clean_up = request.clean_up
        yield Change(clean_up.started_at, _CLEAN_UP, f"{who}: its clean-up has begun")
        if clean_up.ended_at is not None:
            line = f"{who}: its clean-up has ended: {clean_up.status}"
            yield Change(clean_up.ended_at, _CLEAN_UP, line)


def _of_resource(resource: Resource) -> Iterator[Change]:
    who = resource_name(resource)
    for number, span in enumerate(resource.spans):
        order = _AFTER if number else _FOUND
        yield Change(span.from_, order, f"{who}: is {safe(span.state or span.phase)}")
    end = safe(f"{resource.phase}: {detail_of(resource)}")
    for mark in resource.marks:
        if mark.type != "poll" and safe(mark.text) not in end:
            yield Change(mark.at, _DONE, f"{who}: {safe(mark.text)}")
    if resource.ended_at is not None and (resource.phase != "COMPLETE" or resource.warnings):
        yield Change(resource.ended_at, _END, f"{who}: {end}")
