"""The synthesised templates for all tests of the stack."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.stack_parts import Functions, State, Task, Template, as_task
from tests.stack_settings import FULL, OTHER
from tools import diagram
from tools.synthesis import synthesise, template_of


@pytest.fixture(scope="session")
def template() -> Template:
    return template_of(synthesise())


@pytest.fixture(scope="session")
def full_template() -> Template:
    """The stack with every setting that adds something to it."""
    return template_of(synthesise(FULL))


@pytest.fixture(scope="session")
def other_template() -> Template:
    """The stack with a given store and topic, and exports of a database's snapshots."""
    return template_of(synthesise(OTHER))


@pytest.fixture(scope="session")
def definition(template: Template) -> dict[str, Any]:
    return diagram.definition(template)


@pytest.fixture(scope="session")
def states(definition: dict[str, Any]) -> dict[str, State]:
    """Every state of every graph, by its name."""
    return _states(definition)


@pytest.fixture(scope="session")
def optional_states(full_template: Template) -> dict[str, State]:
    """Every state of the stack with all that its settings can add."""
    return _states(diagram.definition(full_template))


def _states(definition: dict[str, Any]) -> dict[str, State]:
    found: dict[str, State] = {}
    for _, graph in diagram.graphs(definition):
        assert not found.keys() & graph.keys(), "names are unique across the graphs"
        found |= graph
    return found


@pytest.fixture(scope="session")
def tasks(states: dict[str, State]) -> dict[str, Task]:
    found = {name: as_task(state) for name, state in states.items() if state["Type"] == "Task"}
    assert any(task.function for task in found.values())
    return found


@pytest.fixture(scope="session")
def functions(template: Template) -> Functions:
    """The properties of every function that runs a handler of this project, by logical id."""
    found = {
        logical_id: resource["Properties"]
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"]["Handler"].startswith("lambdas.")
    }
    assert found
    return found
