"""The state machine keeps the house rules on branching, retrying, catching and ending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra import diagram
from infra.functions import ROOT
from infra.settings import Settings
from lambdas.aws.errors import CapacityError, PermanentError, StateError, TransientError
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
MAX_EVENTS = 20_000
"""Below the 25,000 events that Step Functions allows, with room for what ends an execution."""

EVENTS = {"Task": 5, "Choice": 2, "Wait": 2}
"""What one visit of a state adds to the history. A Task: entered, scheduled, started, succeeded,
exited; a Choice and a Wait: entered, exited."""

EVENTS_PER_RETRY = 3
"""Scheduled, started, failed."""

PICTURE = {
    "AcceptRequest", "AdvancePlan", "IsPlanFinished", "RunJobs", "PublishOutcome",
    "RequestRejected", "RequestComplete", "RequestFailed",
    "WhichKind", "JobComplete", "JobFailed", "JobUnsettled",
    "ReconcileCampaigns", "RouteCampaigns", "AwaitDeletion", "AwaitCampaigns",
    "ReconcileExport", "RouteExport", "AwaitExportSlot", "AwaitExportEvent", "AwaitNextLook",
}  # fmt: skip
"""The states of the design. How each is reached is the business of docs/workflow.md."""


def leaves(error: type[Exception]) -> set[str]:
    """Return the names that Step Functions may see of an error and its kinds."""
    kinds = [kind for kind in error.__subclasses__() if kind.__module__ == error.__module__]
    return set().union(*map(leaves, kinds)) if kinds else {error.__name__}


def retried(state: State) -> set[str]:
    return {error for retrier in state.get("Retry", ()) for error in retrier["ErrorEquals"]}


def retries(state: State) -> int:
    return sum(retrier["MaxAttempts"] for retrier in state.get("Retry", ()))


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
    ends = {name: state for name, state in states.items() if not list(diagram.edges(name, state))}
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
        assert (ROOT / "lambdas" / f"{module}.py").is_file()
        assert functions[function]["Handler"] == f"lambdas.{module}.handler"


@pytest.mark.parametrize("name", RECONCILERS)
def test_the_most_looks_of_a_child_fit_into_its_history(
    name: str, optional_states: dict[str, State]
) -> None:
    """With every wait for a token, which adds most to the history."""
    states = optional_states
    (most,) = (
        rule.le for rule in Settings.model_fields["looks_per_child"].metadata if hasattr(rule, "le")
    )
    per_look = max(sum(_events(states[state]) for state in loop) for loop in _loops(name, states))
    assert per_look >= 9 + EVENTS_PER_RETRY * retries(states[name])
    assert most * per_look < MAX_EVENTS


def test_the_longest_way_back_to_a_look_waits_for_an_event_in_vain_and_then_plainly(
    states: dict[str, State],
) -> None:
    """It is what the looks of a child are bounded by: a wait with a token adds an event more."""
    loops = set(_loops("ReconcileExport", states))
    look = ("ReconcileExport", "RouteExport")
    for wait in WAITS_FOR_WAKES:
        assert {(*look, wait), (*look, wait, "AwaitNextLook")} <= loops
        assert _events(states[wait]) == 6 + EVENTS_PER_RETRY * retries(states[wait])


@pytest.mark.parametrize("name", WAITS_FOR_WAKES)
def test_waits_for_a_wake_with_a_token_in_the_table_until_the_next_look(
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
    assert state["TimeoutSeconds"] == "{% $look.wait_seconds %}"
    assert state["Next"] == "ReconcileExport"
    assert state["Arguments"]["TableName"] == f"${{{table}}}"
    item = state["Arguments"]["Item"]
    assert item.keys() == {"pk", "sk", "token", "expires_at"}
    assert item["token"] == {"S": "{% $states.context.Task.Token %}"}
    assert item["sk"] == {"S": "{% $look.wake.order & '#' & $states.context.Execution.Id %}"}


@pytest.mark.parametrize("name", WAITS_FOR_CAMPAIGNS)
def test_campaigns_are_waited_for_plainly_unless_the_settings_say_so(
    name: str, states: dict[str, State]
) -> None:
    assert (states[name]["Type"], states[name]["Next"]) == ("Wait", "ReconcileCampaigns")
    assert states[name]["Seconds"] == "{% $look.wait_seconds %}"


@pytest.mark.parametrize("name", WAITS_FOR_CAMPAIGNS)
def test_campaigns_whose_events_come_are_waited_for_as_an_export_is_by_the_ids_of_the_batch(
    name: str, optional_states: dict[str, State]
) -> None:
    of_export, of_campaigns = optional_states["AwaitExportEvent"], optional_states[name]
    item = of_campaigns["Arguments"]["Item"]
    assert item == of_export["Arguments"]["Item"] | {
        "ids": {"SS": "{% [$keys($look.work.open)] %}"}
    }
    same = ("Type", "QueryLanguage", "Resource", "TimeoutSeconds", "Retry")
    assert {field: of_campaigns[field] for field in same} == {
        field: of_export[field] for field in same
    }
    assert of_campaigns["Next"] == "ReconcileCampaigns"
    assert [(c["ErrorEquals"], c["Next"]) for c in of_campaigns["Catch"]] == [
        (["States.Timeout"], "ReconcileCampaigns"),
        (["States.ALL"], "AwaitNextLookAtCampaigns"),
    ]
    plain = optional_states["AwaitNextLookAtCampaigns"]
    assert (plain["Type"], plain["Next"]) == ("Wait", "ReconcileCampaigns")
    assert plain["Seconds"] == "{% $look.wait_seconds %}"


def test_nothing_else_of_the_graph_depends_on_the_settings(
    states: dict[str, State], optional_states: dict[str, State]
) -> None:
    assert optional_states.keys() - states.keys() == {"AwaitNextLookAtCampaigns"}
    changed = {name for name, state in states.items() if optional_states[name] != state}
    assert changed - {"RunJobs"} == set(WAITS_FOR_CAMPAIGNS)


@pytest.mark.parametrize("name", WAITS_FOR_WAKES)
def test_a_wait_for_a_wake_that_ends_by_itself_looks_and_one_that_fails_waits_plainly(
    name: str, states: dict[str, State]
) -> None:
    assert [(c["ErrorEquals"], c["Next"]) for c in states[name]["Catch"]] == [
        (["States.Timeout"], "ReconcileExport"),
        (["States.ALL"], "AwaitNextLook"),
    ]
    assert retried(states[name]) == {
        "DynamoDb.InternalServerErrorException",
        "DynamoDb.ProvisionedThroughputExceededException",
        "DynamoDb.RequestLimitExceededException",
        "DynamoDb.ThrottlingException",
    }
    assert states["AwaitNextLook"]["Seconds"] == "{% $look.wait_seconds %}"
    assert states["AwaitNextLook"]["Next"] == "ReconcileExport"


def _events(state: State) -> int:
    """Return the most events that one visit of a state adds, every retry used."""
    asked = int(str(state.get("Resource")).endswith(".waitForTaskToken"))
    return EVENTS[state["Type"]] + asked + EVENTS_PER_RETRY * retries(state)


def _loops(start: str, states: dict[str, State], *path: str) -> Iterator[tuple[str, ...]]:
    """Yield every way from a state back to itself."""
    path = path or (start,)
    for edge in diagram.edges(path[-1], states[path[-1]]):
        if edge.target == start:
            yield path
        elif edge.target not in path:
            yield from _loops(start, states, *path, edge.target)


def _reached(graph: dict[str, Any]) -> set[str]:
    """Return what can be reached from a graph's start, its child graphs included."""
    seen: set[str] = set()
    waiting = [graph["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            state = graph["States"][name]
            waiting += [edge.target for edge in diagram.edges(name, state)]
            if "ItemProcessor" in state:
                seen |= _reached(state["ItemProcessor"])
    return seen
