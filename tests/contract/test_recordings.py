"""Executions recorded on AWS, run here: the histories are the same.

Where a docstring names a test of LocalStack, the expected events are those of its snapshot in
tests/aws/services/stepfunctions/v2 of github.com/localstack/localstack, recorded on AWS that day.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.patched_stack import PatchedStack, deployed, token_of
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


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("2016-12-05 21:29:29Z", id="NO_T"),
        pytest.param("2016-12-05T21:29:29", id="NO_Z"),
        pytest.param("2016-13-05T21:29:29Z", id="INVALID_DATE"),
        pytest.param("2016-12-05T25:29:29Z", id="INVALID_TIME"),
        pytest.param("05-12-2016T21:29:29Z", id="INVALID_ISO"),
    ],
)
def test_a_wait_needs_a_timestamp(stack: PatchedStack, given: str):
    """LocalStack, test_wait_timestamp_jsonata and test_wait_timestamp_path, 27 December 2024."""
    wait = {"Type": "Wait", "Timestamp": "{% $states.input.TimestampValue %}", "End": True}
    path = {
        "Type": "Wait",
        "QueryLanguage": "JSONPath",
        "TimestampPath": "$.TimestampValue",
        "End": True,
    }

    ran = Recorded(stack, {"WaitState": wait}, {"TimestampValue": given})
    by_path = Recorded(
        stack, {"WaitUntil": path}, {"TimestampValue": given}, QueryLanguage="JSONPath"
    )

    assert ran.order == [
        (0, "ExecutionStarted"),
        (0, "WaitStateEntered"),
        (2, "EvaluationFailed"),
        (3, "ExecutionFailed"),
    ]
    cause = (
        "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format "
        f"string: {given}"
    )
    assert ran.details("EvaluationFailed") == failed_at("WaitState", 2, cause, "Timestamp")
    assert by_path.details("ExecutionFailed") == {
        "cause": (
            "An error occurred while executing the state 'WaitUntil' (entered at the event id #2)."
            " The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
            f"date-time format string: $.TimestampValue == {given}"
        ),
        "error": "States.Runtime",
    }


def test_a_wait_can_be_too_long(stack: PatchedStack):
    """LocalStack, test_timestamp_too_far_in_future_boundary[24856], 13 December 2023."""
    path = {"Type": "Wait", "QueryLanguage": "JSONPath", "TimestampPath": "$.start_at", "End": True}
    given = datetime.fromtimestamp(stack.aws.clock.now(), UTC) + timedelta(days=24856)

    ran = Recorded(
        stack,
        {"State_1": path},
        {"start_at": given.strftime("%Y-%m-%dT%H:%M:%S.000Z")},
        QueryLanguage="JSONPath",
    )

    assert ran.order[2:] == [(2, "ExecutionFailed")]
    assert ran.details("ExecutionFailed") == {
        "cause": (
            "An error occurred while executing the state 'State_1' (entered at the event id #2). "
            "Wait state delay is too long."
        ),
        "error": "States.Runtime",
    }


@pytest.mark.parametrize("given", [1, "string", True, {"foo": "bar"}, None])
def test_a_map_needs_an_array(stack: PatchedStack, given: Any):
    """LocalStack, test_map_state_items_input_types, 19 November 2024."""
    start = {"Type": "Pass", "Output": "{% $states.input.items %}", "Next": "MapIterateState"}

    ran = Recorded(stack, {"Start": start, "MapIterateState": inline_map()}, {"items": given})

    assert ran.order[3:] == [
        (3, "MapStateEntered"),
        (3, "EvaluationFailed"),
        (5, "MapStateFailed"),
        (6, "ExecutionFailed"),
    ]
    value = json.dumps(given, separators=(",", ":"))
    cause = f"Map state input must be an array but was: {value}"
    assert ran.details("EvaluationFailed") == failed_at("MapIterateState", 4, cause, None)


def test_a_failed_evaluation_leaves_an_inline_map(stack: PatchedStack):
    """LocalStack, test_map_catch_error[MAP_CATCH_ERROR_OUTPUT_WITH_RETRY], 12 November 2024."""
    each = inline_map(Items="{% $states.input.items %}", MaxConcurrency=1)
    each["ItemProcessor"] |= {
        "StartAt": "Fallback",
        "States": {
            "Fallback": {"Type": "Pass", "Output": {"error": "{% $stateError %}"}, "End": True}
        },
    }

    ran = Recorded(stack, {"ProcessItems": each}, {"items": [1]})

    assert ran.order[2:] == [
        (2, "MapStateStarted"),
        (3, "MapIterationStarted"),
        (4, "PassStateEntered"),
        (4, "EvaluationFailed"),
        (6, "MapIterationFailed"),
        (6, "MapStateFailed"),
        (8, "ExecutionFailed"),
    ]
    location = "Output/error"
    expected = failed_at("Fallback", 5, nothing(location, "$stateError"), location)
    assert ran.details("EvaluationFailed") == expected
    assert ran.described["cause"] == expected["cause"]


WAIT_FOR_TOKEN = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
    "Arguments": {
        "TableName": "waiters",
        "Item": {
            "pk": {"S": "{% $states.context.Execution.Name %}"},
            "token": {"S": "{% $states.context.Task.Token %}"},
        },
    },
    "End": True,
}


def test_a_timeout_leaves_an_inline_map(stack: PatchedStack):
    """LocalStack, test_service_lambda_map_timeout, 10 March 2024, whose error this is."""
    each = inline_map(Items=[1])
    each["ItemProcessor"] |= {
        "StartAt": "Await",
        "States": {"Await": {**WAIT_FOR_TOKEN, "TimeoutSeconds": 5}},
    }

    ran = Recorded(stack, {"MapWait": each}, {})

    assert [kind for _, kind in ran.order[-4:]] == [
        "TaskTimedOut",
        "MapIterationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert ran.described["error"] == "States.Timeout"


def failed_token(stack: PatchedStack, name: str, states: Definition) -> list[dict[str, Any]]:
    """Return the events of an execution whose task was failed without an error."""
    stack.define(name, {"StartAt": next(iter(states)), "States": states})
    execution = stack.start(name, {}, name=name)
    stack.machines.send_task_failure(taskToken=token_of(stack, name))
    stack.ended(execution)
    return stack.events(execution)


def test_a_task_can_fail_without_an_error(stack: PatchedStack):
    """LocalStack, ...no_error_field[SQS_WAIT_FOR_TASK_TOKEN_CATCH], 29 April 2024."""
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Output": {"states_all_error": "{% $states.errorOutput %}"},
        "Next": "CaughtStatesALL",
    }
    states = {
        "SendMessageWithWait": {**WAIT_FOR_TOKEN, "Catch": [caught]},
        "CaughtStatesALL": {"Type": "Pass", "End": True},
    }

    events = failed_token(stack, "recorded-no-error", states)

    failed = next(event for event in events if event["type"] == "TaskFailed")
    assert set(failed["taskFailedEventDetails"]) == {"resource", "resourceType"}
    output = json.loads(events[-1]["executionSucceededEventDetails"]["output"])
    assert output == {"states_all_error": {"Error": None, "Cause": None}}


def test_a_failed_task_in_a_parallel_state_is_aborted(stack: PatchedStack):
    """LocalStack, ...no_error_field[SQS_PARALLEL_WAIT_FOR_TASK_TOKEN], 29 April 2024."""
    branch = {
        "StartAt": "SendMessageWithWait",
        "States": {"SendMessageWithWait": WAIT_FOR_TOKEN},
    }
    caught = {"ErrorEquals": ["States.ALL"], "Next": "CaughtStatesALL"}
    states = {
        "ParallelJob": {"Type": "Parallel", "Branches": [branch], "Catch": [caught], "End": True},
        "CaughtStatesALL": {"Type": "Pass", "End": True},
    }

    events = failed_token(stack, "recorded-parallel", states)

    assert [(event["previousEventId"], event["type"]) for event in events[2:]] == [
        (2, "ParallelStateStarted"),
        (3, "TaskStateEntered"),
        (4, "TaskScheduled"),
        (5, "TaskStarted"),
        (6, "TaskSubmitted"),
        (7, "TaskFailed"),
        (8, "TaskStateAborted"),
        (8, "ParallelStateFailed"),
        (10, "ParallelStateExited"),
        (11, "PassStateEntered"),
        (12, "PassStateExited"),
        (13, "ExecutionSucceeded"),
    ]


def test_a_branch_that_waits_for_a_token_is_aborted_with_its_parallel_state(stack: PatchedStack):
    """As above: the events of a branch that did not fail itself."""
    waiting = {"StartAt": "Await", "States": {"Await": WAIT_FOR_TOKEN}}
    failing = {
        "StartAt": "Later",
        "States": {
            "Later": {"Type": "Wait", "Seconds": 9, "Next": "Fail"},
            "Fail": {"Type": "Fail", "Error": "Own"},
        },
    }
    parallel = {"Type": "Parallel", "Branches": [waiting, failing], "End": True}

    ran = Recorded(stack, {"P": parallel}, {})

    assert [kind for _, kind in ran.order[-4:]] == [
        "FailStateEntered",
        "TaskStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert ran.described["error"] == "Own"


def test_an_unknown_token_is_noticed_before_the_output_is_read(stack: PatchedStack):
    """LocalStack, test_sfn_send_task_outcome_with_no_such_token, 6 November 2025."""
    with pytest.raises(ClientError) as error:
        stack.machines.send_task_success(taskToken="NoSuchTaskToken", output="no JSON")

    assert error.value.response["Error"]["Code"] == "InvalidToken"
    assert error.value.response["Error"]["Message"] == "Invalid Token: 'Invalid token'"


def test_putting_no_item_is_dynamodbs_error(stack: PatchedStack):
    """LocalStack, test_dynamodb_invalid_param, 27 July 2023."""
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem",
        "Arguments": {"TableName": "waiters", "Item": "{% $states.input.Item %}"},
        "End": True,
    }

    ran = Recorded(stack, {"PutItem": put}, {"Item": None})

    details = ran.details("TaskFailed")
    assert details.pop("cause").startswith(
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: "
        "Member must not be null (Service: DynamoDb, Status Code: 400, Request ID: "
    )
    assert details == {
        "error": "DynamoDb.DynamoDbException",
        "resource": "putItem",
        "resourceType": "aws-sdk:dynamodb",
    }


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("0, 9, 3", [0, 3, 6, 9]),
        ("0, 10, 3", [0, 3, 6, 9]),
        ("1, 9, 9", 1),
        ("1, 9, 2", [1, 3, 5, 7, 9]),
        ("1, 1, 1", 1),
    ],
)
def test_a_range_of_one_number_is_that_number(stack: PatchedStack, numbers: str, expected: Any):
    """LocalStack, test_array_range, 15 November 2024; the last one as 1, 9, 9."""
    state = {"Type": "Pass", "Output": f"{{% $range({numbers}) %}}", "End": True}

    ran = Recorded(stack, {"P": state}, {})

    assert json.loads(ran.described["output"]) == expected


def test_a_handler_may_return_its_payload_as_bytes(stack: PatchedStack):
    """LocalStack, test_lambda_task_service, test_invoke_bytes_payload, 6 November 2025."""
    state = task({"do": "bytes"}, Output="{% $states.result.Payload %}", End=True)

    ran = Recorded(stack, {"Start": state}, {})

    assert json.loads(ran.described["output"]) == "HelloWorld!"


def test_each_attempt_has_its_failed_evaluation(stack: PatchedStack):
    """Assumed, with the tests of floci-io/floci's pull request 2689; no recording has a retry."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    state = {**task(None, End=True, Retry=retry), "Arguments": {"FunctionName": UNDEFINED}}

    ran = Recorded(stack, {"Send": state}, {"x": "a"})

    assert [kind for _, kind in ran.order] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "EvaluationFailed",
        "EvaluationFailed",
        "ExecutionFailed",
    ]
    location = "Arguments/FunctionName"
    assert ran.described["cause"] == failed_at("Send", 2, nothing(location), location)["cause"]
