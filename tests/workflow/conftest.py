"""Runs requests on the deployed stack on the local AWS, with a world for each test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from infra.project import ROOT
from localcloud.functions import host
from localcloud.orchestrator import LocalOrchestrator
from localcloud.patches import ChildHistory, child_histories
from localcloud.report import report
from localcloud.runs import Runs
from tests.processes import shared_processes
from tests.stack_settings import FULL, OTHER
from tests.stacks import in_world
from tools.synthesis import synthesise


@dataclass(frozen=True)
class Orchestrated:
    """The results of a run."""

    outcomes: list[dict[str, Any]]
    statuses: list[str]
    report: dict[str, Any]
    histories: list[list[dict[str, Any]]]
    children: list[ChildHistory]
    logs: list[str]

    @property
    def outcome(self) -> dict[str, Any]:
        [outcome] = self.outcomes
        return outcome

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return [entry for outcome in self.outcomes for entry in outcome["resources"]]

    @property
    def job(self) -> dict[str, Any]:
        [job] = self.jobs
        return job

    def states(self, number: int = 0) -> list[str]:
        """The states that one request's execution entered, in order."""
        return entered(self.histories[number])

    def failures(self) -> list[str]:
        """The errors of all failed attempts, including those of children."""
        events = [event for history in self.histories for event in history]
        events += [event for child in self.children for event in child.events]
        return [e["taskFailedEventDetails"]["error"] for e in events if e["type"] == "TaskFailed"]


def entered(history: Any) -> list[str]:
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in history
        if "stateEnteredEventDetails" in event
    ]


Orchestrate = Callable[..., Orchestrated]


OUTCOMES: Final = Draft202012Validator(
    json.loads((ROOT / "docs" / "schemas" / "outcome.schema.json").read_text("utf-8"))
)


@pytest.fixture(autouse=True)
def _outcomes_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validate every outcome that a test reads against the published schema."""
    read = LocalOrchestrator.outcome

    def validated(orchestrator: LocalOrchestrator, arn: str) -> dict[str, Any] | None:
        outcome = read(orchestrator, arn)
        if outcome is not None:
            OUTCOMES.validate(outcome)
        return outcome

    monkeypatch.setattr(LocalOrchestrator, "outcome", validated)


@pytest.fixture(scope="session")
def assembly() -> Path:
    return synthesise()


@pytest.fixture(scope="session")
def assembly_with_every_trigger() -> Path:
    """The stack with campaign events, and with exports of new snapshots of shop-*."""
    return synthesise(FULL)


@pytest.fixture(scope="session")
def assembly_with_given_resources() -> Path:
    """The stack with a given store and topic, and exports of new snapshots of the database shop."""
    return synthesise(OTHER)


@pytest.fixture
def _processes_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process take the processes of all tests, and do not close them."""
    shared = shared_processes()
    kept = SimpleNamespace(fork=shared.fork, directory=shared.directory, close=lambda: None)
    monkeypatch.setattr(host, "FunctionProcesses", lambda: kept)


@pytest.fixture
def orchestrate(assembly: Any) -> Orchestrate:
    """Returns a function that runs requests to their end in a world."""

    def run(
        *requests: object,
        stack: Any = assembly,
        **world: Any,
    ) -> Orchestrated:
        with in_world(stack, world) as orchestrator:
            runs = Runs(orchestrator, requests)
            runs.finish()
            return _collect(orchestrator, runs)

    return run


def _collect(orchestrator: LocalOrchestrator, runs: Runs) -> Orchestrated:
    histories = orchestrator.aws.client("stepfunctions").get_paginator("get_execution_history")
    arns = [run.execution_arn for run in runs.all]
    return Orchestrated(
        outcomes=[run.outcome for run in runs.all],
        statuses=[run.status for run in runs.all],
        report=report(orchestrator, runs),
        histories=[
            [event for page in histories.paginate(executionArn=arn) for event in page["events"]]
            for arn in arns
        ],
        children=[child for arn in runs.executions() for child in child_histories(arn)],
        logs=[line for lines in orchestrator.aws.functions.logs.values() for line in lines],
    )
