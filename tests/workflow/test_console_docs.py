"""docs/console.md is followed: its commands, at the local AWS, print what it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Final

import pytest

from commandline.files import load_json
from infra.project import ROOT
from localcloud.cli import EXAMPLES
from localcloud.orchestrator import LocalOrchestrator
from localcloud.plain_world import plain_world
from tests.processes import shared_processes
from tests.workflow.console_operator import Operator, Ran
from tests.workflow.snippets import fenced

PAGE: Final = (ROOT / "docs" / "console.md").read_text(encoding="utf-8")
PROGRAM: Final = ".venv/bin/python -m console "
SHOWN: Final = [code for code in fenced(PAGE, "") if code.startswith("$ ")]
[MONTH_END] = [code for code in fenced(PAGE, "json") if "month-end" in code]


def test_the_commands_print_what_the_page_shows(
    assembly: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(EXAMPLES, "examples")
    Path("month-end.json").write_text(MONTH_END)
    # What `make local` has.
    world = plain_world([load_json(path) for path in sorted(EXAMPLES.glob("*.json"))])
    with LocalOrchestrator(world, assembly, processes=shared_processes()) as orchestrator:
        orchestrator.begin()
        operator = Operator(orchestrator, capsys, monkeypatch)
        for shown in SHOWN:
            command, _, printed = shown.partition("\n")
            ran = typed(operator, command.removeprefix("$ "), printed)
            assert same(f"{ran.err}{ran.out}") == same(printed), command


VARIES: Final = {
    r"(\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(\.\d{3}Z)?": "TIME",
    r"Orchestrator-WorkflowMachine\w+-\w+": "MACHINE",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "UUID",
}
"""What is different each time: polls have a jitter, and some names are random."""


def same(printed: str) -> list[str]:
    """Return the lines without what varies; those of one moment are learned in any order."""
    for pattern, word in VARIES.items():
        printed = re.sub(pattern, word, printed)
    return sorted(printed.splitlines())


def typed(operator: Operator, command: str, printed: str) -> Ran:
    """Type a command as a person does who waits until there is something to see."""
    before, _, line = command.partition(PROGRAM)
    arguments = shlex.split(line)
    if before:
        return operator.pipes(shlex.split(before)[1], *arguments)
    if "--follow" in arguments:
        return operator.types(*arguments)
    if arguments[0] == "cancel":
        return operator.types_and_waits(*arguments, until="ABORTED")
    if arguments[0] == "start":
        operator.orchestrator.clock.sleep(10)
        ran = operator.types_now(*arguments)
        operator.orchestrator.clock.sleep(10)
        operator.types_now("show", arguments[-1], until=lambda ran: "STARTING" in ran.out)
        return ran
    return operator.types_now(
        *arguments, until=lambda ran: same(ran.err + ran.out) == same(printed)
    )
