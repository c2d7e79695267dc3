"""The state machine keeps the house rules on branching, retrying, catching and ending."""

from __future__ import annotations

from typing import Any

import pytest

from console.reading.definition import ways
from infra.project import ROOT
from lambdas.jobs.registry import KINDS
from lambdas.requests.outcome import OUTCOME_NOT_PUBLISHED
from lambdas.shared.errors import CapacityError, PermanentError, StateError, TransientError
from lambdas.shared.limits import OUTLIVES_EXECUTION_SECONDS, RETRIES_WHEN_UNAVAILABLE
from localcloud.patches.expressions.evaluation import evaluate
from tests.infra.sources import operations
from tests.infra.stack_parts import Functions, State, Task, Template

LAMBDA_SERVICE_ERRORS = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
}
BUSY = {"ThrottlingException", "ServiceUnavailableException"}
RECONCILERS = ("ReconcileCampaigns", "ReconcileExport")
WAITS_FOR_WAKES = ("AwaitExportEvent", "AwaitExportSlot")
WAITS_FOR_CAMPAIGNS = ("AwaitCampaigns", "AwaitDeletion")

PICTURE = {
    "AcceptRequest", "RouteRequest", "AwaitLastStarts", "PlanCleanUp", "IsAnythingLeftBehind",
    "RunJobs", "AdvancePlan", "IsPlanFinished", "ResolveJobs", "IsStageResolved",
    "PublishOutcome", "RouteOutcome",
    "RequestRejected", "RequestComplete", "RequestFailed",
    "WhichKind", "JobComplete", "JobFailed",
    "ReconcileCampaigns", "RouteCampaigns", "AwaitDeletion", "AwaitCampaigns",
    "ReconcileExport", "RouteExport", "AwaitExportSlot", "AwaitExportEvent", "AwaitNextPoll",
}  # fmt: skip
"""The states of the design. How each is reached is the business of docs/workflow.md."""


def leaves(error: type[Exception]) -> set[str]:
    """Return the names that Step Functions may see of an error and its kinds."""
    kinds = [kind for kind in error.__subclasses__() if kind.__module__ == error.__module__]
    return set().union(*map(leaves, kinds)) if kinds else {error.__name__}


def retried(state: State) -> set[str]:
    return {error for retrier in state.get("Retry", ()) for error in retrier["ErrorEquals"]}


def test_has_every_state_of_the_design(states: dict[str, State]) -> None:
    assert PICTURE - states.keys() == set()


def test_every_job_runs_in_an_execution_that_may_wait_for_days(states: dict[str, State]) -> None:
    config = states["RunJobs"]["ItemProcessor"]["ProcessorConfig"]
    assert config == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def test_every_choice_has_a_default(states: dict[str, State]) -> None:
    choices = {name: state for name, state in states.items() if state["Type"] == "Choice"}
    assert {name for name, state in choices.items() if "Default" not in state} == set()


def test_every_task_is_bounded_in_time(tasks: dict[str, Task]) -> None:
    assert {name for name, task in tasks.items() if "TimeoutSeconds" not in task.state} == set()


def test_every_task_is_retried_by_name_with_capped_and_jittered_delays(
    tasks: dict[str, Task],
) -> None:
    assert {name for name, task in tasks.items() if not retried(task.state)} == set()
    for name, task in tasks.items():
        for retrier in task.state["Retry"]:
            assert retrier["BackoffRate"] > 1, name
            assert retrier["MaxDelaySeconds"] > retrier["IntervalSeconds"], name
            assert retrier["JitterStrategy"] == "FULL", name


def test_nothing_retries_every_error(states: dict[str, State]) -> None:
    assert {name for name, state in states.items() if "States.ALL" in retried(state)} == set()


def test_no_function_is_retried_for_whatever_it_raises(tasks: dict[str, Task]) -> None:
    """States.TaskFailed stands for every error but a timeout, permanent ones among them."""
    invoking = {name: task.state for name, task in tasks.items() if task.function}
    assert {name for name, state in invoking.items() if "States.TaskFailed" in retried(state)} == (
        set()
    )


def test_every_task_catches_what_is_left_over_last(states: dict[str, State]) -> None:
    for name, state in states.items():
        if state["Type"] in ("Task", "Map"):
            *named, last = state["Catch"]
            assert last["ErrorEquals"] == ["States.ALL"], name
            assert all("States.ALL" not in catcher["ErrorEquals"] for catcher in named), name


def test_an_answer_that_is_too_large_is_caught_by_its_name_as_every_other_error_is(
    states: dict[str, State],
) -> None:
    """Whether States.ALL catches it is documented one way and recorded another."""
    for name, state in states.items():
        if state["Type"] in ("Task", "Map"):
            *_, too_large, last = state["Catch"]
            assert too_large == {**last, "ErrorEquals": ["States.DataLimitExceeded"]}, name


@pytest.mark.parametrize("name", RECONCILERS)
def test_reconcilers_retry_the_transient_errors_and_those_of_the_lambda_service(
    name: str, states: dict[str, State]
) -> None:
    named = retried(states[name])
    assert {error for error in named if "." not in error} == leaves(TransientError)
    assert named >= LAMBDA_SERVICE_ERRORS


def test_every_task_with_a_function_survives_the_lambda_service(tasks: dict[str, Task]) -> None:
    invoking = {name: task.state for name, task in tasks.items() if task.function}
    assert {n for n, state in invoking.items() if not retried(state) >= LAMBDA_SERVICE_ERRORS} == (
        set()
    )


def test_every_function_that_calls_aws_is_retried_when_aws_is_busy(
    tasks: dict[str, Task], functions: Functions
) -> None:
    for name, task in tasks.items():
        if task.function:
            handler = functions[task.function]["Handler"].rpartition(".")[0]
            assert (retried(task.state) >= BUSY) is bool(operations(handler)), name


@pytest.mark.parametrize("error", [PermanentError, StateError, CapacityError])
def test_never_retries_what_waiting_does_not_cure(
    error: type[Exception], states: dict[str, State]
) -> None:
    everywhere = set().union(*map(retried, states.values()))
    assert everywhere & leaves(error) == set()


def test_every_end_is_an_outcome(states: dict[str, State]) -> None:
    ends = {name: state for name, state in states.items() if not list(ways(name, state))}
    assert {state["Type"] for state in ends.values()} == {"Succeed", "Fail"}
    for name, state in ends.items():
        if state["Type"] == "Fail":
            assert state["Error"], name
            assert state["Cause"], name


def test_every_state_is_reachable(definition: dict[str, Any], states: dict[str, State]) -> None:
    assert states.keys() - _reached(definition) == set()


def test_a_task_has_the_name_of_its_functions_module(
    tasks: dict[str, Task], functions: Functions
) -> None:
    invoking = {name: task.function for name, task in tasks.items() if task.function}
    assert len(invoking) >= 4
    for name, function in invoking.items():
        module = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
        [path] = (ROOT / "lambdas").glob(f"*/{module}.py")
        handler = functions[function]["Handler"]
        assert handler == f"lambdas.{path.parent.name}.{module}.handler"


def test_a_clean_up_is_planned_when_nothing_of_the_ended_execution_can_still_be_noted(
    states: dict[str, State],
) -> None:
    """A function outlives its execution by its time-out at most; a note comes before its start."""
    routes = {choice["Next"] for choice in states["RouteRequest"]["Choices"]}
    assert routes == {"ResolveJobs", "RunJobs", "AwaitLastStarts"}
    wait = states["AwaitLastStarts"]
    assert (wait["Type"], wait["Seconds"]) == ("Wait", OUTLIVES_EXECUTION_SECONDS)
    assert wait["Next"] == "PlanCleanUp"


@pytest.mark.parametrize("name", RECONCILERS)
def test_a_pass_that_failed_for_good_ends_its_job_with_a_short_cause_and_its_time(
    name: str, states: dict[str, State]
) -> None:
    """All children of the largest request may fail, and their causes have to fit one payload."""
    for catcher in states[name]["Catch"]:
        assert catcher["Next"] == "JobFailed"
        assert catcher["Assign"]["pass"] == {
            "key": "{% $pass.work.key %}",
            "phase": "FAILED",
            "work": "{% $pass.work %}",
            "error": {
                "Error": "{% $states.errorOutput.Error %}",
                "Cause": "{% $substring($states.errorOutput.Cause, 0, 500) %}",
            },
            "ended_at": "{% $millis() %}",
        }


def test_every_kind_has_a_loop_and_work_of_any_other_kind_ends_as_a_failure_that_names_it(
    states: dict[str, State],
) -> None:
    choice = states["WhichKind"]
    assert [(c["Condition"], c["Next"]) for c in choice["Choices"]] == [
        (f"{{% $states.input.work.kind = '{kind.name}' %}}", kind.task) for kind in KINDS
    ]
    assert choice["Default"] == "JobFailed"
    work = {"kind": "faxes", "key": "0.1"}
    result = {
        name: evaluate(value[2:-2], {"states": {"input": {"work": work}}})
        for name, value in choice["Assign"]["pass"].items()
        if name in ("key", "work")
    }
    cause = choice["Assign"]["pass"]["error"]["Cause"][2:-2]
    message = evaluate(cause, {"states": {"input": {"work": work}}})
    assert result == {"key": "0.1", "work": work}
    assert choice["Assign"]["pass"]["phase"] == "FAILED"
    assert choice["Assign"]["pass"]["error"]["Error"] == "UnknownKind"
    assert message == "this version has no jobs of kind faxes"


def test_a_stage_is_resolved_before_it_runs_and_one_that_cannot_be_fails(
    states: dict[str, State],
) -> None:
    resolving = "{% $exists($states.input.plan.resolving) %}"
    for name in ("RouteRequest", "IsPlanFinished", "IsStageResolved"):
        nexts = {choice["Condition"]: choice["Next"] for choice in states[name]["Choices"]}
        assert nexts[resolving] == "ResolveJobs"
    assert [catcher["Next"] for catcher in states["ResolveJobs"]["Catch"]] == ["AdvancePlan"] * 2
    attempts = [
        retrier["MaxAttempts"]
        for retrier in states["ResolveJobs"]["Retry"]
        if BUSY & set(retrier["ErrorEquals"])
    ]
    assert min(attempts) == RETRIES_WHEN_UNAVAILABLE


@pytest.mark.parametrize("name", ["AcceptRequest", "AdvancePlan", "PlanCleanUp"])
def test_a_function_that_fails_ends_its_request_with_a_published_outcome(
    name: str, states: dict[str, State]
) -> None:
    assert [catcher["Next"] for catcher in states[name]["Catch"]] == ["PublishOutcome"] * 2


def test_what_a_clean_up_publishes_is_the_outcome_of_the_execution_that_it_is_about(
    states: dict[str, State],
) -> None:
    (entry,) = states["PublishOutcome"]["Arguments"]["Entries"]
    own, other = {"reason": "own"}, {"reason": "other"}
    expression = entry["Detail"][2:-2]
    assert evaluate(expression, {"states": {"input": {"outcome": own}}}) == own
    both = {"outcome": own, "publish": other}
    assert evaluate(expression, {"states": {"input": both}}) == other
    assert "publish" not in str(states["RouteOutcome"]), "the execution ends with its own outcome"


def test_an_outcome_that_is_not_published_fails_the_execution_with_both_stories(
    states: dict[str, State],
) -> None:
    for catcher in states["PublishOutcome"]["Catch"]:
        assert catcher["Next"] == "RequestFailed"
        outcome = catcher["Output"]["outcome"]
        assert outcome["reason"] == OUTCOME_NOT_PUBLISHED
        values = {
            "input": {"outcome": {"summary": "2 of 2 reached their targets"}},
            "errorOutput": {"Error": "Any", "Cause": "the bus is gone"},
        }
        assert evaluate(outcome["summary"][2:-2], {"states": values}) == (
            "2 of 2 reached their targets; not published: the bus is gone"
        )


@pytest.mark.parametrize("name", WAITS_FOR_WAKES)
def test_waits_for_a_wake_with_a_token_in_the_table_until_the_next_pass(
    name: str, states: dict[str, State], template: Template
) -> None:
    (table,) = (
        logical_id
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    )
    state = states[name]
    assert state["Type"] == "Task"
    assert state["QueryLanguage"] == "JSONata"
    assert state["Resource"].endswith(":states:::aws-sdk:dynamodb:putItem.waitForTaskToken")
    assert state["TimeoutSeconds"] == "{% $pass.wait_seconds %}"
    assert state["Next"] == "ReconcileExport"
    assert state["Arguments"]["TableName"] == f"${{{table}}}"
    item = state["Arguments"]["Item"]
    assert item.keys() == {"pk", "sk", "token", "expires_at"}
    assert item["token"] == {"S": "{% $states.context.Task.Token %}"}
    assert item["sk"] == {"S": "{% $pass.wake.order & '#' & $states.context.Execution.Id %}"}


@pytest.mark.parametrize("name", WAITS_FOR_CAMPAIGNS)
def test_campaigns_are_waited_for_plainly_unless_the_settings_say_so(
    name: str, states: dict[str, State]
) -> None:
    assert (states[name]["Type"], states[name]["Next"]) == ("Wait", "ReconcileCampaigns")
    assert states[name]["Seconds"] == "{% $pass.wait_seconds %}"


@pytest.mark.parametrize("name", WAITS_FOR_CAMPAIGNS)
def test_campaigns_whose_events_come_are_waited_for_as_an_export_is_by_the_ids_of_the_batch(
    name: str, optional_states: dict[str, State]
) -> None:
    of_export, of_campaigns = optional_states["AwaitExportEvent"], optional_states[name]
    item = of_campaigns["Arguments"]["Item"]
    assert item == of_export["Arguments"]["Item"] | {
        "ids": {"SS": "{% [$keys($pass.work.open)] %}"}
    }
    same = ("Type", "QueryLanguage", "Resource", "TimeoutSeconds", "Retry")
    assert {field: of_campaigns[field] for field in same} == {
        field: of_export[field] for field in same
    }
    assert of_campaigns["Next"] == "ReconcileCampaigns"
    assert [(c["ErrorEquals"], c["Next"]) for c in of_campaigns["Catch"]] == [
        (["States.Timeout"], "ReconcileCampaigns"),
        (["States.DataLimitExceeded"], "AwaitNextPollOfCampaigns"),
        (["States.ALL"], "AwaitNextPollOfCampaigns"),
    ]
    plain = optional_states["AwaitNextPollOfCampaigns"]
    assert (plain["Type"], plain["Next"]) == ("Wait", "ReconcileCampaigns")
    assert plain["Seconds"] == "{% $pass.wait_seconds %}"


def test_nothing_else_of_the_graph_depends_on_the_settings(
    states: dict[str, State], optional_states: dict[str, State]
) -> None:
    assert optional_states.keys() - states.keys() == {"AwaitNextPollOfCampaigns"}
    changed = {name for name, state in states.items() if optional_states[name] != state}
    assert changed - {"RunJobs"} == {"RouteCampaigns", *WAITS_FOR_CAMPAIGNS}


@pytest.mark.parametrize(
    ("route", "fallback"),
    [("RouteExport", "AwaitNextPoll"), ("RouteCampaigns", "AwaitNextPollOfCampaigns")],
)
def test_where_nothing_can_wake_a_child_it_waits_plainly_unless_it_has_ended(
    route: str, fallback: str, optional_states: dict[str, State]
) -> None:
    choice = optional_states[route]
    assert [(c["Condition"], c["Next"]) for c in choice["Choices"][:3]] == [
        ("{% $pass.phase = 'COMPLETE' %}", "JobComplete"),
        ("{% $pass.phase = 'FAILED' %}", "JobFailed"),
        ("{% $not($exists($pass.wake)) %}", fallback),
    ]


@pytest.mark.parametrize("name", WAITS_FOR_WAKES)
def test_a_wait_for_a_wake_that_ends_by_itself_polls_and_one_that_fails_waits_plainly(
    name: str, states: dict[str, State]
) -> None:
    assert [(c["ErrorEquals"], c["Next"]) for c in states[name]["Catch"]] == [
        (["States.Timeout"], "ReconcileExport"),
        (["States.DataLimitExceeded"], "AwaitNextPoll"),
        (["States.ALL"], "AwaitNextPoll"),
    ]
    assert retried(states[name]) == {
        "DynamoDb.InternalServerErrorException",
        "DynamoDb.ProvisionedThroughputExceededException",
        "DynamoDb.RequestLimitExceededException",
        "DynamoDb.ThrottlingException",
    }
    assert states["AwaitNextPoll"]["Seconds"] == "{% $pass.wait_seconds %}"
    assert states["AwaitNextPoll"]["Next"] == "ReconcileExport"


def _reached(graph: dict[str, Any]) -> set[str]:
    """Return what can be reached from a graph's start, its child graphs included."""
    seen: set[str] = set()
    waiting = [graph["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            state = graph["States"][name]
            waiting += [way.target for way in ways(name, state)]
            if "ItemProcessor" in state:
                seen |= _reached(state["ItemProcessor"])
    return seen
