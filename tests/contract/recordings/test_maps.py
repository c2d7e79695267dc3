"""The histories of maps and parallel states are the same as on AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.patched_stack import PatchedStack
from tests.contract.recordings.recorded import (
    WAIT_FOR_TOKEN,
    Definition,
    Recorded,
    failed_at,
    failed_token,
    inline_map,
    nothing,
)


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
