"""What a run cost, from the simulators' ledger and the executions' own histories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from localcloud.orchestrator import LocalOrchestrator
from localcloud.patches import child_histories
from localcloud.runs import Runs

Event = Mapping[str, Any]

_FAILURES: Final = {
    "TaskFailed": "taskFailedEventDetails",
    "TaskTimedOut": "taskTimedOutEventDetails",
    "TaskStartFailed": "taskStartFailedEventDetails",
    "TaskSubmitFailed": "taskSubmitFailedEventDetails",
}


def report(orchestrator: LocalOrchestrator, runs: Runs) -> dict[str, Any]:
    """Return the report of the `--report` option; times in simulated seconds."""
    ledger = orchestrator.simulators.ledger
    parents = [history(orchestrator, arn) for arn in runs.executions()]
    children: list[list[Event]] = [
        list(child.events) for arn in runs.executions() for child in child_histories(arn)
    ]
    histories: list[list[Event]] = [*parents, *children]
    return {
        "status": [run.status for run in runs.all],
        "speed": orchestrator.clock.speed,
        "seed": orchestrator.world.seed,
        "wall_seconds": round(runs.wall_seconds, 1),
        "simulated_seconds": round(runs.ended_at_s, 1),
        "calls": ledger.calls,
        "throttled": ledger.throttled,
        "illegal": ledger.illegal,
        "exports_started": ledger.exports_started,
        "max_concurrent_exports": ledger.max_concurrent_exports,
        "mutations": _rounded(asdict(ledger.mutations)),
        "lambda_invocations": _invocations(orchestrator),
        "retries": _retries(histories),
        "state_transitions": sum(map(transitions, histories)),
        "longest_child_history_events": max((len(history) for history in children), default=0),
        "resources": [
            _job(entry, orchestrator)
            for run in runs.all
            for entry in run.outcome.get("resources", ())
        ],
    }


def history(orchestrator: LocalOrchestrator, execution_arn: str) -> list[Event]:
    """Return the events of an execution."""
    pages = orchestrator.aws.client("stepfunctions").get_paginator("get_execution_history")
    return [
        event for page in pages.paginate(executionArn=execution_arn) for event in page["events"]
    ]


def transitions(history: Iterable[Event]) -> int:
    """Count entered states, and retries, which are charged as transitions too."""
    kinds = Counter(event["type"] for event in history)
    entered = sum(count for kind, count in kinds.items() if kind.endswith("StateEntered"))
    return entered + kinds["TaskScheduled"] - kinds["TaskStateEntered"]


def _retries(histories: Iterable[Iterable[Event]]) -> dict[str, int]:
    """Count the attempts that Retry repeated, by the error or timeout that ended them."""
    return dict(Counter(error for history in histories for error in retried(history)))


def retried(history: Iterable[Event]) -> Iterator[str]:
    """Yield the error of each attempt after which the same task was scheduled again.

    Any other failed attempt ends its state: a Catch takes over, or the execution fails. The timeout
    that ends a wait for a task token is caught in this way.
    """
    failure: str | None = None
    for event in history:
        kind = event["type"]
        if kind == "TaskScheduled" and failure is not None:
            yield failure
        if kind in _FAILURES:
            failure = event[_FAILURES[kind]].get("error", kind)
        elif kind.startswith("Task"):
            failure = None


def _invocations(orchestrator: LocalOrchestrator) -> dict[str, int]:
    """Count invocations by the name of the function's task state."""
    pages = orchestrator.aws.client("lambda").get_paginator("list_functions").paginate()
    handlers = {
        function["FunctionName"]: function["Handler"]
        for page in pages
        for function in page["Functions"]
    }
    return {
        handlers[name].split(".")[-2].title().replace("_", ""): count
        for name, count in orchestrator.aws.functions.invocations.items()
    }


def _job(entry: Mapping[str, Any], orchestrator: LocalOrchestrator) -> dict[str, Any]:
    return {
        "job": entry["job"],
        "kind": entry["kind"],
        "id": entry["id"],
        "phase": entry["phase"],
        "polls": entry["polls"],
        "elapsed_seconds": entry["elapsed_seconds"],
        "noticed_after_seconds": _noticed_after(entry, orchestrator),
    }


def _noticed_after(entry: Mapping[str, Any], orchestrator: LocalOrchestrator) -> float | None:
    """Return the seconds from the resource's last change to the job's outcome.

    None if the resource has not changed since the start.
    """
    changes = orchestrator.simulators.ledger.states.get(entry["id"], ())
    ended_at_s = orchestrator.world_seconds(datetime.fromisoformat(entry["ended_at"]).timestamp())
    reached = [at_s for at_s, _ in changes if at_s <= ended_at_s]
    if not reached or reached[-1] <= 0:
        return None
    return round(ended_at_s - reached[-1], 1)


def _rounded(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: round(value, 1) if value is not None else None for name, value in values.items()}
