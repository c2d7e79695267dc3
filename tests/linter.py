"""cfn-lint, imported where a test first needs it: that takes longer than a hundred tests."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def findings(template: str, **arguments: Any) -> list[str]:
    """What the linter says about a template; the arguments are those of `ManualArgs`."""
    api = import_module("cfnlint.api")
    found = api.lint(template, config=api.ManualArgs(**arguments))
    return [f"{finding.rule.id}: {finding.message}" for finding in found]


def read(template: str) -> dict[str, Any]:
    """Read a template in YAML, with CloudFormation's short forms."""
    parsed: dict[str, Any] = import_module("cfnlint.decode.cfn_yaml").loads(template)
    return parsed
