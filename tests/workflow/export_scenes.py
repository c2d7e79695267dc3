"""Sources, identifiers and runs of exports for the workflow tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from lambdas.exports.identifier import identifier
from localcloud.orchestrator import LocalOrchestrator
from localcloud.patches import ChildHistory, child_histories
from localcloud.runs import Runs
from tests.stacks import in_world
from tests.workflow.conftest import Orchestrated

PREFIX = "exports"
"""The stack's own prefix in the bucket."""

MAX_WAIT_S = 20_000
"""Simulated seconds that a test waits before it fails."""


def source(name: str, kind: str = "snapshot") -> str:
    return f"arn:aws:rds:us-east-1:123456789012:{kind}:{name}"


def own_id(source_arn: str, generation: int = 1, *tables: str) -> str:
    """The identifier of the orchestrator's own export of a source."""
    return identifier(source_arn, tables, PREFIX, generation)


def present(source_arn: str, status: str = "IN_PROGRESS", **more: Any) -> dict[str, Any]:
    """An export that exists at the start and that a job for the whole source adopts."""
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


class CleanedUp(NamedTuple):
    """An aborted execution and its clean-up, which have both ended, and the former's outcome."""

    aborted: dict[str, Any]
    clean_up: dict[str, Any]
    outcome: dict[str, Any]


class Watched:
    """A run that a test observes and interferes with."""

    def __init__(self, orchestrator: LocalOrchestrator, requests: tuple[object, ...]) -> None:
        self.orchestrator = orchestrator
        self.runs = Runs(orchestrator, requests)
        self._states = orchestrator.aws.client("stepfunctions")

    def until(self, is_true: Callable[[], bool]) -> None:
        deadline_s = self.orchestrator.seconds() + MAX_WAIT_S
        while not is_true():
            assert self.orchestrator.seconds() < deadline_s, self.executions()
            self.orchestrator.clock.sleep(1)

    def until_nothing_runs(self) -> None:
        self.runs.finish()

    def send(self, request: object) -> str:
        """Start one more execution."""
        machine_arn = self.orchestrator.machine_arn
        started = self._states.start_execution(
            stateMachineArn=machine_arn, input=json.dumps(request)
        )
        return str(started["executionArn"])

    def stop(self, execution_arn: str) -> None:
        self._states.stop_execution(executionArn=execution_arn)

    def abort(self) -> CleanedUp:
        """Stop the only execution, and wait for the end of its clean-up."""
        [execution] = self.executions()
        self.stop(execution["executionArn"])
        self.until(lambda: len(self.executions()) == 2)
        self.until_nothing_runs()
        aborted, clean_up = self.executions()
        outcome = self.orchestrator.outcome(aborted["executionArn"])
        assert outcome is not None
        return CleanedUp(aborted, clean_up, outcome)

    def statuses(self, source_arn: str) -> list[str]:
        """The statuses that the exports of a source have had, in order."""
        changes = self.orchestrator.simulators.ledger.states.get(source_arn, ())
        return [status for _, status in changes]

    def status(self, source_arn: str) -> str | None:
        return next(reversed(self.statuses(source_arn)), None)

    def calls(self) -> dict[str, int]:
        return self.orchestrator.simulators.ledger.calls

    def waiters(self) -> list[dict[str, Any]]:
        """The items of waiters in the stack's only table."""
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
def watched(
    assembly: Path, *requests: object, changes_stack: bool = False, **world: Any
) -> Iterator[Watched]:
    with in_world(assembly, world, changes_stack=changes_stack) as orchestrator:
        yield Watched(orchestrator, requests)
