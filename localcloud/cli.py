"""The command line: run requests on the local AWS, or keep it up to be played with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from localcloud.interrupts import serve_until_interrupted
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
    try:
        return int(options.command(options))
    except (RequestFileError, WorldError, NotDeployableError) as error:
        print(f"localcloud: {error}", file=sys.stderr)
        return WRONG_ARGUMENTS


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
    return parser


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to 100000")
    return speed


def _run(options: argparse.Namespace) -> int:
    requests = [load_request(path) for path in options.requests]
    world = _world(options, requests)
    report_path = Path(options.report) if options.report else None
    if report_path is not None and not report_path.parent.is_dir():
        raise RequestFileError(f"{report_path}: there is no directory {report_path.parent}")
    print("Deploying the stack to the local AWS", file=sys.stderr)
    with LocalOrchestrator(world, options.speed) as orchestrator:
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
    with LocalOrchestrator(_world(options, examples), options.speed) as orchestrator:
        orchestrator.begin()
        explain(orchestrator)
        serve_until_interrupted()


def _world(options: argparse.Namespace, requests: Sequence[object]) -> World:
    return load_world(options.world) if options.world else plain_world(requests)
