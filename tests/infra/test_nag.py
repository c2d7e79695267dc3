"""The AWS Solutions rules find nothing but what is accepted, and everything that is accepted."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.settings import Settings
from infra.stack import OrchestratorStack
from tests.infra.stack_parts import unstaged_context
from tests.stack_settings import FULL
from tools.accepted_findings import ACCEPTED, Accepted

HASH = "[0-9A-F]{8}"
FUNCTIONS = "Requests|CampaignsReconcile|ExportsReconcile|SnapshotsReconcile|Waiting"


class Finding(NamedTuple):
    rule: str
    detail: str
    where: str


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """All findings: nothing is acknowledged in the stack itself."""
    out = tmp_path_factory.mktemp("nag")
    app = App(context=unstaged_context(), outdir=str(out), builtin_cloud_formation_validation=False)
    OrchestratorStack(app, Settings.from_context(FULL))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match=r"^ValidationFailed"):
        app.synth()
    return _reported(out / "validation-report.json")


def test_nothing_is_found_that_is_not_accepted(findings: list[Finding]) -> None:
    assert [finding for finding in findings if not _accepting(finding)] == []


def test_nothing_is_accepted_twice(findings: list[Finding]) -> None:
    assert [finding for finding in findings if len(_accepting(finding)) > 1] == []


def test_nothing_is_accepted_that_is_not_found(findings: list[Finding]) -> None:
    used = {accepted for finding in findings for accepted in _accepting(finding)}
    assert set(ACCEPTED) - used == set()


def _accepting(finding: Finding) -> list[Accepted]:
    return [
        accepted
        for accepted in ACCEPTED
        if (accepted.rule, accepted.detail) == finding[:2]
        and fnmatchcase(finding.where, accepted.where)
    ]


def _reported(report: Path) -> list[Finding]:
    (plugin,) = json.loads(report.read_text(encoding="utf-8"))["pluginReports"]
    return [
        Finding(
            rule=violation["ruleName"].partition("[")[0].removeprefix("AwsSolutions-"),
            detail=_plain(violation["ruleName"].partition("[")[2].removesuffix("]")),
            where=construct["constructPath"].partition("/")[2].removesuffix("/Resource"),
        )
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


def _plain(detail: str) -> str:
    """Write a detail without the hashes of logical ids, and functions and the machine in words."""
    words = re.sub(r'\{"Fn::Select":.*"WorkflowMachine\w+"\}\]\}\]\}', "<the machine>", detail)
    words = re.sub(rf"<(?:{FUNCTIONS})\w+?{HASH}\.Arn>", "<a function>", words)
    return re.sub(rf"<(\w+?){HASH}\.Arn>", r"<\1.Arn>", words)
