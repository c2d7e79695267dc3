"""docs/tutorial.md is followed: its commands, on the local AWS, print what it shows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from commandline.parser import SUCCEEDED
from infra.project import ROOT
from infra.settings import Settings
from lambdas.requests.acceptance import parse
from localcloud.cli import EXAMPLES, main
from localcloud.orchestrator import LocalOrchestrator
from localcloud.world import load_world
from tests.stacks import in_world
from tests.workflow.snippets import fenced, json_blocks, outcome, outcomes, run, section, start

PAGE: Final = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
WINDOW, NIGHTLY = section(PAGE, "A maintenance window"), section(PAGE, "A nightly export")
COMMAND: Final = "$ .venv/bin/python -m localcloud "
RUNS: Final = [code for code in fenced(PAGE, "") if code.startswith(COMMAND)]


def arguments(shown: str) -> list[str]:
    return shown.splitlines()[0].removeprefix(COMMAND).split()


@pytest.mark.usefixtures("_processes_are_shared")
@pytest.mark.parametrize("shown", RUNS, ids=lambda shown: Path(arguments(shown)[-1]).stem)
def test_a_run_prints_what_the_page_shows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    monkeypatch.chdir(ROOT)
    code = main(arguments(shown))
    printed = capsys.readouterr()

    _, *lines = shown.splitlines()
    # Jobs that run in parallel may change at the same moment, in any order.
    assert sorted(printed.err.splitlines()) == sorted(lines)
    assert (code == SUCCEEDED) == lines[-1].startswith("SUCCEEDED")
    _, _, after = PAGE.partition(shown)
    entries = [
        block for block in json_blocks(until_the_next_run(after)) if "initial_state" in block
    ]
    for entry in entries:
        assert entry in json.loads(printed.out)["resources"]


def until_the_next_run(text: str) -> str:
    return re.split(r"^```\n\$ |^### ", text.removeprefix("```\n"), maxsplit=1, flags=re.M)[0]


def test_the_page_shows_every_part_that_is_tested() -> None:
    assert len(RUNS) == 4
    shown = [block for block in json_blocks(PAGE) if "initial_state" in block]
    found = [
        block
        for code in RUNS
        for block in json_blocks(until_the_next_run(PAGE.partition(code)[2]))
        if "initial_state" in block
    ]
    assert found == shown != []


@pytest.mark.parametrize("name", ["maintenance-window", "nightly-export"])
def test_the_page_shows_the_example(name: str) -> None:
    assert example(name) in json_blocks(PAGE)


def test_the_dry_run_is_the_same_request() -> None:
    assert example("dry-run") == example("maintenance-window") | {"dry_run": True}


def test_the_settings_are_settings() -> None:
    [settings] = json_blocks(section(NIGHTLY, "Settings"))
    read = Settings.from_context(settings)
    assert read.export_pointers
    assert read.notices is not None
    assert list(read.notices.emails) == settings["notices"]["emails"]


def example(name: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return request


@pytest.fixture
def deployed(assembly: Path) -> Iterator[LocalOrchestrator]:
    world = load_world(EXAMPLES / "worlds" / "maintenance.json")
    with in_world(assembly, world, changes_stack=True) as orchestrator:
        orchestrator.begin()
        yield orchestrator


def test_the_window_is_planned_and_opened_with_the_aws_cli(
    deployed: LocalOrchestrator, tmp_path: Path
) -> None:
    shutil.copy(EXAMPLES / "maintenance-window.json", tmp_path / "window.json")
    shutil.copy(EXAMPLES / "dry-run.json", tmp_path / "window-plan.json")
    beginning, plan, read, opening = fenced(section(WINDOW, "In your account"), "bash")

    def bash(code: str) -> str:
        return run(deployed, "bash", "-euc", f"{beginning}\n{code}", directory=tmp_path)

    bash(plan)
    planned = outcome(deployed)
    assert json.loads(bash(read)) == planned
    assert planned["phase"] == "PLANNED"
    bash(opening)
    [done] = [ended for ended in outcomes(deployed, 2) if ended != planned]
    moved = [entry["id"] for entry in done["resources"] if entry["kind"] == "campaigns"]
    assert (done["phase"], moved) == ("COMPLETE", ["c-1", "c-2", "c-1", "c-2"])


def test_what_the_schedule_would_start_exports_the_newest_snapshot(
    deployed: LocalOrchestrator, tmp_path: Path
) -> None:
    shutil.copy(EXAMPLES / "nightly-export.json", tmp_path)
    beginning = fenced(section(WINDOW, "In your account"), "bash")[0]
    [code] = fenced(section(NIGHTLY, "The schedule"), "bash")

    run(deployed, "bash", "-euc", f"{beginning}\n{code}", directory=tmp_path)

    schedule = deployed.aws.client("scheduler").get_schedule(Name="shop-export")
    iam = deployed.aws.client("iam")
    role = iam.get_role(RoleName="shop-export")["Role"]
    assert schedule["Target"]["RoleArn"] == role["Arn"]
    assert schedule["Target"]["Arn"] == deployed.machine_arn
    policy = iam.get_role_policy(RoleName="shop-export", PolicyName="start")["PolicyDocument"]
    [statement] = policy["Statement"]
    assert statement["Resource"] == deployed.machine_arn
    start(deployed, schedule["Target"]["Input"])
    [entry] = outcome(deployed)["resources"]
    assert entry["phase"] == "COMPLETE"
    assert entry["id"].endswith(":snapshot:rds:shop-2025-12-31-03-00")


def test_the_cdk_stack_starts_the_same_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(EXAMPLES / "nightly-export.json", tmp_path)
    monkeypatch.chdir(tmp_path)
    [code] = fenced(section(NIGHTLY, "The schedule"), "python")
    names: dict[str, Any] = {}
    exec(compile(code, "tutorial", "exec"), names)
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:any"

    stack = names["ShopExport"](App(outdir=str(tmp_path)), "ShopExport", state_machine_arn=machine)

    template = Template.from_stack(stack)
    [schedule] = template.find_resources("AWS::Scheduler::Schedule").values()
    target = schedule["Properties"]["Target"]
    assert target["Arn"] == machine
    assert json.loads(target["Input"]) == example("nightly-export")
    [policy] = template.find_resources("AWS::IAM::Policy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("states:StartExecution", machine)


def test_every_request_on_the_page_is_accepted() -> None:
    requests = [block for block in json_blocks(PAGE) if {"stages", "kind", "jobs"} & set(block)]
    accepted = [
        parse(request, region="us-east-1", account="123456789012")
        for request in requests
        if "initial_state" not in request
    ]
    assert len(accepted) == 2
