"""Executions that have ended, and what a clean-up finds of them."""

from __future__ import annotations

from typing import Any

from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports.started import StartedExport
from lambdas.exports.work import ExportProgress, ExportWork
from lambdas.jobs import pass_result
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.work import Work
from lambdas.requests import accept_request, advance_plan
from lambdas.requests.plan import Plan
from tests.unit.builders import (
    EXECUTION,
    NOW,
    REGION,
    SNAPSHOT,
    AnyContext,
    any_campaign_job,
    any_export_job,
    export_details,
    through_json,
)
from tests.unit.fake_executions import (
    Event,
    FakeClaims,
    FakeExecutions,
    answered,
    entered,
    succeeded,
    woken,
)

OWN = f"{EXECUTION}-clean-up"
MAP_RUNS = [f"arn:aws:states:{REGION}:123456789012:mapRun:Machine/Jobs:{n}" for n in range(2)]
ENDED_AFTER = 600
LATER = NOW + 630
"""When the clean-up is planned."""


DESCRIPTION = "The nightly one"


class Stack:
    """What a clean-up meets.

    Attributes:
        executions: as Step Functions describes them.
        started: what the coordination table holds, by execution.
        claims: who publishes the outcome of an execution.
    """

    def __init__(self) -> None:
        self.executions = FakeExecutions(page_size=3)
        self.started: dict[str, list[StartedExport]] = {}
        self.claims = FakeClaims()

    def to_cancel(self, execution_arn: str) -> tuple[StartedExport, ...]:
        return tuple(self.started.get(execution_arn, ()))

    def ended(self, status: str, *history: Event, **fields: Any) -> None:
        """Let the execution end that is cleaned up after."""
        self.executions.add(EXECUTION, status, *history, seconds=ENDED_AFTER, **fields)

    def noted(self, task_id: str, job: str) -> None:
        """Let a job of the execution have noted that it starts an export."""
        export = StartedExport(task_id, SNAPSHOT, job, cancel_on_abort=True)
        self.started.setdefault(EXECUTION, []).append(export)


def invoke(handler: Any, event: dict[str, Any]) -> dict[str, Any]:
    return through_json(handler(through_json(event), AnyContext()))


def canceled(work: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the last pass over an export that the clean-up has canceled."""
    given: dict[str, Any] = {
        "phase": Phase.COMPLETE,
        "reason": "TargetReached",
        "message": "export is CANCELED",
    }
    exported = ExportWork.model_validate(work)
    progress = exported.progress.replace(
        state="CANCELED",
        details=export_details(
            export_task_identifier=exported.progress.requested_task_id, percent_progress=40
        ),
    )
    exported = exported.replace(progress=progress)
    closed = exported.close(**given | fields, now=LATER)
    return pass_result.last_pass(closed, closed.entries[0].phase).as_payload()


def accepted(*stages: dict[str, Any]) -> dict[str, Any]:
    """Return what AcceptRequest answers to a request."""
    event = {
        "request": {
            "stages": list(stages),
            "correlation_id": "nightly",
            "description": DESCRIPTION,
        },
        "execution_arn": EXECUTION,
        "execution_name": "run-1",
    }
    return invoke(accept_request.handler, event)


def works_of(answer: dict[str, Any]) -> list[Work]:
    return list(Plan.model_validate(answer["plan"]).running)


def advanced(answer: dict[str, Any], *results: PassResult | None) -> dict[str, Any]:
    """Return what AdvancePlan answers to the children's last passes."""
    carried = [result and result.as_payload() for result in results]
    return invoke(advance_plan.handler, {"plan": answer["plan"], "results": carried})


def passed(work: Work, **progress: Any) -> PassResult:
    """Return a pass over work that goes on, whose resources show a state."""
    memo = work.polling.polled(NOW + 60)
    if isinstance(work, CampaignWork):
        seen = CampaignProgress(polls=1, **progress)
        update: dict[str, Any] = {"open": dict.fromkeys(work.open, seen)}
    else:
        update = {"progress": ExportProgress(**progress)}
    return pass_result.next_pass(work.replace(**update, polling=memo), Phase.IN_PROGRESS, 30)


def child(*seen: PassResult) -> list[Event]:
    """Return the history of a child that runs passes and is woken."""
    return [
        event
        for result in seen
        for event in (entered("Reconcile"), answered(result.as_payload()), entered("Wait"), woken())
    ]


def ended_child(seen: PassResult) -> list[Event]:
    return [*child(seen), succeeded(seen.as_payload())]


def started(answer: dict[str, Any]) -> list[Event]:
    """Return the history of an execution that was accepted."""
    return [entered("AcceptRequest"), answered(answer), entered("RouteRequest"), entered("RunJobs")]


def jobs(outcome: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry["job"], entry["id"], entry["reason"]) for entry in outcome["resources"]]


STAGES = (
    {"jobs": [any_campaign_job(campaign_ids=["first"])]},
    {
        "jobs": [
            any_campaign_job(campaign_ids=[f"c-{number}" for number in range(26)]),
            any_export_job(on_abort="cancel"),
            any_campaign_job(campaign_ids=["unseen"]),
            any_campaign_job(campaign_ids=["failed"]),
        ]
    },
    {"run": "always", "jobs": [any_campaign_job(campaign_ids=["first"], target="RUNNING")]},
    {"jobs": [any_export_job(target="CANCELED")]},
)
CAUGHT = {"Error": "AccessDeniedException", "Cause": "not authorized to perform"}
