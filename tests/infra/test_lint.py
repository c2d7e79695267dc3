"""CloudFormation's own linter has nothing to say about the template or the definition."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests import linter
from tests.infra.stack_parts import Template
from tools import diagram

IGNORED = [
    # A function depends on its role twice: by its ARN, and by CDK's DependsOn, which is there for
    # the role's policies. CDK writes the two together.
    "W3005",
]


def test_template_is_clean(template: Template) -> None:
    assert _findings(template) == []


def test_template_is_clean_full_template(full_template: Template) -> None:
    assert _findings(full_template) == []
    assert _findings_in_definition(full_template) == []


def test_definition_is_clean(template: Template) -> None:
    assert _findings_in_definition(template) == []


def test_a_definition_that_is_not_clean_would_be_found(definition: dict[str, Any]) -> None:
    broken = {**definition, "StartAt": "Nowhere"}
    assert [finding.partition(":")[0] for finding in _findings_in(broken)] == ["E3601"]


def _findings_in_definition(template: Template) -> list[str]:
    """The linter does not check a definition that CloudFormation still has to join."""
    return _findings_in(diagram.definition(template))


def _findings_in(definition: Mapping[str, Any]) -> list[str]:
    """Lint a machine that stands alone: the rest of the template is linted as it is."""
    properties = {
        "DefinitionString": json.dumps(_plain(definition)),
        "RoleArn": "arn:aws:iam::123456789012:role/any",
    }
    machine = {"Type": diagram.STATE_MACHINE, "Properties": properties}
    return _findings({"Resources": {"Machine": machine}})


def _findings(template: Template) -> list[str]:
    return linter.findings(json.dumps(template), ignore_checks=IGNORED)


def _plain(value: Any) -> Any:
    """Drop what the linter does not know of: stand-ins, JSONata of a state, or of a timeout.

    Every state has the machine's own query language, so nothing else is said by repeating it.
    TimeoutSeconds takes an expression by the States Language; the linter knows it of Seconds alone.
    """
    match value:
        case {"TimeoutSeconds": str(), **rest}:
            return _plain(rest | {"TimeoutSeconds": 1})
        case {"Type": str(), "QueryLanguage": "JSONata", **rest}:
            return _plain(rest | {"Type": value["Type"]})
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case str():
            arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
            return re.sub(r"\$\{\w+\}", "name", re.sub(r"\$\{\w+\.Arn\}", arn, value))
        case _:
            return value
