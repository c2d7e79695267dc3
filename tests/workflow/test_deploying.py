"""What a person meets who deploys, and who asks a deployed stack whether it works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.account import BOOTSTRAP_PARAMETER
from localcloud.functions.environment import CREDENTIALS, REGION, isolated_environment
from localcloud.orchestrator import ROOT, LocalOrchestrator
from localcloud.world import World
from tests.workflow.conftest import SPEED

ANSWERED, FAILED, NOTHING_TO_ASK, NOT_USABLE = 0, 1, 2, 2


def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**isolated_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def account(orchestrator: LocalOrchestrator) -> dict[str, str]:
    return {**orchestrator.aws.environment, **CREDENTIALS, "AWS_REGION": REGION}


def orchestrator(assembly: Path, **world: Any) -> LocalOrchestrator:
    return LocalOrchestrator(World.model_validate(world), SPEED, assembly)


def test_a_stack_that_works_passes_and_changes_nothing(assembly: Path) -> None:
    with orchestrator(assembly) as deployed:
        deployed.begin()
        told = run("infra.smoke", **account(deployed))
        calls = [call.operation for call in deployed.simulators.ledger.records]

    assert told.returncode == ANSWERED, told.stderr
    assert [job["reason"] for job in json.loads(told.stdout)["jobs"]] == ["NothingToCancel"]
    assert calls == ["DescribeExportTasks"]


def test_a_stack_that_may_not_ask_rds_fails(assembly: Path) -> None:
    denied = {"operation": "DescribeExportTasks", "error": "AccessDenied", "rate": 1.0}
    with orchestrator(assembly, faults=[denied]) as deployed:
        deployed.begin()
        told = run("infra.smoke", **account(deployed))

    assert told.returncode == FAILED
    assert "AccessDenied" in told.stderr


def test_what_is_missing_in_an_account_is_said_in_one_line(assembly: Path) -> None:
    with orchestrator(assembly) as deployed:
        no_stack = run("infra.smoke", "Other", **account(deployed))
        deployed.aws.client("ssm").delete_parameter(Name=BOOTSTRAP_PARAMETER)
        not_bootstrapped = run("infra.deploy", **account(deployed))

    assert_one_line(no_stack, NOTHING_TO_ASK, "Other does not exist")
    assert_one_line(not_bootstrapped, NOT_USABLE, "not bootstrapped", "make bootstrap")


def test_without_credentials_or_a_region_nothing_is_tried() -> None:
    for module in ("infra.smoke", "infra.deploy"):
        assert_one_line(run(module, AWS_REGION=REGION), NOT_USABLE, "no AWS credentials")
    assert_one_line(run("infra.deploy", **CREDENTIALS), NOT_USABLE, "no Region")


def assert_one_line(told: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert told.returncode == code, told.stderr
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1, told.stderr
    for word in words:
        assert word in told.stderr
