"""The deployed stack that the tests of a process share, each with a world of its own.

Deploying it and starting its functions takes longer than most tests. There is one local AWS at a
time in a process, so the shared one is closed before a test opens another (`sharing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from localcloud.cloud import LocalAws
from localcloud.orchestrator import LocalOrchestrator
from localcloud.world import World
from tests.processes import shared_processes

_GLOBAL: Final = "aws"


class _SharedStack:
    """The stack of one assembly, until one of another assembly is asked for."""

    def __init__(self) -> None:
        self.is_kept = False
        self._assembly: Path | None = None
        self._orchestrator: LocalOrchestrator
        self._resources: set[str]
        self._open = ExitStack()

    def ready_for(self, world: World, assembly: Path) -> LocalOrchestrator:
        if assembly == self._assembly:
            with suppress(RuntimeError):  # what the last test left does not end, or takes too long
                self._orchestrator.next_world(world)
                return self._orchestrator
            self.close()
        self._orchestrator = self._open.enter_context(
            LocalOrchestrator(world, assembly, processes=shared_processes())
        )
        self._assembly = assembly
        self._resources = _resources()
        return self._orchestrator

    def assert_unchanged(self) -> None:
        assert _resources() == self._resources, "a test that changes a stack deploys its own"

    def close(self) -> None:
        self._assembly = None
        self._open.pop_all().close()


_SHARED: Final = _SharedStack()


@contextmanager
def in_world(
    assembly: Path, world: dict[str, Any] | World, *, changes_stack: bool = False
) -> Iterator[LocalOrchestrator]:
    """The stack in a world, as if it had just been deployed.

    A test that `changes_stack`, and not only what is in it, has one of its own; so has everybody
    outside of `sharing`.
    """
    parsed = World.model_validate(world)
    if changes_stack or not _SHARED.is_kept:
        with LocalOrchestrator(parsed, assembly, processes=shared_processes()) as orchestrator:
            yield orchestrator
        return
    try:
        yield _SHARED.ready_for(parsed, assembly)
        _SHARED.assert_unchanged()
    except BaseException:
        _SHARED.close()
        raise


@contextmanager
def sharing() -> Iterator[None]:
    """Keep a stack for the tests that are run while the context lasts."""
    enter = LocalAws.__enter__

    def make_room(aws: LocalAws) -> LocalAws:
        _SHARED.close()
        return enter(aws)

    LocalAws.__enter__ = make_room  # type: ignore[assignment, method-assign]
    _SHARED.is_kept = True
    try:
        yield
    finally:
        _SHARED.is_kept = False
        _SHARED.close()
        LocalAws.__enter__ = enter  # type: ignore[method-assign]


def _resources() -> set[str]:
    """What tests might add, change or remove, from moto's own memory."""
    functions = import_module("moto.awslambda.utils").get_backend(LocalAws.account, LocalAws.region)
    buses = _backend("events").event_buses.values()
    rules = [(bus.name, rule) for bus in buses for rule in bus.rules.values()]
    return {
        *(
            f"function {each.function_arn} {each.code_sha_256} {each.environment_vars}"
            for each in functions.list_functions()
        ),
        *(f"machine {each.arn}" for each in _backend("stepfunctions").state_machines),
        *(f"queue {name}" for name in _backend("sqs").queues),
        *(f"role {name}" for name in _backend("iam", _GLOBAL).roles),
        *(f"rule {bus} {rule.name} {rule.targets}" for bus, rule in rules),
        *(f"subscription {arn}" for arn in _backend("sns").subscriptions),
        *(f"table {name}" for name in _backend("dynamodb").tables),
    }


def _backend(service: str, region: str = LocalAws.region) -> Any:
    backends = import_module("moto.backends").get_backend(service)
    return backends[LocalAws.account][region]
