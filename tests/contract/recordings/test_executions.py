"""Executions are described and end as on AWS."""

from __future__ import annotations

import json
import re

import pytest

from tests.contract.patched_stack import PatchedStack
from tests.contract.recordings.recorded import (
    Definition,
    Recorded,
)


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
