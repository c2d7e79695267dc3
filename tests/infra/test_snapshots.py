"""Only snapshots with the stack's tag are created and deleted, whatever a request names."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.snapshots.ownership import NAME_PREFIX, OWNER_TAG
from tests.infra.stack_parts import Template, listed, policies_of, properties_of, text

ARN = "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}"
OWN = {f"{ARN}:{kind}:{NAME_PREFIX}*" for kind in ("snapshot", "cluster-snapshot")}
DATABASES = {f"{ARN}:db:*", f"{ARN}:cluster:*"}


@pytest.fixture(scope="module")
def owner(template: Template) -> str:
    """The value of the tag, as the function has it."""
    (function,) = (
        properties
        for properties in properties_of(template, "AWS::Lambda::Function")
        if "reconcile_snapshot" in properties.get("Handler", "")
    )
    value: str = function["Environment"]["Variables"]["SNAPSHOT_OWNER"]
    return value


def statement_of(template: Template, action: str) -> dict[str, Any]:
    (statement,) = (
        s for s in policies_of(template, "ReconcileSnapshot") if action in listed(s["Action"])
    )
    return statement


def resources_of(statement: dict[str, Any]) -> set[str]:
    return {text(resource) for resource in listed(statement["Resource"])}


@pytest.mark.parametrize("action", ["rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot"])
def test_snapshots_are_created_with_the_stacks_tag_and_under_its_names(
    template: Template, owner: str, action: str
) -> None:
    statement = statement_of(template, action)
    assert resources_of(statement) == OWN | DATABASES
    assert statement["Condition"] == {"StringEquals": {f"aws:RequestTag/{OWNER_TAG}": owner}}


def test_no_other_tag_is_set_and_nothing_else_is_tagged(template: Template, owner: str) -> None:
    statement = statement_of(template, "rds:AddTagsToResource")
    assert resources_of(statement) == OWN
    assert statement["Condition"] == {
        "StringEquals": {f"aws:RequestTag/{OWNER_TAG}": owner},
        "ForAllValues:StringEquals": {"aws:TagKeys": [OWNER_TAG]},
    }


@pytest.mark.parametrize("action", ["rds:DeleteDBSnapshot", "rds:DeleteDBClusterSnapshot"])
def test_only_what_has_the_stacks_tag_is_deleted(
    template: Template, owner: str, action: str
) -> None:
    statement = statement_of(template, action)
    assert resources_of(statement) == OWN
    assert statement["Condition"] == {"StringEquals": {f"aws:ResourceTag/{OWNER_TAG}": owner}}
