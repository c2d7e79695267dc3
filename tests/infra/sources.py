"""Reads the functions' source: what each handler imports, what it reaches, what it calls of AWS."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import botocore.session
from botocore import xform_name
from botocore.model import ServiceModel
from botocore.session import Session

from infra.project import ROOT

CONNECTORS = {"connect", "client"}
"""The names under which a wrapper makes its boto3 client."""

Definition = ast.FunctionDef | ast.ClassDef | ast.AnnAssign


class Operation(NamedTuple):
    """An API operation, such as stepfunctions and SendTaskSuccess."""

    service: str
    name: str


class UnknownCallError(Exception):
    """A client's method that is no operation of its service; the test has to learn it."""


def path_of(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(path_of(module).read_text(encoding="utf-8"))


def imported(module: str) -> set[str]:
    """Return the modules of the functions' own package that a module imports."""
    named = {
        name
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    }
    return {name for name in named if name.startswith("lambdas.") and path_of(name).is_file()}


def reaching(module: str, *, beyond: frozenset[str] = frozenset()) -> set[str]:
    """Return a module and all that it imports, directly or not, but not what stands beyond."""
    modules, waiting = set[str](), [module]
    while waiting:
        current = waiting.pop()
        if current not in modules:
            modules.add(current)
            waiting += imported(current) - beyond
    return modules


def operations(handler: str) -> set[Operation]:
    """Return the API operations that a handler may call.

    What it reaches is found by names: whatever it or what it reaches mentions, in the modules that
    it imports. So a method that nothing of the handler mentions is not counted, and one that only
    has the same name is.
    """
    known: dict[str, list[tuple[Definition, dict[str, set[str]]]]] = {}
    for module in reaching(handler):
        for definition, clients in _definitions(module):
            known.setdefault(_name_of(definition), []).append((definition, clients))
    found, seen, waiting = set[Operation](), set[int](), ["handler"]
    while waiting:
        for definition, clients in known.get(waiting.pop(), ()):
            if id(definition) not in seen:
                seen.add(id(definition))
                waiting += _mentioned(definition)
                found |= set(_called(definition, clients))
    return found


def _definitions(module: str) -> Iterator[tuple[Definition, dict[str, set[str]]]]:
    """Yield functions, classes and methods, each with its class's clients and their services.

    Constants are among them: a table of functions mentions these.
    """
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.AnnAssign):
            yield node, {}
        if isinstance(node, ast.ClassDef):
            clients = _clients(node, module)
            yield node, clients
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield method, clients


def _name_of(definition: Definition) -> str:
    if isinstance(definition, ast.AnnAssign):
        return ast.unparse(definition.target)
    return definition.name


def _clients(owner: ast.ClassDef, module: str) -> dict[str, set[str]]:
    """Return the attributes that hold a boto3 client: `self._rds = connect("rds")`."""
    return {
        node.targets[0].attr: _services(node.value, module)
        for node in ast.walk(owner)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and _is_connection(node.value)
    }


def _is_connection(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in CONNECTORS
    )


def _texts(tree: ast.AST) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _services(connection: ast.AST, module: str) -> set[str]:
    """Return the services a connection may be to: its text, or those of a constant it uses."""
    strings = _texts(connection)
    names = {node.id for node in ast.walk(connection) if isinstance(node, ast.Name)}
    for node in tree(module).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(t, ast.Name) and t.id in names for t in targets):
            strings |= _texts(node)
    services = strings & _known_services()
    if not services:
        raise UnknownCallError(f"{module}: a client of which service? {ast.unparse(connection)}")
    return services


def _mentioned(definition: Definition) -> list[str]:
    """Return the names in a function; of a class, those in what making one runs."""
    nodes: list[ast.AST] = [definition]
    if isinstance(definition, ast.ClassDef):
        nodes = [
            node
            for node in definition.body
            if not isinstance(node, ast.FunctionDef) or node.name in ("__init__", "__post_init__")
        ]
    inner = [node for outer in nodes for node in ast.walk(outer)]
    names = [node.id for node in inner if isinstance(node, ast.Name)]
    return names + [node.attr for node in inner if isinstance(node, ast.Attribute)]


def _called(definition: Definition, clients: dict[str, set[str]]) -> Iterator[Operation]:
    if not isinstance(definition, ast.FunctionDef):
        return
    for node in ast.walk(definition):
        match node:
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=held)):
                for service in clients.get(held, ()):
                    yield _operation(service, node.attr)


def _operation(service: str, method: str) -> Operation:
    names = _operations_by_method(service)
    if method not in names:
        raise UnknownCallError(f"{service}: {method} is no operation")
    return Operation(service, names[method])


@cache
def _operations_by_method(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in _model(service).operation_names}


def signing_name(service: str) -> str:
    """Return the name under which requests to a service are signed, and its actions named."""
    return str(_model(service).signing_name)


@cache
def _model(service: str) -> ServiceModel:
    return _session().get_service_model(service)


@cache
def _known_services() -> set[str]:
    return set(_session().get_available_services())


@cache
def _session() -> Session:
    return botocore.session.get_session()
