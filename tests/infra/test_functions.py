"""Every function is whole: a handler, the house settings, and the variables that it reads."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from infra.platform.functions import TIMEOUT
from lambdas.jobs.kind import Kind
from lambdas.jobs.registry import KINDS
from lambdas.rate_limit.quota import HORIZON_SECONDS
from lambdas.shared import environment
from lambdas.shared.aws import _CONFIG, LAST_CALL_SECONDS
from tests.infra.sources import reaching, tree
from tests.infra.stack_parts import Functions, Task, Template

ENVIRONMENT = "lambdas.shared.environment"
GIVEN_BY_LAMBDA = {"AWS_REGION"}
FOR_LIBRARIES = ("POWERTOOLS_", "AWS_")


def test_every_handler_exists(functions: Functions) -> None:
    for properties in functions.values():
        module, _, name = properties["Handler"].rpartition(".")
        defined = {node.name for node in tree(module).body if isinstance(node, ast.FunctionDef)}
        assert name in defined, properties["Handler"]


def test_every_function_runs_python_3_13_on_arm64(functions: Functions) -> None:
    for properties in functions.values():
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == ["arm64"]


def test_every_function_ends_before_its_task_gives_it_up(
    functions: Functions, tasks: dict[str, Task]
) -> None:
    for name, task in tasks.items():
        if task.function:
            assert functions[task.function]["Timeout"] < task.state["TimeoutSeconds"], name


def test_a_pass_over_campaigns_and_a_last_call_without_an_answer_fit_into_the_function() -> None:
    client = _CONFIG.connect_timeout + _CONFIG.read_timeout
    assert client < LAST_CALL_SECONDS
    assert TIMEOUT.to_seconds() >= 2 * HORIZON_SECONDS + LAST_CALL_SECONDS


def test_every_function_has_a_log_group_of_its_own_that_forgets(
    functions: Functions, template: Template
) -> None:
    groups = [properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in functions.values()]
    assert len(set(groups)) == len(functions)
    for group in groups:
        assert template["Resources"][group]["Properties"]["RetentionInDays"] > 0


def test_every_function_is_given_the_settings_that_it_reads_and_no_other(
    functions: Functions,
) -> None:
    for properties in functions.values():
        module = properties["Handler"].rpartition(".")[0]
        given = {
            name
            for name in properties["Environment"]["Variables"]
            if not name.startswith(FOR_LIBRARIES)
        }
        assert given == _settings_read(module) - GIVEN_BY_LAMBDA, module


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_reconciler_imports_nothing_of_other_kinds(kind: Kind[Any, Any]) -> None:
    """Each would be paid for at every cold start."""
    others = {other.reconciler.rpartition(".")[0] for other in KINDS if other is not kind}
    reached = reaching(kind.reconciler)
    assert {module for module in reached if module.rpartition(".")[0] in others} == set()
    assert "lambdas.jobs.registry" not in reached


def test_who_wakes_imports_no_models() -> None:
    """They would be half of its cold start."""
    assert "lambdas.shared.model" not in reaching("lambdas.waiting.wake_waiters")


def test_reads_of_settings_are_found() -> None:
    assert _settings_read("lambdas.exports.reconcile_export") >= {
        "COORDINATION_TABLE",
        "EXPORT_BUCKET",
    }


def _settings_read(handler: str) -> set[str]:
    """Return the settings that a handler's module and what it imports ask for by name."""
    modules = reaching(handler, beyond=frozenset({ENVIRONMENT}))
    return set().union(*map(_asked_for, modules))


def _asked_for(module: str) -> set[str]:
    """Return the settings that a module reads, itself or by a function of the environment's."""
    readers = {
        node.name: _setting_calls(node)
        for node in tree(ENVIRONMENT).body
        if isinstance(node, ast.FunctionDef)
    }
    borrowed = {
        alias.name
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ImportFrom) and node.module == ENVIRONMENT
        for alias in node.names
    }
    return _setting_calls(tree(module)).union(*(readers.get(name, set()) for name in borrowed))


def _setting_calls(tree: ast.AST) -> set[str]:
    """Return the settings asked for by name, or by a constant of the environment's."""
    asked = [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "setting"
    ]
    literal = {str(name.value) for name in asked if isinstance(name, ast.Constant)}
    named = {getattr(environment, name.id) for name in asked if isinstance(name, ast.Name)}
    return literal | named
