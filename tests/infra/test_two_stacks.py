"""Two stacks live in one account and Region: neither takes a name that the other needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk import App

from infra.settings import Settings
from infra.stack import OrchestratorStack
from tests.infra.stack_parts import Template

NAMED_WITHIN_ITS_ROLE = "AWS::IAM::Policy"


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> list[Template]:
    app = App(
        context={"aws:cdk:disable-asset-staging": True},
        outdir=str(tmp_path_factory.mktemp("assembly")),
        builtin_cloud_formation_validation=False,
    )
    snapshots = [{"source_prefix": "shop-"}]
    stacks = [
        OrchestratorStack(
            app, Settings.from_context({"stack_name": name, "snapshot_exports": snapshots})
        )
        for name in ("One", "Two")
    ]
    assembly = app.synth()
    return [assembly.get_stack_artifact(stack.artifact_id).template for stack in stacks]


def test_no_physical_name_is_taken_twice(templates: list[Template]) -> None:
    one, two = (set(_names(template)) for template in templates)
    assert one, "names are found"
    assert not one & two


def test_no_output_is_exported_under_a_name_of_the_account(templates: list[Template]) -> None:
    for template in templates:
        assert template["Outputs"]
        assert not [output for output in template["Outputs"].values() if "Export" in output]


def test_a_name_that_is_taken_twice_would_be_found() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "same"}}
    assert list(_names({"Resources": {"Queue": queue}})) == [
        ("AWS::SQS::Queue", "QueueName", "same")
    ]


def _names(template: Template) -> Iterator[tuple[str, str, str]]:
    """Yield the physical names that a template gives, as far as they are literal.

    A name that is made of references is made of the stack's own resources.
    """
    for resource in template["Resources"].values():
        kind = resource["Type"]
        properties: dict[str, Any] = resource.get("Properties", {})
        for key, value in properties.items():
            if key.endswith("Name") and isinstance(value, str) and kind != NAMED_WITHIN_ITS_ROLE:
                yield kind, key, value
