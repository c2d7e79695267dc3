"""The progress of a run at one moment, resource by resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from commandline.output import one_line
from commandline.progress import Progress, Request, Resource, Status, short
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.registry import AnyWork
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.requests.executions import pass_result_of
from lambdas.requests.plan import close
from localcloud.orchestrator import LocalOrchestrator
from localcloud.patches import ChildHistory, child_histories
from localcloud.runs import ENDED, Run, Runs

_WORK: Final[TypeAdapter[Work]] = TypeAdapter(AnyWork)


class ProgressReader:
    """Reads the progress of a run, without calls that the run's report would count."""

    def __init__(self, orchestrator: LocalOrchestrator, runs: Runs) -> None:
        self._orchestrator = orchestrator
        self._runs = runs
        self._results: dict[str, tuple[int, PassResult | None]] = {}

    def read(self) -> Progress:
        """Return the current progress."""
        states = self._states()
        requests: list[Request] = []
        resources: list[Resource] = []
        for number, run in enumerate(self._runs.all, start=1):
            children = child_histories(run.execution_arn)
            name = "request" if len(self._runs.all) == 1 else f"request {number}"
            requests.append(Request(name, run.status, _where(run, children)))
            resources += self._resources(number, run, children, states)
        head = f"{self._orchestrator.seconds():,.0f} simulated s"
        return Progress(head, tuple(requests), tuple(resources))

    def _states(self) -> dict[str, str]:
        """Return the state of each resource that exists, in words."""
        percents = self._orchestrator.simulators.export_percents()
        states: dict[str, str] = {}
        for resource, changes in self._orchestrator.simulators.ledger.states.items():
            at_s, state = changes[-1]
            percent = percents.get(resource)
            progress = f" {percent}%" if state == "IN_PROGRESS" and percent is not None else ""
            states[resource] = f"{state}{progress} since {at_s:,.0f} s"
        return states

    def _resources(
        self,
        number: int,
        run: Run,
        children: Iterable[ChildHistory],
        states: Mapping[str, str],
    ) -> Iterator[Resource]:
        if run.status in ENDED and run.outcome.get("resources"):
            for entry in run.outcome["resources"]:
                yield self._ended(number, Entry.model_validate(entry))
            return
        for child in children:
            work = _WORK.validate_python(child.item["work"])
            result = self._last_result(child)
            ended = result.entries or (result.work or work).entries if result else ()
            for entry in close(work, result, 0, reason=child.status, message=""):
                if entry in ended:
                    yield self._ended(number, entry)
                    continue
                is_open = child.status == "RUNNING"
                phase = result.phase if result else Phase.IN_PROGRESS
                yield Resource(
                    key=(number, entry.job, entry.id),
                    name=short(entry.id),
                    target=entry.target,
                    status=Status(phase) if is_open else Status.FAILED,
                    detail=states.get(entry.id, "") if is_open else _reason(entry),
                )

    def _last_result(self, child: ChildHistory) -> PassResult | None:
        """Return a child's last pass result, read again only if its history has grown."""
        events, result = self._results.get(child.execution_arn, (0, None))
        if len(child.events) != events:
            result = next(filter(None, map(pass_result_of, reversed(child.events))), None)
            self._results[child.execution_arn] = (len(child.events), result)
        return result

    def _ended(self, number: int, entry: Entry) -> Resource:
        ended_at = datetime.fromisoformat(entry.ended_at).timestamp()
        status = Status.WARNING if entry.warnings else Status.COMPLETE
        detail = one_line("; ".join(entry.warnings)) or (entry.final_state or "")
        if entry.phase is Phase.PLANNED:
            status, detail = Status.PLANNED, _plan(entry)
        if entry.phase is Phase.FAILED:
            status, detail = Status.FAILED, _reason(entry)
        return Resource(
            key=(number, entry.job, entry.id),
            name=short(entry.id),
            target=entry.target,
            status=status,
            detail=detail,
            ended_at_s=self._orchestrator.world_seconds(ended_at),
        )


def _plan(entry: Entry) -> str:
    return f"would call {', '.join(entry.would)}" if entry.would else _reason(entry)


def _reason(entry: Entry) -> str:
    return one_line(f"{entry.reason}: {entry.message}" if entry.message else entry.reason)


def _where(run: Run, children: Iterable[ChildHistory]) -> str:
    """Return a request's summary; until it has one, the states that its children are in."""
    if summary := run.outcome.get("summary"):
        return one_line(summary)
    running = {_last_state(child.events) for child in children if child.status == "RUNNING"}
    return " ".join(sorted(running))


def _last_state(events: Iterable[Mapping[str, Any]]) -> str:
    entered = (event.get("stateEnteredEventDetails") for event in reversed(tuple(events)))
    return next((str(details["name"]) for details in entered if details), "starting")
