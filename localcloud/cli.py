"""The command line: run requests on the local AWS, or keep it running to experiment with."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from commandline.files import STANDARD_INPUT, FileError, load_json, writable
from commandline.interrupts import serve_until_interrupted
from commandline.output import print_status, show
from commandline.parser import (
    FAILED,
    SUCCEEDED,
    WRONG_ARGUMENTS,
    ArgumentsError,
    Parser,
    refuse_unknown,
    require_command,
    whole_number,
)
from infra.project import ROOT
from localcloud import PROGRAM
from localcloud.cloud import PortError, require_free
from localcloud.follow import follow
from localcloud.orchestrator import LocalOrchestrator
from localcloud.page import page
from localcloud.plain_world import plain_world
from localcloud.report import report
from localcloud.runs import Runs
from localcloud.steps import shown_steps
from localcloud.storm import command as storm
from localcloud.usage import print_usage
from localcloud.world import World, WorldError, load_world
from tools.synthesis import NotDeployableError

DEFAULT_SPEED: Final = 60.0
"""Of `up`, in simulated seconds per real second: an hour takes a minute."""

COMMANDS: Final = ("run", "up", "storm")

EXAMPLES: Final = ROOT / "examples"

NO_WORLD: Final = (
    "Without --world, all that a request names exists: a mistyped id or ARN is not noticed here"
)


def main(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    try:
        options = _options(arguments)
        return int(options.command(options))
    except (ArgumentsError, FileError, WorldError, NotDeployableError, PortError) as error:
        print_status(f"{PROGRAM}: {error}")
        return WRONG_ARGUMENTS


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments, with hints where argparse would give none."""
    parser = Parser(prog=PROGRAM, description=__doc__)
    parser.add_argument("--version", action="version", version=_version())
    _add_commands(parser)
    name = next((argument for argument in arguments if not argument.startswith("-")), None)
    is_request = name is not None and name.endswith(".json")
    require_command(arguments, COMMANDS, f"; did you mean 'run {name}'?" if is_request else "")
    options, unknown = parser.parse_known_args(arguments)
    known = [f"--{option}" for option in vars(options) if option not in ("command", "requests")]
    refuse_unknown(str(name), unknown, known)
    if (
        sum(path == STANDARD_INPUT for path in [*options.requests, getattr(options, "world", None)])
        > 1
    ):
        raise ArgumentsError(f"{STANDARD_INPUT!r} is given twice: standard input is read once")
    return options


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']} {project['version']}"


def _add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(
        required=True, metavar=" | ".join(COMMANDS), parser_class=Parser
    )

    run = commands.add_parser("run", help="run requests to their end and print their outcomes")
    run.add_argument(
        "requests", nargs="+", metavar="REQUEST.json", help="a file, or - for standard input"
    )
    run.add_argument("--report", metavar="REPORT.json", help="write what it cost")
    run.set_defaults(command=_run)

    up = commands.add_parser("up", help="serve until interrupted")
    up.set_defaults(command=_up, requests=[])

    _add_storm(commands.add_parser("storm", help="run random worlds and check what must be true"))

    for command, speed, default in (
        (run, None, "default: waiting takes no time"),
        (up, DEFAULT_SPEED, f"default: {DEFAULT_SPEED:g}"),
    ):
        command.add_argument("--world", metavar="WORLD.json", help="what exists and goes wrong")
        command.add_argument(
            "--speed",
            type=_speed,
            default=speed,
            metavar="N",
            help=f"simulated seconds per real second ({default})",
        )
        command.add_argument("--seed", type=_seed, metavar="N", help="of all chances (default: 0)")
        command.add_argument(
            "--port",
            type=whole_number(1, 65_535),
            default=0,
            metavar="P",
            help="of the endpoint (default: any)",
        )


def _add_storm(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--worlds", type=whole_number(1), default=100, metavar="N", help="how many (default: 100)"
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="S", help="of the first (default: 0)"
    )
    parser.add_argument("--report", metavar="REPORT.json", help="write what came of it")
    parser.add_argument(
        "--replay", type=_seed, metavar="SEED", help="run this one alone and print its timeline"
    )
    parser.add_argument(
        "--shrink", action="store_true", help="with --replay: print the smallest that still fails"
    )
    parser.set_defaults(command=_storm, requests=[])


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to 100000")
    return speed


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _run(options: argparse.Namespace) -> int:
    requests = [load_json(path) for path in options.requests]
    world = _world(options, requests)
    report_path = writable(options.report) if options.report else None
    with _deployed(world, options) as orchestrator:
        runs = Runs(orchestrator, requests)
        follow(orchestrator, runs)
        # Before anything else that can fail.
        is_shown = _show_outcomes(runs)
        is_written = report_path is None or _write_report(report_path, report(orchestrator, runs))
    succeeded = all(run.status == "SUCCEEDED" for run in runs.all)
    return SUCCEEDED if succeeded and is_shown and is_written else FAILED


def _storm(options: argparse.Namespace) -> int:
    if options.shrink and options.replay is None:
        raise ArgumentsError("--shrink needs --replay")
    if options.replay is not None:
        return FAILED if storm.replay(options.replay, shrinks=options.shrink) else SUCCEEDED
    report_path = writable(options.report) if options.report else None
    found = storm.run(options.seed, options.worlds)
    is_written = report_path is None or _write_report(report_path, found.report())
    return SUCCEEDED if is_written and not found.violations else FAILED


def _show_outcomes(runs: Runs) -> bool:
    outcomes = [run.outcome for run in runs.all]
    return show(json.dumps(outcomes if len(outcomes) > 1 else outcomes[0], indent=2), PROGRAM)


def _write_report(path: Path, content: object) -> bool:
    try:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        print_status(f"{PROGRAM}: {path}: {error.strerror}")
        return False
    return True


def _up(options: argparse.Namespace) -> int:
    examples = [load_json(path) for path in sorted(EXAMPLES.glob("*.json"))]
    with _deployed(_world(options, examples), options) as orchestrator:
        orchestrator.begin()
        with orchestrator.clock.released(), page(orchestrator.aws.endpoint) as where:
            print_usage(orchestrator, where)
            serve_until_interrupted()


@contextmanager
def _deployed(world: World, options: argparse.Namespace) -> Iterator[LocalOrchestrator]:
    require_free(options.port)
    if options.requests and options.world is None:
        print_status(NO_WORLD)
    with ExitStack() as stack:
        with shown_steps() as on_step:
            orchestrator = stack.enter_context(
                LocalOrchestrator(world, speed=options.speed, port=options.port, on_step=on_step)
            )
        yield orchestrator


def _world(options: argparse.Namespace, requests: Sequence[object]) -> World:
    world = load_world(options.world) if options.world else plain_world(requests)
    return world if options.seed is None else world.model_copy(update={"seed": options.seed})
