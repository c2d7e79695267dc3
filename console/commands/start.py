"""`start`: a request from a file, from standard input or in a few words."""

from __future__ import annotations

import argparse
from typing import Any, cast

from pydantic import JsonValue
from rich.text import Text

from commandline.files import STANDARD_INPUT, FileError, load_json
from commandline.output import did_you_mean
from commandline.parser import SUCCEEDED, ArgumentsError
from console import PROGRAM, actions
from console.check import Context, RequestInvalid, checked
from console.commands import connection
from console.commands.connection import Connection
from console.commands.follow import follow
from console.commands.show import exit_code, print_request
from console.output import Output
from console.short_forms import VERBS, Details, request_of


def run(options: argparse.Namespace, output: Output) -> int:
    """Start a request; it is checked before anything is called."""
    request = cast("JsonValue", _with_options(_requested(options), options))
    require_valid(request)
    connected = connection.connect(options)
    require_valid(request, connected)
    arn = actions.start(connected.stack, connected.session, request, options.name)
    return started(arn, connected, options, output)


def started(arn: str, connected: Connection, options: argparse.Namespace, output: Output) -> int:
    """Print what was started, or follow it to its end; return the exit code."""
    name = arn.rpartition(":")[2]
    if options.follow:
        output.progress(f"Started {name}")
        request = follow(connected.reading, arn, output)
        print_request(request, output)
        return exit_code(request)
    line = f"started {name}; follow it: {PROGRAM} show {name} --follow"
    output.result({"execution_arn": arn, "name": name}, lambda _width: Text(line))
    return SUCCEEDED


def require_valid(request: object, connected: Connection | None = None) -> None:
    """Raise RequestInvalid for a request that would be rejected, as far as is known."""
    context = Context()
    if connected is not None:
        stack = connected.stack
        context = Context(stack.account, stack.region, stack.state_machine_arn)
    faults = checked(request, context).faults
    if faults:
        raise RequestInvalid(faults)


def _requested(options: argparse.Namespace) -> object:
    what, *things = options.what
    details = Details(options.deadline_seconds, options.api_version, options.cluster)
    if what in VERBS:
        return request_of(what, things, details)
    if things:
        raise ArgumentsError(f"{what!r} is not a verb: {', '.join(VERBS)}{_meant(what)}")
    if any(details):
        raise ArgumentsError(
            "--deadline-seconds, --api-version and --cluster go with a verb; in a file, the"
            " request says it"
        )
    try:
        return load_json(what)
    except FileError as error:
        if what != STANDARD_INPUT and did_you_mean(what, VERBS):
            raise FileError(f"{what}: neither a file nor a verb{_meant(what)}") from error
        raise


def _meant(what: str) -> str:
    return did_you_mean(what, VERBS)


def _with_options(request: object, options: argparse.Namespace) -> object:
    """Return the request with what the options say of it as a whole."""
    said: dict[str, Any] = {
        "correlation_id": options.correlation_id,
        "description": options.description,
        "dry_run": options.dry_run or None,
    }
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return request
    if not isinstance(request, dict) or "detail-type" in request:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ArgumentsError(f"{names} cannot be said of an event, only of a request")
    return {**request, **given}
