"""The command line: run requests on the local AWS, or keep it up to be played with."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from localcloud.cloud import PortError, require_free
from localcloud.orchestrator import LocalOrchestrator, NotDeployableError
from localcloud.plain_world import plain_world
from localcloud.progress import follow
from localcloud.report import report
from localcloud.request_files import RequestFileError, load_request
from localcloud.runs import Runs
from localcloud.showing import explain
from localcloud.world import World, WorldError, load_world

SUCCEEDED: Final = 0
FAILED: Final = 1
WRONG_ARGUMENTS: Final = 2
INTERRUPTED: Final = 130

DEFAULT_SPEED: Final = 60.0
"""Simulated seconds per real second: an hour takes a minute."""

EXAMPLES: Final = Path(__file__).parent.parent / "examples"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_ARGUMENTS, f"localcloud: {message}\n")


def main(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    options = _parser().parse_args(arguments)
    # Set both: a shell starts what it puts in the background with interrupts ignored.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.command(options))
    except (RequestFileError, WorldError, NotDeployableError, PortError) as error:
        print(f"localcloud: {error}", file=sys.stderr)
        return WRONG_ARGUMENTS
    except KeyboardInterrupt:
        print("localcloud: interrupted", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="localcloud", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="run | up", parser_class=_Parser)

    run = commands.add_parser("run", help="run requests to their end and print their outcomes")
    run.add_argument("requests", nargs="+", metavar="REQUEST.json")
    run.add_argument("--report", metavar="REPORT.json", help="write what it cost")
    run.set_defaults(command=_run)

    up = commands.add_parser("up", help="serve until interrupted")
    up.set_defaults(command=_up)

    for command in (run, up):
        command.add_argument("--world", metavar="WORLD.json", help="what exists and goes wrong")
        command.add_argument(
            "--speed",
            type=_speed,
            default=DEFAULT_SPEED,
            metavar="N",
            help="simulated seconds per real second (default: %(default)g)",
        )
        command.add_argument(
            "--port", type=_port, default=0, metavar="P", help="of the endpoint (default: any)"
        )
    return parser


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to 100000")
    return speed


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    requests = [load_request(path) for path in options.requests]
    world = _world(options, requests)
    report_path = Path(options.report) if options.report else None
    if report_path is not None and not report_path.parent.is_dir():
        raise RequestFileError(f"{report_path}: there is no directory {report_path.parent}")
    require_free(options.port)
    print("Deploying the stack to the local AWS", file=sys.stderr)
    with LocalOrchestrator(world, options.speed, port=options.port) as orchestrator:
        runs = Runs(orchestrator, requests)
        follow(orchestrator, runs)
        if report_path is not None:
            written = report(orchestrator, runs)
            report_path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    outcomes = [run.outcome for run in runs.all]
    print(json.dumps(outcomes if len(outcomes) > 1 else outcomes[0], indent=2))
    return SUCCEEDED if all(run.status == "SUCCEEDED" for run in runs.all) else FAILED


def _up(options: argparse.Namespace) -> int:
    examples = [load_request(str(path)) for path in sorted(EXAMPLES.glob("*.json"))]
    world = _world(options, examples)
    require_free(options.port)
    with LocalOrchestrator(world, options.speed, port=options.port) as orchestrator:
        orchestrator.begin()
        explain(orchestrator)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("localcloud: stopped", file=sys.stderr)
    return SUCCEEDED


def _world(options: argparse.Namespace, requests: Sequence[object]) -> World:
    return load_world(options.world) if options.world else plain_world(requests)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
