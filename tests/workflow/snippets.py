"""Runs the snippets of a page of the documentation on the local AWS, as they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from localcloud.functions.environment import REGION
from localcloud.orchestrator import LocalOrchestrator
from localcloud.turns import CALLERS_CREDENTIALS

ROLE: Final = "arn:aws:iam::123456789012:role/any"


def fenced(text: str, language: str) -> list[str]:
    """Return the blocks of a language; of none, if it is empty."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for named, code in blocks if named == language]


def section(page: str, heading: str) -> str:
    """Return the text under a heading, up to the next one of the same level or a higher one."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n", page, re.MULTILINE)
    assert found, heading
    level = len(found[1])
    return re.split(rf"^#{{1,{level}}} ", page[found.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def run(orchestrator: LocalOrchestrator, *command: str, directory: Path | None = None) -> str:
    """Run a command as another caller of the local AWS, and return what it prints."""
    environment = {
        **os.environ,
        **orchestrator.aws.environment,
        **CALLERS_CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ROLE": ROLE,
        "QUEUE": "arn:aws:sqs:us-east-1:123456789012:requests",
    }
    with orchestrator.clock.released():
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, cwd=directory
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(orchestrator: LocalOrchestrator, request: str) -> None:
    orchestrator.aws.client("stepfunctions").start_execution(
        stateMachineArn=orchestrator.machine_arn, input=request
    )


def outcome(orchestrator: LocalOrchestrator) -> dict[str, Any]:
    [outcome] = outcomes(orchestrator, 1)
    return outcome


def outcomes(orchestrator: LocalOrchestrator, count: int) -> list[dict[str, Any]]:
    """Wait until so many executions have an outcome, and return these."""
    states = orchestrator.aws.client("stepfunctions")
    while True:
        listed = states.list_executions(stateMachineArn=orchestrator.machine_arn)["executions"]
        published = [orchestrator.outcome(item["executionArn"]) for item in listed]
        done = [outcome for outcome in published if outcome is not None]
        if len(done) == count:
            return done
        wait_for_a_change(orchestrator)


def wait_for_a_change(orchestrator: LocalOrchestrator) -> None:
    orchestrator.aws.execution_changed.wait()
    orchestrator.aws.execution_changed.clear()


def json_blocks(text: str) -> list[Any]:
    return [json.loads(code) for code in fenced(text, "json")]
