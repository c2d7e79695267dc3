"""`show`: one request, once or until it has ended, or its raw history."""

from __future__ import annotations

import argparse

from commandline.parser import FAILED, SUCCEEDED
from console.commands import connection
from console.commands.follow import follow
from console.output import Output
from console.reading import Reading, Request
from console.views import events_view, request_view


def run(options: argparse.Namespace, output: Output) -> int:
    """Print one request."""
    reading = connection.connect(options).reading
    request = reading.request(options.reference)
    if options.follow:
        request = follow(reading, request.summary.execution_arn, output)
    if options.events:
        _print_events(reading, request, output)
    else:
        print_request(request, output)
    return exit_code(request) if options.follow else SUCCEEDED


def print_request(request: Request, output: Output) -> None:
    """Print everything about a request."""
    output.result(request.as_json(), lambda width: request_view(request, width))


def exit_code(request: Request) -> int:
    """Return the exit code of a request that was followed to its end."""
    return SUCCEEDED if request.summary.status == "SUCCEEDED" else FAILED


def _print_events(reading: Reading, request: Request, output: Output) -> None:
    arn = request.summary.execution_arn
    page = reading.events(arn)
    events = list(page.events)
    while page.next is not None:
        page = reading.events(arn, page.next)
        events += page.events
    as_json = [event.as_json() for event in events]
    output.result(as_json, lambda width: events_view(events, width))
