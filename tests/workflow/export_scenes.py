"""Sources, identifiers and runs of exports as the workflow tests speak of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lambdas.exports.identifier import identifier
from localcloud.orchestrator import LocalOrchestrator
from localcloud.patches import ChildHistory, child_histories
from localcloud.runs import Runs
from localcloud.world import World
from tests.processes import shared_processes
from tests.workflow.conftest import Orchestrated

PREFIX = "exports"
"""The stack's own prefix in the bucket."""

PATIENCE = 20_000
"""Simulated seconds after which what a test waits for is taken never to happen."""


def source(name: str, kind: str = "snapshot") -> str:
    return f"arn:aws:rds:us-east-1:123456789012:{kind}:{name}"


def own_id(source_arn: str, generation: int = 1, *tables: str) -> str:
    """The identifier that the orchestrator gives to its own exports of a source."""
    return identifier(source_arn, tables, PREFIX, generation)


def present(source_arn: str, status: str = "IN_PROGRESS", **more: Any) -> dict[str, Any]:
    """An export of the world's start that is just what a job for all of its source wants."""
    export = {"source_arn": source_arn, "status": status, "s3_prefix": PREFIX}
    return export | {"export_id": own_id(source_arn)} | more


def by_source(done: Orchestrated) -> dict[str, dict[str, Any]]:
    """The entries of a run's only request by the name of their source."""
    return {job["id"].rpartition(":")[2]: job for job in done.jobs}


def child_of(done: Orchestrated, source_arn: str) -> ChildHistory:
    [child] = [c for c in done.children if c.item["work"]["job"]["source_arn"] == source_arn]
    return child


def ends_of_waits(child: ChildHistory) -> list[str]:
    """How each wait with a task token ended, in order."""
    words = {"TaskSucceeded": "woken", "TaskTimedOut": "timed out", "TaskFailed": "failed"}
    return [
        words[event["type"]]
        for event in child.events
        for details in event.values()
        if event["type"] in words
        and isinstance(details, dict)
        and details.get("resourceType") == "aws-sdk:dynamodb"
    ]


class Watched:
    """A run into which a test steps while it goes on."""

    def __init__(self, orchestrator: LocalOrchestrator, requests: tuple[object, ...]) -> None:
        self.orchestrator = orchestrator
        self.runs = Runs(orchestrator, requests)
        self._states = orchestrator.aws.client("stepfunctions")

    def until(self, true: Callable[[], bool]) -> None:
        give_up_at_s = self.orchestrator.seconds() + PATIENCE
        while not true():
            assert self.orchestrator.seconds() < give_up_at_s, self.executions()
            self.orchestrator.clock.sleep(1)

    def until_nothing_runs(self) -> None:
        self.runs.finish()

    def ask(self, request: object) -> str:
        """Start one more execution."""
        machine_arn = self.orchestrator.machine_arn
        started = self._states.start_execution(
            stateMachineArn=machine_arn, input=json.dumps(request)
        )
        return str(started["executionArn"])

    def stop(self, execution_arn: str) -> None:
        self._states.stop_execution(executionArn=execution_arn)

    def statuses(self, source_arn: str) -> list[str]:
        """What an export of a source has been, in order."""
        changes = self.orchestrator.simulators.ledger.states.get(source_arn, ())
        return [status for _, status in changes]

    def status(self, source_arn: str) -> str | None:
        return next(reversed(self.statuses(source_arn)), None)

    def calls(self) -> dict[str, int]:
        return self.orchestrator.simulators.ledger.calls

    def waiters(self) -> list[dict[str, Any]]:
        """What the stack's only table holds of executions that wait."""
        dynamodb = self.orchestrator.aws.client("dynamodb")
        [table] = dynamodb.list_tables()["TableNames"]
        found: list[dict[str, Any]] = dynamodb.scan(TableName=table)["Items"]
        return [item for item in found if item["pk"]["S"].startswith("waiter#")]

    def executions(self) -> list[dict[str, Any]]:
        """Every execution of the machine, in order of start."""
        described = [
            self._states.describe_execution(executionArn=arn) for arn in self.runs.executions()
        ]
        return sorted(described, key=lambda execution: execution["startDate"])

    def children(self) -> list[ChildHistory]:
        return [child for arn in self.runs.executions() for child in child_histories(arn)]


@contextmanager
def watched(assembly: Path, *requests: object, **world: Any) -> Iterator[Watched]:
    with LocalOrchestrator(
        World.model_validate(world), assembly, processes=shared_processes()
    ) as orchestrator:
        yield Watched(orchestrator, requests)
