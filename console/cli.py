"""The operator's command line: what goes on in the orchestrator, why, and how to act on it."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from commandline.files import FileError
from commandline.output import one_line
from commandline.parser import (
    FAILED,
    WRONG_ARGUMENTS,
    ArgumentsError,
    Parser,
    refuse_unknown,
    require_command,
    whole_number,
)
from console import PROGRAM
from console.check import RequestInvalid
from console.errors import ConsoleError
from console.output import Output
from console.short_forms import VERBS
from lambdas.shared.faults import did_you_mean, nearest

OUTPUTS: Final = ("table", "json")
STATUSES: Final = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE")
"""Of executions, in AWS's words."""

REFERENCE: Final = "a correlation id, or the name or ARN of an execution"

EXIT_CODES: Final = (
    "exit codes: 0 done; 1 the request failed, or AWS refused or did not answer; 2 wrong"
    " arguments, or a request that is not valid; 130 interrupted"
)


def main(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    output = Output()
    try:
        common, rest = _common().parse_known_args(arguments)
        output = Output(as_json=common.output == "json")
        options = _options(rest, common)
        command = import_module(f"console.commands.{options.command}")
        return int(command.run(options, output))
    except RequestInvalid as invalid:
        output.faults(invalid.faults)
        return WRONG_ARGUMENTS
    except (ArgumentsError, FileError) as error:
        output.error(str(error), "WrongArguments")
        return WRONG_ARGUMENTS
    except ConsoleError as error:
        output.error(str(error), type(error).__name__)
        return FAILED
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        output.error(f"this is a bug: {type(error).__name__}: {error} ({where})", "Bug")
        return FAILED


def _options(arguments: Sequence[str], common: argparse.Namespace) -> argparse.Namespace:
    """Parse what is left besides the common options, with hints where argparse gives none."""
    parser = Parser(
        prog=PROGRAM,
        description=__doc__,
        epilog=EXIT_CODES,
        parents=[_common()],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(
        required=True, dest="command", metavar="COMMAND", parser_class=Parser
    )
    parsers: dict[str, argparse.ArgumentParser] = {}
    for name, (summary, add) in _COMMANDS.items():
        parsers[name] = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[_common()],
            allow_abbrev=False,
        )
        add(parsers[name])
    if not arguments:
        raise ArgumentsError(f"which command? {', '.join(_COMMANDS)}; --help says more")
    if arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version"):
        refuse_unknown("before a command, the program", arguments, _names(parser))
    require_command(arguments, tuple(_COMMANDS))
    options, unknown = parser.parse_known_args(arguments)
    refuse_unknown(options.command, unknown, _names(parsers[options.command]))
    return argparse.Namespace(**{**vars(options), **vars(common)})


def _names(parser: argparse.ArgumentParser) -> list[str]:
    """Return the options that a parser knows."""
    return [name for name in parser._option_string_actions if name.startswith("--")]


def _common() -> Parser:
    """Return the parser of what every command takes, before its name or after it."""
    parser = Parser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    group = parser.add_argument_group("for every command")
    group.add_argument("--stack", metavar="NAME", help="of CloudFormation; default: the only one")
    group.add_argument("--region", metavar="R", help="default: AWS_REGION, or the profile's")
    group.add_argument("--profile", metavar="P", help="of the AWS credentials")
    group.add_argument(
        "--output",
        type=_one_of(OUTPUTS),
        default="table",
        metavar="FORMAT",
        help=f"{' or '.join(OUTPUTS)} (default: table)",
    )
    return parser


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--status", type=_one_of(STATUSES), metavar="STATUS", help=", ".join(STATUSES)
    )
    parser.add_argument(
        "--text", help="in the name, the correlation id, the description or the summary"
    )
    parser.add_argument(
        "--limit", type=whole_number(1), default=20, metavar="N", help="at most (default: 20)"
    )
    parser.add_argument(
        "--since", type=_duration, metavar="AGE", help="started at most so long ago: 90m, 2h, 7d"
    )


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_reference(parser)
    _add_follow(parser)
    parser.add_argument("--events", action="store_true", help="its raw history instead")


def _add_why(parser: argparse.ArgumentParser) -> None:
    _add_reference(parser)


def _add_start(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="+",
        metavar="FILE | - | VERB",
        help="a file of JSON, standard input, or a verb and what it is about",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be called")
    parser.add_argument("--name", help="of the execution: with the same one it starts once")
    parser.add_argument("--description", help="for people; the outcome repeats it")
    parser.add_argument("--correlation-id", metavar="ID", help="by which it is found")
    parser.add_argument(
        "--deadline-seconds", type=whole_number(0), metavar="N", help="with a verb: of each job"
    )
    parser.add_argument(
        "--cluster", action="store_true", help="with export or snapshot: names are of DB clusters"
    )
    parser.add_argument("--api-version", metavar="v1|v2", help="with campaigns (default: v2)")
    _add_follow(parser)
    verbs = "\n".join(f"  {name:<14}{verb.summary}" for name, verb in VERBS.items())
    parser.epilog = f"verbs:\n{verbs}"


def _add_cancel(parser: argparse.ArgumentParser) -> None:
    _add_reference(parser)
    _add_yes(parser)


def _add_again(parser: argparse.ArgumentParser) -> None:
    _add_reference(parser)
    _add_yes(parser)
    _add_follow(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of JSON, or - for standard input")
    parser.add_argument(
        "--account", type=_account, metavar="ID", help="of the stack; its Region is --region"
    )


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", type=_one_of(("request", "outcome")), default="request", metavar="NAME",
        help="request or outcome (default: request)",
    )  # fmt: skip


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=whole_number(1, 65_535), default=0, metavar="P", help="default: any"
    )
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")


def _add_reference(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reference", metavar="REF", help=REFERENCE)


def _add_follow(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--follow", action="store_true", help="until it has ended")


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


_COMMANDS: Final[dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]]] = {
    "list": ("the requests that run and have run, the newest first", _add_list),
    "show": ("one request: its stages, its resources, its outcome", _add_show),
    "why": ("why a request failed, or what it waits for", _add_why),
    "start": ("start a request", _add_start),
    "cancel": ("stop a request and follow its clean-up", _add_cancel),
    "again": ("start the request of an earlier execution once more", _add_again),
    "check": ("whether a request is valid, without a call to AWS", _add_check),
    "schema": ("the JSON Schema of requests, or of outcomes", _add_schema),
    "page": ("serve all of this as a page on this machine, until interrupted", _add_page),
}


def _version() -> str:
    name = "connect-rds-orchestrator"
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name}, not installed"


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    """Return the type of an argument that is one of some words, in any case."""

    def read(text: str) -> str:
        found = next((word for word in words if word.casefold() == text.casefold()), None)
        if found is None:
            hint = did_you_mean(nearest(text, words))
            raise argparse.ArgumentTypeError(
                f"{one_line(text)!r} is not one of {', '.join(words)}{hint}"
            )
        return found

    return read


_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _duration(text: str) -> int:
    """Return seconds."""
    number, unit = text[:-1], text[-1:]
    if unit not in _SECONDS or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no age such as 30s, 90m, 2h or 7d")
    return int(number) * _SECONDS[unit]


def _account(text: str) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) == 12):
        raise argparse.ArgumentTypeError(f"{text!r} is not the 12 digits of an AWS account")
    return text
