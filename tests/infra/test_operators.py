"""Operators may do what the console calls, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

import pytest

from console import aws, stack
from infra.platform.encryption import FOR_READING
from infra.project import ROOT
from tests.infra.stack_parts import Statement, Template, listed, of_type, policies_of, text

DESCRIPTION = "Allows reading, starting and stopping requests of the orchestrator"

CALL = re.compile(r"\.call\(\s*(?P<service>[\w\"]+),\s*\"(?P<operation>\w+)\"")
SERVICES = MappingProxyType(
    {"STEP_FUNCTIONS": aws.STEP_FUNCTIONS, "CLOUDFORMATION": stack.CLOUDFORMATION}
)
"""The constants that name a service."""
ACTION_PREFIXES = MappingProxyType({"stepfunctions": "states"})
"""Where actions are not named after boto3's service."""


def called() -> Iterator[str]:
    """Yield the action of every call in the console's source."""
    for path in sorted((ROOT / "console").rglob("*.py")):
        for found in CALL.finditer(path.read_text("utf-8")):
            service = SERVICES.get(found["service"], found["service"].strip('"'))
            yield f"{ACTION_PREFIXES.get(service, service)}:{found['operation']}"


@pytest.fixture(scope="module")
def statements(template: Template) -> list[Statement]:
    (policy,) = of_type(template, "AWS::IAM::ManagedPolicy", DESCRIPTION)
    assert template["Outputs"]["OperatorPolicyArn"]["Value"] == {"Ref": policy}
    return list(policies_of(template, policy))


def test_operators_may_do_what_the_console_calls_and_nothing_else(
    statements: list[Statement],
) -> None:
    allowed = {action for each in statements for action in listed(each["Action"])}
    assert allowed - set(FOR_READING) == set(called())
    assert len(allowed) > 10


def test_operators_reach_the_executions_of_this_machine_only(
    template: Template, statements: list[Statement]
) -> None:
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine")
    for each in statements:
        if str(listed(each["Action"])[0]).startswith("states:"):
            assert all(machine in text(resource) for resource in listed(each["Resource"]))


def test_operators_read_the_rates_of_the_table_and_no_task_token(
    statements: list[Statement],
) -> None:
    [reading] = [each for each in statements if "dynamodb:BatchGetItem" in listed(each["Action"])]
    assert reading["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["rate#*"]}}


def test_operators_use_the_key_through_the_table_only(statements: list[Statement]) -> None:
    [using] = [each for each in statements if "kms:Decrypt" in listed(each["Action"])]
    assert set(listed(using["Action"])) == set(FOR_READING)
    assert "dynamodb." in text(using["Condition"]["StringEquals"]["kms:ViaService"])
