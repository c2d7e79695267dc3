"""Runs a scenario on the local AWS and returns all that can be seen of it from outside."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from localcloud.orchestrator import LocalOrchestrator
from localcloud.patches import child_histories, end_by_itself, own_events
from localcloud.runs import ENDED
from localcloud.simulators.exports import ExportParameters
from localcloud.simulators.ledger import Call, Change
from localcloud.storm.mishaps import Mishaps
from localcloud.storm.scenario import ENDS, Json, Mishap, Scenario, Sent

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Execution:
    """An execution of the state machine; times are seconds since the beginning.

    Attributes:
        number: of its request in the scenario, None for one that an event has started: a clean-up,
            or the export of a new snapshot.
        outcomes: as they were published for it, by itself or by a clean-up.
    """

    arn: str
    status: str
    started_s: float
    ended_s: float | None
    input: Json
    output: Json | None = None
    cause: str | None = None
    error: str | None = None
    outcomes: tuple[Json, ...] = ()
    number: int | None = None

    @property
    def was_aborted(self) -> bool:
        """Whether it was stopped, timed out, or was ended by Step Functions."""
        return self.status in ENDS or self.error in ENDS

    @property
    def cleans_up(self) -> str | None:
        """The ARN of the execution after which it cleans up, None if it is no clean-up."""
        found: str | None = self.input.get("clean_up", {}).get("execution_arn")
        if self.input.get("source") == "aws.states":
            found = self.input["detail"]["executionArn"]
        return found


@dataclass(frozen=True)
class Observed:
    """A scenario that was run.

    Attributes:
        executions: those of the requests, in their order, then the clean-ups.
        timeline: calls and changes, from the simulators' ledger.
        exports: the parameters of every export task.
        bucket: the stack's bucket for exports.
        began_at: the beginning, in epoch seconds.
        ended_at_s: when nothing ran any more.
        failures: how many attempts of tasks failed, by error.
        largest_payload: in bytes, of all inputs and outputs of states and executions.
        longest_child: events of the longest history of a child execution.
        mishaps: those that happened, each with its second.
        doubled: how StartExecution answered a repeated call that did not return the first one's
            execution.
    """

    scenario: Scenario
    executions: tuple[Execution, ...]
    timeline: tuple[Call | Change, ...]
    exports: tuple[ExportParameters, ...] = ()
    bucket: str = ""
    began_at: float = 0.0
    ended_at_s: float = 0.0
    max_concurrent_exports: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    largest_payload: int = 0
    longest_child: int = 0
    mishaps: tuple[tuple[float, Mishap], ...] = ()
    doubled: tuple[str, ...] = ()

    @property
    def requests(self) -> list[tuple[Sent, Execution]]:
        """The requests with their executions."""
        return list(zip(self.scenario.sent, self.executions, strict=False))


def observe(scenario: Scenario, orchestrator: LocalOrchestrator) -> Observed:
    """Run a scenario in its world until nothing runs any more, or until its latest end."""
    return _Storm(orchestrator, scenario).run()


class _Storm:
    """One scenario on its way."""

    def __init__(self, orchestrator: LocalOrchestrator, scenario: Scenario) -> None:
        self._orchestrator = orchestrator
        self._scenario = scenario
        self._states = orchestrator.aws.client("stepfunctions")
        self._arns: dict[int, str] = {}
        self._is_overdue = False
        self._doubled: list[str] = []
        self._mishaps = Mishaps(scenario.mishaps, orchestrator, self._number_of, self._end_early)

    def run(self) -> Observed:
        """Send the requests, wait, and return what was observed."""
        self._orchestrator.begin()
        self._mishaps.watch()
        began_at = self._orchestrator.clock.now()
        for number, sent in enumerate(self._scenario.sent):
            self._at(sent.at_s, "a request", partial(self._send, number, sent))
        self._at(self._scenario.latest_end_s, "the latest end", self._end)
        changed = self._orchestrator.aws.execution_changed
        while not self._is_overdue and not self._have_all_ended():
            changed.wait()
            changed.clear()
        return self._observed(began_at)

    def _at(self, at_s: float, name: str, work: Callable[[], object]) -> None:
        clock = self._orchestrator.clock
        clock.at(clock.now() + at_s, name, work)

    def _send(self, number: int, sent: Sent) -> None:
        self._arns[number] = arn = self._start(number, sent)
        if sent.abort_after_s is not None:
            self._at(sent.abort_after_s, "an abort", partial(self._end_early, arn, "ABORTED"))
        if sent.again_after_s is not None:
            self._at(sent.again_after_s, "a request again", partial(self._again, number, sent))

    def _start(self, number: int, sent: Sent) -> str:
        started = self._states.start_execution(
            stateMachineArn=self._orchestrator.machine_arn,
            name=f"request-{number}",
            input=json.dumps(sent.request),
        )
        return str(started["executionArn"])

    def _again(self, number: int, sent: Sent) -> None:
        """Send a request again, as who got no response does: by name, it is the same one."""
        try:
            arn = self._start(number, sent)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                self._doubled.append(str(error))
            return
        if arn != self._arns[number]:
            self._doubled.append(arn)

    def _number_of(self, arn: str) -> int | None:
        return next((number for number, each in self._arns.items() if each == arn), None)

    def _end_early(self, arn: str, end: str) -> None:
        if self._states.describe_execution(executionArn=arn)["status"] in ENDED:
            return
        if end == "ABORTED":
            self._states.stop_execution(executionArn=arn)
        else:
            end_by_itself(arn, self._orchestrator.clock, end)

    def _end(self) -> None:
        self._is_overdue = True
        self._orchestrator.aws.execution_changed.set()

    def _have_all_ended(self) -> bool:
        if len(self._arns) < len(self._scenario.sent):
            return False
        running = self._states.list_executions(
            stateMachineArn=self._orchestrator.machine_arn, statusFilter="RUNNING"
        )
        return not running["executions"]

    def _observed(self, began_at: float) -> Observed:
        ended_at_s = self._orchestrator.seconds()
        simulators = self._orchestrator.simulators
        listed = self._states.list_executions(stateMachineArn=self._orchestrator.machine_arn)
        arns = [each["executionArn"] for each in listed["executions"]]
        of_requests = [self._arns[number] for number in sorted(self._arns)]
        others = [arn for arn in reversed(arns) if arn not in of_requests]
        children: list[list[Event]] = [
            list(child.events) for arn in arns for child in child_histories(arn)
        ]
        histories: list[Sequence[Event]] = [*map(own_events, arns), *children]
        return Observed(
            scenario=self._scenario,
            executions=tuple(
                self._execution(arn, number if number < len(of_requests) else None)
                for number, arn in enumerate([*of_requests, *others])
            ),
            timeline=simulators.ledger.timeline,
            exports=tuple(simulators.export_parameters()),
            bucket=self._orchestrator.outputs["ExportBucketName"],
            began_at=began_at,
            ended_at_s=ended_at_s,
            max_concurrent_exports=simulators.ledger.max_concurrent_exports,
            failures=Counter(error for history in histories for error in _errors(history)),
            largest_payload=max(
                (size for history in histories for size in _payloads(history)), default=0
            ),
            longest_child=max(map(len, children), default=0),
            mishaps=tuple(self._mishaps.happened),
            doubled=tuple(self._doubled),
        )

    def _execution(self, arn: str, number: int | None) -> Execution:
        described = self._states.describe_execution(executionArn=arn)
        stopped = described.get("stopDate")
        is_ended = described["status"] in ENDED and stopped is not None
        seconds = self._orchestrator.world_seconds
        return Execution(
            arn=arn,
            status=described["status"],
            started_s=seconds(described["startDate"].timestamp()),
            ended_s=seconds(stopped.timestamp()) if is_ended else None,
            input=json.loads(described["input"]),
            output=json.loads(described["output"]) if described.get("output") else None,
            cause=described.get("cause"),
            error=described.get("error"),
            outcomes=tuple(self._orchestrator.outcomes(arn)),
            number=number,
        )


def _details(history: Iterable[Event]) -> Iterator[Mapping[str, Any]]:
    for event in history:
        for name, details in event.items():
            if name.endswith("EventDetails") and isinstance(details, Mapping):
                yield details


def _errors(history: Iterable[Event]) -> Iterator[str]:
    """Yield the error of each attempt of a task, and of each execution, that failed."""
    for event in history:
        if event["type"] in ("TaskFailed", "ExecutionFailed", "TaskSubmitFailed"):
            for details in _details([event]):
                yield str(details.get("error"))


def _payloads(history: Iterable[Event]) -> Iterator[int]:
    for details in _details(history):
        for name in ("input", "output"):
            if isinstance(details.get(name), str):
                yield len(details[name].encode())
