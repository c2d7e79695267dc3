"""`cancel`: stops a request and follows its clean-up to the outcome."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from commandline.output import one_line
from commandline.parser import FAILED, SUCCEEDED
from console import actions
from console.check import checked
from console.commands import connection
from console.commands.confirm import confirm
from console.commands.follow import follow
from console.commands.show import print_request
from console.errors import NotRunning
from console.output import Output
from console.reading import Request
from console.views import detail_of, is_over, resource_name, shown_id
from console.words import undone_on_abort


def run(options: argparse.Namespace, output: Output) -> int:
    """Stop an execution, after a confirmation that names what that does."""
    connected = connection.connect(options)
    request = connected.reading.request(options.reference)
    summary = request.summary
    if is_over(summary.status):
        raise NotRunning(f"{shown_id(summary)} has ended: it is {summary.status}")
    confirm(list(_consequences(request)), "Cancel it?", yes=options.yes)
    cause = actions.canceled_by_me("with the command")
    actions.cancel(connected.stack, connected.session, summary.execution_arn, cause)
    output.progress(f"Stopped {shown_id(summary)}; its clean-up follows")
    request = follow(connected.reading, summary.execution_arn, output)
    print_request(request, output)
    clean_up = request.clean_up
    return SUCCEEDED if clean_up is not None and clean_up.status == "SUCCEEDED" else FAILED


def _consequences(request: Request) -> Iterator[str]:
    """Yield what canceling a request does, in lines."""
    yield f"{shown_id(request.summary)} is running:"
    for resource in request.resources:
        if resource.ended_at is None:
            yield f"  {resource_name(resource)}: {resource.phase} {detail_of(resource)}".rstrip()
    accepted = checked(request.input).request
    undone = [one_line(each) for each in undone_on_abort(accepted)] if accepted else []
    if undone:
        yield "Its execution is stopped, and its clean-up undoes what the request says:"
        yield from (f"  {each}" for each in undone)
    else:
        yield "Its execution is stopped. What it has changed or started stays: no job of it says"
        yield "otherwise in on_abort."
