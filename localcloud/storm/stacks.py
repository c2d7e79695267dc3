"""The stack that scenarios run on, one after another; it is deployed again for other settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from commandline.interrupts import owned
from localcloud.functions.processes import FunctionProcesses
from localcloud.orchestrator import LocalOrchestrator
from localcloud.storm.scenario import Scenario


class Stacks:
    """A context manager; there is one stack at a time, because moto is one per process."""

    def __init__(self, assemblies: Mapping[int, Path]) -> None:
        """Prepare; the assemblies are by the place of their settings in `SETTINGS`."""
        self._assemblies = assemblies
        self._processes: FunctionProcesses
        self._stack = ExitStack()
        self._deployed = ExitStack()
        self._settings: int | None = None
        self._orchestrator: LocalOrchestrator

    def __enter__(self) -> Self:
        self._processes = self._stack.enter_context(
            owned(FunctionProcesses, FunctionProcesses.close)
        )
        self._stack.callback(self.discard)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ready_for(self, scenario: Scenario) -> LocalOrchestrator:
        """Return the stack with a scenario's settings and world, as if it were new."""
        world = scenario.parsed_world()
        if self._settings == scenario.settings:
            self._orchestrator.next_world(world)
            return self._orchestrator
        self.discard()
        assembly = self._assemblies[scenario.settings]
        self._orchestrator = self._deployed.enter_context(
            LocalOrchestrator(world, assembly, processes=self._processes)
        )
        self._settings = scenario.settings
        return self._orchestrator

    def discard(self) -> None:
        """Remove the stack: what has become of it is not known."""
        self._settings = None
        self._deployed.close()
