"""`check`: whether a request is valid, by the contract that AcceptRequest checks, offline."""

from __future__ import annotations

import argparse
import os

from commandline.files import load_json
from commandline.output import one_line
from commandline.parser import SUCCEEDED, WRONG_ARGUMENTS
from console.check import Checked, Context, checked
from console.output import Output, in_one_line


def run(options: argparse.Namespace, output: Output) -> int:
    """Print the faults of a file, or what the request in it would do."""
    region = options.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    found = checked(load_json(options.file), Context(options.account, region))
    output.plain(found.as_json(), _lines(found))
    return WRONG_ARGUMENTS if found.faults else SUCCEEDED


def _lines(found: Checked) -> list[str]:
    if found.faults:
        return [in_one_line(fault) for fault in found.faults]
    return [
        f"valid: {_what(found)}",
        *(
            one_line(f"  stage {number}{' (always)' * (stage.run == 'always')}: {job}")
            for number, stage in enumerate(found.stages, start=1)
            for job in stage.jobs
        ),
        *(f"not checked: {what}" for what in found.not_checked),
    ]


def _what(found: Checked) -> str:
    if found.request is None:
        return "not a request, but an input that the orchestrator reads"
    jobs = sum(len(stage.jobs) for stage in found.stages)
    dry_run = "; a dry run, which changes nothing" if found.request.dry_run else ""
    return f"{_counted(len(found.stages), 'stage')}, {_counted(jobs, 'job')}{dry_run}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
