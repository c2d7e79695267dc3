"""Executions recorded on AWS, run here: the histories are the same.

Where a docstring names a test of LocalStack, the expected events are those of its snapshot in
tests/aws/services/stepfunctions/v2 of github.com/localstack/localstack, recorded on AWS that day.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.contract.patched_stack import PatchedStack, deployed
from tests.contract.patched_template import task

Definition = dict[str, Any]


@pytest.fixture(scope="module")
def stack():
    with deployed({}) as stack:
        yield stack


class Recorded:
    """An execution that has ended, as a recording shows it."""

    def __init__(self, stack: PatchedStack, states: Definition, given: Any, **more: Any) -> None:
        name = f"recorded-{len(stack.machines.list_state_machines()['stateMachines'])}"
        stack.define(name, {"StartAt": next(iter(states)), "States": states, **more})
        self.execution = stack.start(name, given)
        self.described = stack.ended(self.execution)
        self.events = stack.events(self.execution)

    @property
    def order(self) -> list[tuple[int, str]]:
        """Each event's type, after the id of the event that it follows."""
        return [(event["previousEventId"], event["type"]) for event in self.events]

    def details(self, kind: str) -> dict[str, Any]:
        """The details of the first event of a type."""
        event = next(event for event in self.events if event["type"] == kind)
        (details,) = [value for name, value in event.items() if name.endswith("EventDetails")]
        return details


def failed_at(state: str, entered: int, cause: str, location: str | None) -> dict[str, Any]:
    """Return the details of an EvaluationFailed event."""
    where = {} if location is None else {"location": location}
    return {
        "cause": (
            f"An error occurred while executing the state '{state}' "
            f"(entered at the event id #{entered}). {cause}"
        ),
        "error": "States.QueryEvaluationError",
        "state": state,
        **where,
    }


def nothing(field: str, expression: str = "$doesNotExist") -> str:
    return (
        f"The JSONata expression '{expression}' specified for the field '{field}' "
        "returned nothing (undefined)."
    )


UNDEFINED = "{% $doesNotExist %}"


@pytest.mark.parametrize(
    ("state", "field"),
    [
        pytest.param({"Output": UNDEFINED}, "Output", id="BASE_UNDEFINED_OUTPUT"),
        pytest.param(
            {"Output": {"result": UNDEFINED}}, "Output/result", id="BASE_UNDEFINED_OUTPUT_FIELD"
        ),
        pytest.param(
            {"Assign": {"result": UNDEFINED}}, "Assign/result", id="BASE_UNDEFINED_ASSIGN"
        ),
    ],
)
def test_an_undefined_result_names_the_field(stack: PatchedStack, state: Definition, field: str):
    """LocalStack, assign/test_assign_reference_variables, 21 November 2024."""
    ran = Recorded(stack, {"State0": {"Type": "Pass", "End": True, **state}}, {})

    assert ran.order == [
        (0, "ExecutionStarted"),
        (0, "PassStateEntered"),
        (0, "EvaluationFailed"),
        (3, "ExecutionFailed"),
    ]
    expected = failed_at("State0", 2, nothing(field), field)
    assert ran.details("EvaluationFailed") == expected
    assert ran.details("ExecutionFailed") == {
        "error": expected["error"],
        "cause": expected["cause"],
    }
    assert ran.described["cause"] == expected["cause"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(UNDEFINED, "Arguments", id="BASE_UNDEFINED_ARGUMENTS"),
        pytest.param(
            {"FunctionName": UNDEFINED, "Payload": {}},
            "Arguments/FunctionName",
            id="BASE_UNDEFINED_ARGUMENTS_FIELD",
        ),
    ],
)
def test_an_undefined_argument_names_the_field(stack: PatchedStack, arguments: Any, field: str):
    """LocalStack, assign/test_assign_reference_variables, 21 November 2024."""
    ran = Recorded(stack, {"State0": {**task(None, End=True), "Arguments": arguments}}, {})

    assert ran.order == [
        (0, "ExecutionStarted"),
        (0, "TaskStateEntered"),
        (0, "EvaluationFailed"),
        (3, "ExecutionFailed"),
    ]
    assert ran.details("EvaluationFailed") == failed_at("State0", 2, nothing(field), field)


def test_a_failed_evaluation_follows_what_its_state_followed(stack: PatchedStack):
    """LocalStack, BASE_UNDEFINED_OUTPUT_MULTIPLE_STATES, 21 November 2024."""
    passing = {"Type": "Pass"}
    states = {
        "State0": {**passing, "Next": "State1"},
        "State1": {**passing, "Next": "State2"},
        "State2": {**passing, "Output": {"result": UNDEFINED}, "End": True},
    }

    ran = Recorded(stack, states, {})

    assert ran.order[5:] == [
        (5, "PassStateEntered"),
        (5, "EvaluationFailed"),
        (7, "ExecutionFailed"),
    ]
    location = "Output/result"
    assert ran.details("EvaluationFailed") == failed_at("State2", 6, nothing(location), location)


def test_an_error_in_an_expression_has_its_code(stack: PatchedStack):
    """LocalStack, test_math_random_seeded, 15 November 2024."""
    expression = "$randomSeeded($states.input.FunctionInput.fst)"
    output = {"FunctionResult": f"{{% {expression} %}}"}

    ran = Recorded(
        stack,
        {"State_0": {"Type": "Pass", "Output": output, "End": True}},
        {"FunctionInput": {"fst": 0}},
    )

    location = "Output/FunctionResult"
    cause = (
        f"The JSONata expression '{expression}' specified for the field '{location}' threw an "
        "error during evaluation. T1006: Attempted to invoke a non-function"
    )
    assert ran.details("EvaluationFailed") == failed_at("State_0", 2, cause, location)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("1", "unexpected result type. Expected 'array', but was 'number' for value: 1"),
        (
            "'string'",
            "unexpected result type. Expected 'array', but was 'string' for value: \"string\"",
        ),
        ("true", "unexpected result type. Expected 'array', but was 'boolean' for value: true"),
        (
            "{'foo': 'bar'}",
            "unexpected result type. Expected 'array', but was 'object' for value: "
            '{"foo":"bar"}',
        ),
        ("null", "unexpected result type. Expected 'array', but was 'null' for value: null"),
        ("$fn := function($x){$x}", "unsupported result type."),
    ],
)
def test_items_must_be_an_array(stack: PatchedStack, expression: str, problem: str):
    """LocalStack, test_map_state_items_eval_jsonata_fail, 19 November 2024."""
    ran = Recorded(stack, {"MapIterateState": inline_map(Items=f"{{% {expression} %}}")}, {})

    assert ran.order == [
        (0, "ExecutionStarted"),
        (0, "MapStateEntered"),
        (0, "EvaluationFailed"),
        (3, "MapStateFailed"),
        (4, "ExecutionFailed"),
    ]
    cause = (
        f"The JSONata expression '{expression}' specified for the field 'Items' returned an "
        f"{problem}"
    )
    assert ran.details("EvaluationFailed") == failed_at("MapIterateState", 2, cause, "Items")


def inline_map(**fields: Any) -> Definition:
    each = {"Pass": {"Type": "Pass", "End": True}}
    return {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Pass",
            "States": each,
        },
        "End": True,
        **fields,
    }


@pytest.mark.parametrize(
    ("state", "field"),
    [
        ({"Output": {"list": [1, {"a": UNDEFINED}]}}, "Output/list[1]/a"),
        ({"Type": "Wait", "Seconds": UNDEFINED}, "Seconds"),
        (
            {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% false %}", "Next": "State0"},
                    {"Condition": UNDEFINED, "Next": "State0"},
                ],
            },
            "Choices[1]/Condition",
        ),
    ],
)
def test_a_field_is_named_with_the_indexes_on_the_way(
    stack: PatchedStack, state: Definition, field: str
):
    """floci-io/floci, pull request 2689, which quotes answers of AWS, 28 August 2026."""
    end = {} if state.get("Type") == "Choice" else {"End": True}

    ran = Recorded(stack, {"State0": {"Type": "Pass", **end, **state}}, {})

    assert ran.details("EvaluationFailed") == failed_at("State0", 2, nothing(field), field)


def test_a_catcher_gets_the_cause_and_names_its_own_fields(stack: PatchedStack):
    """floci-io/floci, pull request 2689, which quotes answers of AWS, 28 August 2026."""
    caught = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "End"}
    other = {**caught, "Output": {"v": UNDEFINED}}
    broken = {**task(None), "Arguments": UNDEFINED}
    end = {"Type": "Pass", "End": True}
    first = {**caught, "ErrorEquals": ["Other"]}

    ran = Recorded(stack, {"T": {**broken, "Catch": [caught], "Next": "End"}, "End": end}, {})
    failed = Recorded(
        stack, {"T": {**broken, "Catch": [first, other], "Next": "End"}, "End": end}, {}
    )

    expected = failed_at("T", 2, nothing("Arguments"), None)
    assert json.loads(ran.described["output"]) == {
        "Error": expected["error"],
        "Cause": expected["cause"],
    }
    location = "Catch[1]/Output/v"
    assert failed.described["cause"] == failed_at("T", 2, nothing(location), location)["cause"]


PUT = {
    "Type": "Task",
    "Resource": "arn:aws:states:::events:putEvents",
    "Arguments": {"Entries": "{% $states.input.Entries %}"},
    "End": True,
}


@pytest.mark.parametrize(
    ("entries", "failed"),
    [
        pytest.param(
            [{"Detail": '"jsonstring"'}],
            [("MalformedDetail", "Detail is malformed.")],
            id="test_put_events_malformed_detail",
        ),
        pytest.param(
            [{"Detail": '{"Message": "HelloWorld0"}'}, {"Detail": '"jsonstring"'}],
            [None, ("MalformedDetail", "Detail is malformed.")],
            id="test_put_events_mixed_malformed_detail",
        ),
        pytest.param(
            [{"Detail": {"Message": "HelloWorld1"}}, {"Detail": {"Message": "1"}, "Source": ""}],
            [
                None,
                (
                    "InvalidArgument",
                    "Parameter Source is not valid. Reason: Source is a required argument.",
                ),
            ],
            id="test_put_events_no_source",
        ),
    ],
)
def test_a_failed_entry_fails_the_task(stack: PatchedStack, entries: Any, failed: Any):
    """LocalStack, services/test_events_task_service, 6 November 2025."""
    given = [{"DetailType": "type", "Source": "some.source", **entry} for entry in entries]

    ran = Recorded(stack, {"PutEvents": PUT}, {"Entries": given})

    assert ran.order[2:] == [
        (2, "TaskScheduled"),
        (3, "TaskStarted"),
        (4, "TaskFailed"),
        (5, "ExecutionFailed"),
    ]
    details = ran.details("TaskFailed")
    cause = json.loads(details.pop("cause"))
    assert details == {
        "error": "EventBridge.FailedEntry",
        "resource": "putEvents",
        "resourceType": "events",
    }
    assert cause["FailedEntryCount"] == 1
    for answer, error in zip(cause["Entries"], failed, strict=True):
        if error is None:
            assert set(answer) == {"EventId"}
        else:
            assert answer == {"ErrorCode": error[0], "ErrorMessage": error[1]}
    assert json.loads(ran.described["cause"]) == cause


def test_a_fail_state_has_a_text_for_its_cause(stack: PatchedStack):
    """Assumed, from test_map_state_items_eval_jsonata_fail: no recording has a Fail like this."""
    fail = {"Type": "Fail", "Error": "Own", "Cause": "{% {'a': 1} %}"}

    ran = Recorded(stack, {"F": fail}, {})

    assert ran.described["error"] == "States.QueryEvaluationError"
    assert ran.described["cause"].endswith(
        "Expected 'string', but was 'object' for value: {\"a\":1}"
    )


def distributed_map(**fields: Any) -> Definition:
    made = inline_map(**fields)
    made["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return made


def test_a_distributed_map_exits_after_the_start_of_its_run(stack: PatchedStack):
    """LocalStack, test_map_item_batching_base_json_max_per_batch_jsonata, 13 November 2024."""
    ran = Recorded(stack, {"MapState": distributed_map(Items=[1, 2])}, {})

    assert ran.order == [
        (0, "ExecutionStarted"),
        (0, "MapStateEntered"),
        (2, "MapStateStarted"),
        (3, "MapRunStarted"),
        (4, "MapRunSucceeded"),
        (5, "MapStateSucceeded"),
        (4, "MapStateExited"),
        (7, "ExecutionSucceeded"),
    ]


def test_an_aborted_execution_ends_with_an_event_that_follows_none(stack: PatchedStack):
    """LocalStack, test_sfn_api, test_stop_execution, 6 May 2024."""
    wait = {"Type": "Wait", "Seconds": 120, "End": True}
    stack.define("recorded-stop", {"StartAt": "WaitState", "States": {"WaitState": wait}})
    execution = stack.start("recorded-stop", {})
    stack.reached(execution, "WaitStateEntered")

    stack.machines.stop_execution(executionArn=execution)

    last = stack.events(execution)[-1]
    last.pop("timestamp")
    assert last == {
        "executionAbortedEventDetails": {},
        "id": 3,
        "previousEventId": 0,
        "type": "ExecutionAborted",
    }


CONTEXT = {"Id", "Input", "StartTime", "Name", "RoleArn", "RedriveCount"}


@pytest.mark.parametrize(
    "state",
    [
        pytest.param({"QueryLanguage": "JSONPath", "InputPath": "$$"}, id="test_input_path[$$]"),
        pytest.param({"Output": "{% $states.context %}"}, id="BASE_EXPR"),
    ],
)
def test_the_context_object_is_json(stack: PatchedStack, state: Definition):
    """LocalStack, test_context_object, 11 September 2024, and test_output, 19 February 2026."""
    given = {"input-value": 0}
    top = {"QueryLanguage": "JSONPath"} if "QueryLanguage" in state else {}

    ran = Recorded(stack, {"TestState": {"Type": "Pass", "End": True, **state}}, given, **top)

    assert ran.described["status"] == "SUCCEEDED"
    context = json.loads(ran.described["output"])
    assert set(context) == {"Execution", "StateMachine", "State"}
    assert set(context["Execution"]) == CONTEXT
    assert context["Execution"]["Input"] == given
    assert context["Execution"]["RedriveCount"] == 0
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", context["Execution"]["StartTime"]
    )
    assert set(context["State"]) == {"Name", "EnteredTime"}


def test_a_nested_execution_says_whether_it_can_be_redriven(stack: PatchedStack):
    """LocalStack, test_cross_account_states_start_sync_execution, 4 December 2024."""
    Recorded(stack, {"P": {"Type": "Pass", "Output": 1, "End": True}}, {})
    inner = stack.machines.list_state_machines()["stateMachines"][-1]["stateMachineArn"]
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": inner, "Input": {}},
        "End": True,
    }

    output = json.loads(Recorded(stack, {"T": state}, {}).described["output"])

    assert set(output) == {
        *("ExecutionArn", "Input", "InputDetails", "Name", "Output", "OutputDetails"),
        *("RedriveCount", "RedriveStatus", "RedriveStatusReason"),
        *("StartDate", "StateMachineArn", "Status", "StopDate"),
    }
    assert output["RedriveCount"] == 0
    assert output["RedriveStatus"] == "NOT_REDRIVABLE"
    assert output["RedriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"


def test_a_failed_execution_can_be_redriven(stack: PatchedStack):
    """Documentation: redriveStatus of DescribeExecution."""
    described = Recorded(stack, {"F": {"Type": "Fail"}}, {}).described

    assert (described["redriveCount"], described["redriveStatus"]) == (0, "REDRIVABLE")
    assert "redriveStatusReason" not in described
