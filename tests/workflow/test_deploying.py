"""Deployment and smoke test, as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from infra.project import ROOT
from localcloud.deployment import deploy
from localcloud.functions.environment import REGION, isolated_environment
from localcloud.orchestrator import LocalOrchestrator
from localcloud.turns import CALLERS_CREDENTIALS
from tests.stacks import in_world
from tests.workflow.deployed_resources import DeployedStack
from tools.account import BOOTSTRAP_PARAMETER

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


def run_in(
    orchestrator: LocalOrchestrator, module: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    with orchestrator.clock.released():
        return run(module, *arguments, **account(orchestrator))


def account(orchestrator: LocalOrchestrator) -> dict[str, str]:
    return {**orchestrator.aws.environment, **CALLERS_CREDENTIALS, "AWS_REGION": REGION}


def test_a_stack_that_works_passes_and_changes_nothing(assembly: Path) -> None:
    with in_world(assembly, {}) as deployed:
        deployed.begin()
        done = run_in(deployed, "tools.smoke")
        calls = [call.operation for call in deployed.simulators.ledger.records]

    assert done.returncode == ANSWERED, done.stderr
    assert [job["reason"] for job in json.loads(done.stdout)["resources"]] == ["NothingToCancel"]
    assert calls == ["DescribeExportTasks"]


def test_a_stack_without_access_to_rds_fails(assembly: Path) -> None:
    denied = {"operation": "DescribeExportTasks", "error": "AccessDenied", "rate": 1.0}
    with in_world(assembly, {"faults": [denied]}) as deployed:
        deployed.begin()
        done = run_in(deployed, "tools.smoke")

    assert done.returncode == FAILED
    assert "AccessDenied" in done.stderr


def test_what_is_missing_in_an_account_is_a_one_line_error(assembly: Path) -> None:
    with in_world(assembly, {}, changes_stack=True) as deployed:
        no_stack = run_in(deployed, "tools.smoke", "Other")
        deployed.aws.client("ssm").delete_parameter(Name=BOOTSTRAP_PARAMETER)
        not_bootstrapped = run_in(deployed, "tools.deploy")

    assert_one_line(no_stack, NOTHING_TO_ASK, "Other does not exist")
    assert_one_line(not_bootstrapped, NOT_USABLE, "not bootstrapped", "make bootstrap")


def test_without_credentials_or_a_region_nothing_is_tried() -> None:
    for module in ("tools.smoke", "tools.deploy"):
        assert_one_line(run(module, AWS_REGION=REGION), NOT_USABLE, "no AWS credentials")
    assert_one_line(run("tools.deploy", **CALLERS_CREDENTIALS), NOT_USABLE, "no Region")


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_every_resource_of_the_template_exists_also_after_an_update(
    assembly: Path, assembly_with_every_trigger: Path
) -> None:
    with in_world(assembly, {}, changes_stack=True) as deployed:
        assert_complete(deployed, assembly)
        before = deployed.outputs

        updated = deploy(deployed.aws, assembly_with_every_trigger)

        assert_complete(deployed, assembly_with_every_trigger)
        assert updated.outputs.items() >= before.items()
        deployed.begin()
        done = run_in(deployed, "tools.smoke")
    assert done.returncode == ANSWERED, done.stderr


def assert_complete(deployed: LocalOrchestrator, assembly: Path) -> None:
    stack = DeployedStack(deployed, assembly)
    assert set(stack.ids) == set(stack.types)
    assert stack.missing() == []
