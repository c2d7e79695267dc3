"""A failed evaluation of an expression is the same as on AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.patched_stack import PatchedStack
from tests.contract.patched_template import task
from tests.contract.recordings.recorded import (
    UNDEFINED,
    Definition,
    Recorded,
    failed_at,
    nothing,
)


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


def test_a_fail_state_has_a_text_for_its_cause(stack: PatchedStack):
    """Assumed, from test_map_state_items_eval_jsonata_fail: no recording has a Fail like this."""
    fail = {"Type": "Fail", "Error": "Own", "Cause": "{% {'a': 1} %}"}

    ran = Recorded(stack, {"F": fail}, {})

    assert ran.described["error"] == "States.QueryEvaluationError"
    assert ran.described["cause"].endswith(
        "Expected 'string', but was 'object' for value: {\"a\":1}"
    )


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
