"""Strict simulators of Amazon Connect campaigns and of RDS, with the real wire protocols."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self

from localcloud.simulators.exports import ExportParameters
from localcloud.simulators.faults import Faults
from localcloud.simulators.ledger import Change, Ledger
from localcloud.simulators.server import Server
from localcloud.simulators.simulated_world import SimulatedWorld, Surroundings
from localcloud.world import Act, World

__all__ = ["Ledger", "Simulators", "Surroundings"]


class Simulators:
    """A context manager that serves one world after another until it exits.

    World time starts at `begin`, after the deployment.

    Attributes:
        endpoints: the environment variables that make boto3 and the AWS CLI use the simulators.
    """

    def __init__(self, world: World, surroundings: Surroundings) -> None:
        """Prepare to serve a world."""
        self._surroundings = surroundings
        self._world = SimulatedWorld(world, surroundings)
        self._stack = ExitStack()
        clock = surroundings.clock
        campaigns, rds, tagging = self._servers = tuple(
            Server(api.respond, clock) for api in self._world.apis
        )
        self.endpoints = {
            "AWS_ENDPOINT_URL_CONNECTCAMPAIGNS": campaigns.url,
            "AWS_ENDPOINT_URL_CONNECTCAMPAIGNSV2": campaigns.url,
            "AWS_ENDPOINT_URL_RDS": rds.url,
            "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API": tagging.url,
        }

    def __enter__(self) -> Self:
        for server in self._servers:
            self._stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def ledger(self) -> Ledger:
        """The calls and the state changes since the beginning of the world."""
        return self._world.ledger

    def next_world(self, world: World) -> None:
        """Serve another world from now on, in place of the present one."""
        self._world = SimulatedWorld(world, self._surroundings)
        for server, api in zip(self._servers, self._world.apis, strict=True):
            server.respond_by(api.respond)

    def begin(self, *, export_bucket: str) -> None:
        """Start world time: ages, actions and the ledger's seconds count from here.

        Args:
            export_bucket: the deployed stack's bucket, which holds the world's completed exports.
        """
        self._world.begin(export_bucket=export_bucket)

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self._world.faults

    def perform(self, act: Act) -> tuple[Change, ...]:
        """Do what another caller does, at this moment, and return what changed.

        Raises SimulatedError: it is refused, as any caller would be.
        """
        return self._world.perform(act)

    def existing(self) -> dict[str, list[dict[str, Any]]]:
        """Return what exists, with its states, as JSON types."""
        return self._world.existing()

    def export_percents(self) -> dict[str, int]:
        """Return PercentProgress of each export that is IN_PROGRESS, by source."""
        return self._world.export_percents()

    def export_parameters(self) -> list[ExportParameters]:
        """Return the parameters of every export, in the order of their starts."""
        return self._world.export_parameters()
