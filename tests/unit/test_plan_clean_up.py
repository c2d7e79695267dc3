"""What a clean-up finds of an ended execution: in its history, its children's and its notes."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from lambdas.campaigns import clean_up as clean_up_of_campaigns
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports import clean_up as clean_up_of_exports
from lambdas.exports.started import StartedExport
from lambdas.exports.work import ExportProgress, ExportWork
from lambdas.jobs import pass_result
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.work import Work
from lambdas.requests import accept_request, advance_plan, plan_clean_up
from lambdas.requests.executions import Executions
from lambdas.requests.outcome import Outcome
from lambdas.requests.plan import Plan
from lambdas.shared.errors import AccessDeniedException, ThrottlingException
from lambdas.shared.texts import timestamp
from tests.unit.builders import (
    EXECUTION,
    NOW,
    REGION,
    SNAPSHOT,
    AnyContext,
    any_campaign_job,
    any_export_job,
    ended,
    export_details,
    through_json,
)
from tests.unit.fake_executions import (
    Event,
    FakeClaims,
    FakeExecutions,
    answered,
    entered,
    map_started,
    published,
    succeeded,
    task_failed,
    woken,
)
from tests.unit.fake_moves import FakeMoves
from tests.unit.fakes import client_error

OWN = f"{EXECUTION}-clean-up"
MAP_RUNS = [f"arn:aws:states:{REGION}:123456789012:mapRun:Machine/Jobs:{n}" for n in range(2)]
ENDED_AFTER = 600
LATER = NOW + 630
"""When the clean-up is planned."""


DESCRIPTION = "The nightly one"


class Stack:
    """What a clean-up meets.

    Attributes:
        executions: as Step Functions tells of them.
        started: what the coordination table holds, by execution.
        moves: what it holds about campaigns.
        claims: who publishes the outcome of an execution.
    """

    def __init__(self) -> None:
        self.executions = FakeExecutions(page_size=3)
        self.started: dict[str, list[StartedExport]] = {}
        self.moves = FakeMoves()
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


@pytest.fixture
def stack(monkeypatch, hand_clock) -> Stack:
    hand_clock.time = NOW
    stack = Stack()
    executions = partial(Executions, connect={"stepfunctions": stack.executions}.__getitem__)
    monkeypatch.setattr(plan_clean_up, "Executions", executions)
    monkeypatch.setattr(clean_up_of_exports, "StartedExports", {"any-table": stack}.__getitem__)
    monkeypatch.setattr(clean_up_of_campaigns, "Moves", lambda _table: stack.moves)
    monkeypatch.setattr(plan_clean_up, "OutcomeClaims", stack.claims)
    monkeypatch.setenv("COORDINATION_TABLE", "any-table")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("SNAPSHOT_EXPORTS", "[]")
    return stack


@pytest.fixture
def clean_up(stack, hand_clock):
    """Plan the clean-up, and let its cancels end as they are told to."""

    def clean_up(*cancels: dict[str, Any]) -> dict[str, Any]:
        hand_clock.time = LATER
        event = {
            "clean_up": {"execution_arn": EXECUTION},
            "execution_arn": OWN,
            "execution_name": "run-1-clean-up",
        }
        answer = invoke(plan_clean_up.handler, event)
        assert ("plan" in answer) == bool(cancels)
        if not cancels:
            return answer
        plan = Plan.model_validate(answer["plan"])
        works = (through_json(work.model_dump(mode="json")) for work in plan.running)
        results = [canceled(work, **end) for work, end in zip(works, cancels, strict=True)]
        return invoke(advance_plan.handler, {"plan": answer["plan"], "results": results})

    return clean_up


def invoke(handler: Any, event: dict[str, Any]) -> dict[str, Any]:
    return through_json(handler(through_json(event), AnyContext()))


def canceled(work: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the last look at an export that the clean-up has canceled."""
    given: dict[str, Any] = {
        "phase": Phase.COMPLETE,
        "reason": "TargetReached",
        "message": "export is CANCELED",
    }
    exported = ExportWork.model_validate(work)
    progress = exported.progress.model_copy(
        update={
            "state": "CANCELED",
            "details": export_details(
                export_task_identifier=exported.progress.requested_task_id, percent_progress=40
            ),
        }
    )
    exported = exported.model_copy(update={"progress": progress})
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
    """Return what AdvancePlan answers to the children's last looks."""
    carried = [result and result.as_payload() for result in results]
    return invoke(advance_plan.handler, {"plan": answer["plan"], "results": carried})


def looked_at(work: Work, **progress: Any) -> PassResult:
    """Return a look at work that goes on, whose resources show a state."""
    memo = work.polling.polled(NOW + 60)
    if isinstance(work, CampaignWork):
        seen = CampaignProgress(polls=1, **progress)
        update: dict[str, Any] = {"open": dict.fromkeys(work.open, seen)}
    else:
        update = {"progress": ExportProgress(**progress)}
    return pass_result.next_pass(
        work.model_copy(update={**update, "polling": memo}), Phase.IN_PROGRESS, 30
    )


def child(*seen: PassResult) -> list[Event]:
    """Return the history of a child that runs, looks and is woken."""
    return [
        event
        for look in seen
        for event in (entered("Reconcile"), answered(look.as_payload()), entered("Wait"), woken())
    ]


def ended_child(seen: PassResult) -> list[Event]:
    return [*child(seen), succeeded(seen.as_payload())]


def started(answer: dict[str, Any]) -> list[Event]:
    """Return the history of an execution that was accepted."""
    return [entered("AcceptRequest"), answered(answer), entered("RouteRequest"), entered("RunJobs")]


def jobs(outcome: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry["job"], entry["id"], entry["reason"]) for entry in outcome["resources"]]


@pytest.mark.parametrize("error", ["ExecutionDoesNotExist", "InvalidArn"])
def test_an_execution_that_there_is_not_is_rejected(stack, clean_up, error):
    stack.executions.will("describe_execution", client_error(error))
    outcome = clean_up()["outcome"]
    assert (outcome["reason"], outcome["correlation_id"]) == ("RequestRejected", "run-1-clean-up")
    assert outcome["execution_arn"] == OWN
    assert [fault["field"] for fault in outcome["faults"]] == ["clean_up.execution_arn"]
    assert "publish" not in clean_up()


def test_an_execution_that_still_runs_is_rejected_and_not_read(stack, clean_up):
    stack.ended("RUNNING", *started(accepted({"jobs": [any_export_job()]})))
    stack.noted("mine", "0.0")
    outcome = clean_up()["outcome"]
    assert outcome["reason"] == "RequestRejected"
    assert outcome["faults"] == [
        {"field": "clean_up.execution_arn", "rule": "is still running: stop it first"}
    ]
    assert [operation for operation, _arn in stack.executions.calls] == ["describe_execution"]


def test_an_export_is_told_of_by_the_id_of_its_job(stack, clean_up):
    answer = accepted({"jobs": [any_export_job(id="night", on_abort="cancel")]})
    stack.ended("ABORTED", *started(answer))
    stack.noted("task-1", "night")
    told = clean_up({})
    for outcome in (told["publish"], told["outcome"]):
        assert outcome["description"] == DESCRIPTION
        assert [entry["job"] for entry in outcome["resources"]] == ["night"]
    assert "in the clean-up" in told["publish"]["resources"][0]["message"]


@pytest.mark.parametrize(
    ("status", "fields", "reason", "message"),
    [
        ("ABORTED", {}, "ExecutionAborted", "the execution was aborted"),
        (
            "ABORTED",
            {"error": "ByHand", "cause": "the wrong campaigns"},
            "ExecutionAborted",
            "the execution was aborted (ByHand: the wrong campaigns)",
        ),
        ("TIMED_OUT", {}, "ExecutionTimedOut", "the execution timed out"),
        (
            "FAILED",
            {"error": "States.Runtime", "cause": "reached the maximum history size"},
            "States.Runtime",
            "Step Functions ended the execution (States.Runtime: reached the maximum history size)",
        ),
        ("FAILED", {}, "ExecutionFailed", "Step Functions ended the execution"),
    ],
)
def test_the_outcome_says_how_the_execution_ended(stack, clean_up, status, fields, reason, message):
    answer = accepted({"jobs": [any_campaign_job()]})
    stack.ended(status, *started(answer), **fields)
    told = clean_up()["publish"]
    assert (told["phase"], told["reason"]) == ("FAILED", reason)
    assert told["summary"].startswith(f"{message}; 1 of 1 did not reach their targets; c-1")
    assert (told["correlation_id"], told["execution_arn"]) == ("nightly", EXECUTION)
    assert told["description"] == DESCRIPTION
    assert told["started_at"] == timestamp(NOW)
    assert told["ended_at"] == timestamp(NOW + ENDED_AFTER)
    assert told["elapsed_seconds"] == ENDED_AFTER
    (entry,) = told["resources"]
    assert (entry["reason"], entry["message"]) == (reason, message)
    assert (entry["ended_at"], entry["elapsed_seconds"]) == (told["ended_at"], ENDED_AFTER)


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


@pytest.fixture
def aborted_half_way(stack) -> None:
    """An execution whose second stage ran: one batch ended, others run, one was never seen."""
    first = accepted(*STAGES)
    second = advanced(first, *(ended(work, at=NOW + 60) for work in works_of(first)))
    full, rest, export, _unseen, failed = works_of(second)
    assert isinstance(full, CampaignWork)
    half = full.close("c-0", phase=Phase.COMPLETE, reason="Any", message="any", now=NOW + 60)
    stack.ended(
        "ABORTED",
        *started(first),
        map_started(MAP_RUNS[0]),
        entered("AdvancePlan"),
        answered(second),
        entered("RunJobs"),
        map_started(MAP_RUNS[1]),
    )
    caught = looked_at(failed, state="Running").model_dump(mode="json", exclude_defaults=True)
    error = {"phase": "FAILED", "error": CAUGHT, "ended_at": round((NOW + 90) * 1000)}
    stack.executions.add_children(MAP_RUNS[0], ended_child(ended(full, at=NOW + 60)))
    stack.executions.add_children(
        MAP_RUNS[1],
        child(looked_at(full, state="Running"), looked_at(half, state="Paused")),
        ended_child(ended(rest, at=NOW + 60)),
        [*child(looked_at(export, state="STARTING")), entered("ReconcileExport"), task_failed()],
        [entered("ReconcileCampaigns"), task_failed()],
        [entered("ReconcileCampaigns"), task_failed(), succeeded(caught | error)],
    )


@pytest.mark.usefixtures("aborted_half_way")
def test_every_resource_is_in_the_outcome_once_with_what_was_seen_of_it_last(clean_up):
    told = Outcome.model_validate(clean_up()["publish"])
    ids = ["first", *(f"c-{n}" for n in range(26)), SNAPSHOT, "unseen", "failed", "first", SNAPSHOT]
    assert [entry.id for entry in told.resources] == ids
    assert [entry.job for entry in told.resources] == (
        ["0.0"] + ["1.0"] * 26 + ["1.1", "1.2", "1.3", "2.0", "3.0"]
    )
    by_key = {(entry.job, entry.id): entry for entry in told.resources}
    assert [by_key["1.0", name].phase for name in ("c-0", "c-1", "c-25")] == [
        Phase.COMPLETE,
        Phase.FAILED,
        Phase.COMPLETE,
    ]
    going = by_key["1.0", "c-1"]
    assert (going.reason, going.final_state, going.polls) == ("ExecutionAborted", "Paused", 1)
    export = by_key["1.1", SNAPSHOT]
    assert (export.reason, export.final_state) == ("ExecutionAborted", "STARTING")
    assert (by_key["1.2", "unseen"].final_state, by_key["1.2", "unseen"].polls) == (None, 0)
    assert {entry.ended_at for entry in (going, export)} == {timestamp(NOW + ENDED_AFTER)}


@pytest.mark.usefixtures("aborted_half_way")
def test_what_had_failed_before_the_abort_keeps_its_own_end(clean_up):
    (failed,) = (entry for entry in clean_up()["publish"]["resources"] if entry["id"] == "failed")
    assert (failed["reason"], failed["message"]) == (CAUGHT["Error"], CAUGHT["Cause"])
    assert (failed["final_state"], failed["ended_at"]) == ("Running", timestamp(NOW + 90))


@pytest.mark.usefixtures("aborted_half_way")
def test_what_had_not_begun_says_so(clean_up):
    *_, again, export = clean_up()["publish"]["resources"]
    for entry in (again, export):
        assert (entry["phase"], entry["reason"]) == ("FAILED", "ExecutionAborted")
        assert entry["message"] == "the execution was aborted; its stage had not begun"
        assert (entry["polls"], entry["elapsed_seconds"]) == (0, 0)
        assert (entry["initial_state"], entry["final_state"]) == (None, None)


@pytest.mark.usefixtures("aborted_half_way")
def test_a_clean_up_with_nothing_to_cancel_is_complete_itself(clean_up):
    own = clean_up()["outcome"]
    assert (own["phase"], own["resources"]) == ("COMPLETE", [])
    assert (own["correlation_id"], own["execution_arn"]) == ("nightly", OWN)


@pytest.mark.usefixtures("aborted_half_way")
def test_the_cancel_is_told_in_the_entry_of_the_job_that_had_started_the_export(stack, clean_up):
    stack.noted("mine", "1.1")
    answer = clean_up({})
    told = {entry["job"]: entry for entry in answer["publish"]["resources"]}
    assert len(answer["publish"]["resources"]) == 32
    export = told["1.1"]
    assert (export["phase"], export["reason"]) == ("FAILED", "ExecutionAborted")
    assert (export["initial_state"], export["final_state"]) == (None, "CANCELED")
    assert export["message"] == (
        "the execution was aborted; in the clean-up: TargetReached: export is CANCELED"
    )
    assert export["details"]["export_task_identifier"] == "mine"
    assert export["details"]["percent_progress"] == 40
    assert told["3.0"]["final_state"] is None, "the other job of the same source"
    assert jobs(answer["outcome"]) == [("1.1", SNAPSHOT, "TargetReached")]
    assert answer["outcome"]["phase"] == "COMPLETE"


@pytest.mark.usefixtures("aborted_half_way")
def test_an_export_that_two_jobs_had_noted_is_canceled_once_and_told_in_both(stack, clean_up):
    stack.noted("mine", "1.1")
    stack.noted("mine", "3.0")
    answer = clean_up({})
    told = {entry["job"]: entry for entry in answer["publish"]["resources"]}
    assert [told[job]["final_state"] for job in ("1.1", "3.0")] == ["CANCELED", "CANCELED"]
    assert len(answer["outcome"]["resources"]) == 1


@pytest.mark.usefixtures("aborted_half_way")
def test_of_several_exports_of_one_job_the_entry_tells_the_end_of_its_own(stack, clean_up):
    stack.noted("older", "1.1")
    stack.noted("newer", "1.1")
    answer = clean_up({}, {"reason": "FinishedBeforeCancel", "message": "it had ended"})
    (export,) = (entry for entry in answer["publish"]["resources"] if entry["job"] == "1.1")
    assert export["message"].endswith("FinishedBeforeCancel: it had ended")
    assert export["details"]["export_task_identifier"] == "newer"


@pytest.mark.usefixtures("aborted_half_way")
def test_a_cancel_that_fails_fails_the_clean_up_and_is_told(stack, clean_up):
    stack.noted("mine", "1.1")
    answer = clean_up({"phase": Phase.FAILED, "reason": "AccessDeniedException", "message": "no"})
    assert answer["outcome"]["phase"] == "FAILED"
    (export,) = (entry for entry in answer["publish"]["resources"] if entry["job"] == "1.1")
    assert export["message"].endswith("in the clean-up: AccessDeniedException: no")


def test_an_export_that_had_reached_its_target_keeps_its_entry(stack, clean_up):
    first = accepted({"jobs": [any_export_job(on_abort="cancel")]}, {"jobs": [any_campaign_job()]})
    second = advanced(first, *(ended(work, at=NOW + 60) for work in works_of(first)))
    stack.ended("ABORTED", *started(first), map_started(MAP_RUNS[0]), answered(second))
    stack.noted("mine", "0.0")
    answer = clean_up({"reason": "FinishedBeforeCancel", "message": "it had ended"})
    assert jobs(answer["publish"]) == [
        ("0.0", SNAPSHOT, "AnyReason"),
        ("1.0", "c-1", "ExecutionAborted"),
    ]
    assert answer["publish"]["resources"][0]["message"] == "any message"


def test_the_children_of_an_earlier_stage_are_not_asked(stack, clean_up):
    first = accepted({"jobs": [any_campaign_job()]}, {"jobs": [any_campaign_job()]})
    second = advanced(first, *(ended(work, at=NOW + 60) for work in works_of(first)))
    stack.ended("ABORTED", *started(first), map_started(MAP_RUNS[0]), answered(second))
    assert jobs(clean_up()["publish"]) == [
        ("0.0", "c-1", "AnyReason"),
        ("1.0", "c-1", "ExecutionAborted"),
    ]
    assert "list_executions" not in {operation for operation, _arn in stack.executions.calls}


def test_children_are_read_however_many_there_are(stack, clean_up):
    ids = [f"c-{number}" for number in range(8)]
    first = accepted({"jobs": [any_campaign_job(campaign_ids=[name]) for name in ids]})
    stack.ended("ABORTED", *started(first), map_started(MAP_RUNS[0]))
    seen = [[*child(looked_at(work, state="Paused"))] for work in works_of(first)]
    stack.executions.add_children(MAP_RUNS[0], *seen)
    assert [entry["final_state"] for entry in clean_up()["publish"]["resources"]] == ["Paused"] * 8


OUTCOME_NOT_PUBLISHED = {"error": "OutcomeNotPublished", "cause": "any summary; not published: 500"}


@pytest.fixture
def concluded() -> list[Event]:
    """The history of an execution that had its outcome."""
    first = accepted({"jobs": [any_campaign_job(campaign_ids=["a", "b"]), any_export_job()]})
    campaigns, export = works_of(first)
    last = advanced(first, ended(campaigns, at=NOW + 60), ended(export, Phase.FAILED, at=NOW + 60))
    return [*started(first), map_started(MAP_RUNS[0]), entered("AdvancePlan"), answered(last)]


def test_an_outcome_that_could_not_be_published_is_published_by_the_clean_up(
    stack, clean_up, concluded
):
    failed = task_failed("EventBridge.FailedEntry")
    stack.ended("FAILED", *concluded, entered("PublishOutcome"), failed, **OUTCOME_NOT_PUBLISHED)
    told = clean_up()["publish"]
    assert jobs(told) == [
        (job, name, "AnyReason") for job, name in (("0.0", "a"), ("0.0", "b"), ("0.1", SNAPSHOT))
    ]
    assert [entry["phase"] for entry in told["resources"]] == ["COMPLETE", "COMPLETE", "FAILED"]
    assert (told["reason"], told["correlation_id"]) == ("RequestFailed", "nightly")
    assert told["execution_arn"] == EXECUTION


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "ABORTED"])
def test_an_outcome_that_was_published_is_not_published_again(stack, clean_up, concluded, status):
    history = [*concluded, entered("PublishOutcome"), published(), entered("RouteOutcome")]
    stack.ended(status, *history)
    assert set(clean_up()) == {"outcome"}


OTHER = f"{EXECUTION}-other-clean-up"


@pytest.mark.parametrize(
    ("status", "history", "publishes"),
    [
        ("RUNNING", [], False),
        ("SUCCEEDED", [published()], False),
        ("FAILED", [], True),
        (None, [], True),
    ],
)
def test_of_two_clean_ups_one_publishes_the_outcome(stack, clean_up, status, history, publishes):
    """The other one only cancels; unless the first has come to nothing."""
    stack.ended("ABORTED", *started(accepted(any_campaign_job())))
    stack.claims.claim(EXECUTION, OTHER)
    if status is not None:
        stack.executions.add(OTHER, status, *history)
    assert ("publish" in clean_up()) == publishes
    assert stack.claims.holder(EXECUTION) == (OWN if publishes else OTHER)


def test_what_was_left_behind_is_canceled_after_a_published_outcome_too(stack, clean_up, concluded):
    stack.ended("FAILED", *concluded, published(), entered("RouteOutcome"))
    stack.noted("mine", "0.1")
    answer = clean_up({})
    assert set(answer) == {"outcome"}
    assert jobs(answer["outcome"]) == [("0.1", SNAPSHOT, "TargetReached")]


def test_an_outcome_that_the_state_machine_wrote_and_published_is_not_published_again(
    stack, clean_up
):
    """An AdvancePlan that failed left no answer, so the newest one is an older plan."""
    first = accepted({"jobs": [any_campaign_job()]})
    history = [*started(first), map_started(MAP_RUNS[0]), entered("AdvancePlan")]
    stack.ended(
        "FAILED",
        *history,
        task_failed("States.Timeout"),
        entered("PublishOutcome"),
        published(),
        error="WorkflowFailed",
    )
    stack.executions.add_children(MAP_RUNS[0], ended_child(ended(works_of(first)[0], at=NOW + 60)))
    assert set(clean_up()) == {"outcome"}


def test_an_execution_that_ended_before_it_had_a_plan_tells_of_all_that_was_requested(
    stack, clean_up
):
    request = {
        "stages": [{"jobs": [any_campaign_job()]}, {"jobs": [any_export_job()]}],
        "correlation_id": "nightly",
    }
    stack.ended("ABORTED", entered("AcceptRequest"), request=request)
    told = clean_up()["publish"]
    assert told["correlation_id"] == "nightly"
    assert [(entry["job"], entry["id"], entry["message"]) for entry in told["resources"]] == [
        ("0.0", "c-1", "the execution was aborted"),
        ("1.0", SNAPSHOT, "the execution was aborted; its stage had not begun"),
    ]


@pytest.mark.parametrize("request_", [any_campaign_job(target="DANCING"), None, [], "x"])
def test_an_invalid_request_that_was_not_rejected_in_time_names_no_resource(
    stack, clean_up, request_
):
    stack.ended("ABORTED", entered("AcceptRequest"), request=request_)
    told = clean_up()["publish"]
    assert (told["phase"], told["reason"], told["resources"]) == ("FAILED", "ExecutionAborted", [])
    assert told["correlation_id"] == "run-1"


def test_an_execution_whose_input_is_not_told_is_cleaned_up_after_all_the_same(stack, clean_up):
    """DescribeExecution leaves out an input that is too large or may not be read."""
    stack.ended("ABORTED")
    stack.noted("mine", "0.0")
    stack.executions.describe_execution(executionArn=EXECUTION).pop("input")
    answer = clean_up({})
    assert jobs(answer["outcome"]) == [("0.0", SNAPSHOT, "TargetReached")]
    assert answer["publish"]["resources"] == []


@pytest.mark.parametrize(
    "operation", ["describe_execution", "get_execution_history", "list_executions"]
)
@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("AccessDeniedException", AccessDeniedException),
        ("ThrottlingException", ThrottlingException),
    ],
)
@pytest.mark.usefixtures("aborted_half_way")
def test_step_functions_that_refuses_is_told_by_name(stack, clean_up, operation, code, named):
    stack.executions.will(operation, client_error(code))
    with pytest.raises(named):
        clean_up()


@pytest.mark.usefixtures("aborted_half_way")
def test_a_clean_up_that_is_planned_again_is_the_same(stack, clean_up):
    stack.noted("mine", "1.1")
    assert json.dumps(clean_up({})) == json.dumps(clean_up({}))
