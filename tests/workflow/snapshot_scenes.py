"""Requests about snapshots for the workflow tests, in executions whose names are known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.settings import Settings
from lambdas.jobs.databases import Database
from lambdas.snapshots.identifier import identifier, snapshot_arn
from lambdas.snapshots.ownership import OWNER_TAG
from localcloud.simulators.snapshots import GONE
from tests.stacks import in_world
from tests.workflow.export_scenes import Watched

OWN_SNAPSHOT = re.compile(r"snapshot:orchestrator-shop-[0-9a-f]{12}$")

SHOP = Database(db_instance="shop")
CLUSTER = Database(db_cluster="shop")

DATABASES: list[dict[str, Any]] = [
    {"id": "shop", "kind": kind, "snapshot_s": 240, "starting_s": 30, "export_s": 60}
    for kind in ("instance", "cluster")
]


def create(database: Database = SHOP, **more: Any) -> dict[str, Any]:
    job: dict[str, Any] = {"kind": "snapshot", "id": "create", "target": "AVAILABLE"}
    return {**job, **database.as_payload(), **more}


def delete(**more: Any) -> dict[str, Any]:
    return {"kind": "snapshot", "of": "create", "target": "DELETED", **more}


class SnapshotScene(Watched):
    """A local AWS in which executions are started under names that a test chooses."""

    def execution(self, name: str) -> str:
        machine = self.orchestrator.machine_arn
        return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"

    def arn(self, name: str, database: Database = SHOP) -> str:
        """The snapshot that the job `create` of an execution creates."""
        execution = self.execution(name)
        return snapshot_arn(execution, identifier(execution, "create", database), database)

    def start(self, name: str, request: object) -> str:
        started = self._states.start_execution(
            stateMachineArn=self.orchestrator.machine_arn, name=name, input=json.dumps(request)
        )
        return str(started["executionArn"])

    def describe(self, execution_arn: str) -> dict[str, Any]:
        described: dict[str, Any] = self._states.describe_execution(executionArn=execution_arn)
        return described

    def outcome(self, name: str) -> dict[str, Any]:
        found = self.orchestrator.outcome(self.execution(name))
        assert found is not None, f"{name} has no outcome"
        return found

    def run(self, name: str, request: object) -> list[dict[str, Any]]:
        """Run a request to its end, and return its entries."""
        self.start(name, request)
        self.until_nothing_runs()
        entries: list[dict[str, Any]] = self.outcome(name)["resources"]
        return entries

    def own_left(self) -> list[str]:
        """The ARNs of the stack's snapshots that still exist."""
        states = self.orchestrator.simulators.ledger.states
        return [
            arn
            for arn, changes in states.items()
            if OWN_SNAPSHOT.search(arn) and GONE not in {state for _, state in changes}
        ]

    def rds(self) -> Any:
        """RDS for another caller."""
        return self.orchestrator.aws.client("rds")


OWN_TAG = {"Key": OWNER_TAG, "Value": Settings().stack_name}


@contextmanager
def snapshot_scene(assembly: Path, **world: Any) -> Iterator[SnapshotScene]:
    given: dict[str, Any] = {"databases": DATABASES} | world
    with in_world(assembly, given) as orchestrator:
        yield SnapshotScene(orchestrator, ())
