"""What the tests of the stack call its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra.settings import read_context

State = Mapping[str, Any]
Template = dict[str, Any]
Statement = dict[str, Any]
Functions = dict[str, dict[str, Any]]

_IDENTITY_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")


def unstaged_context() -> dict[str, Any]:
    """Return the context of cdk.json, for an app of a test's own that copies no assets."""
    return {**read_context(), "aws:cdk:disable-asset-staging": True}


class Task(NamedTuple):
    """A Task state and the logical id of the function that it invokes, if it invokes one."""

    state: State
    function: str | None


def as_task(state: State) -> Task:
    name = str(state.get("Arguments", {}).get("FunctionName"))
    invoked = re.fullmatch(r"\$\{(\w+)\.Arn\}(:.*)?", name)
    return Task(state, invoked[1] if invoked else None)


def granted(template: Template) -> Iterator[Statement]:
    """Yield what the policies of the stack's roles allow."""
    yield from policies_of(template, "")


def policies_of(template: Template, owner: str) -> Iterator[Statement]:
    """Yield what the policies allow that are an owner's, or are given to its role.

    An owner is found by the end of its construct's path: its logical ids hold that in one piece.
    """
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        roles = [text(role).strip("${}") for role in properties.get("Roles", ())]
        if not any(owner in name for name in (logical_id, *roles)):
            continue
        inline = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        own = [properties["PolicyDocument"]] if resource["Type"] in _IDENTITY_POLICIES else []
        for document in (*inline, *own):
            yield from (s for s in document["Statement"] if s["Effect"] == "Allow")


def of_type(template: Template, kind: str, description: str | None = None) -> list[str]:
    return [
        logical_id
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
        and description in (None, resource["Properties"].get("Description"))
    ]


def properties_of(template: Template, kind: str) -> list[dict[str, Any]]:
    return [
        template["Resources"][logical_id]["Properties"] for logical_id in of_type(template, kind)
    ]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """Write a value as Fn::Sub would."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(text, parts))
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Select": [index, {"Fn::Split": [separator, whole]}]}:
            return f"{text(whole)}.split({separator!r})[{index}]"
        case _:
            return str(value)
