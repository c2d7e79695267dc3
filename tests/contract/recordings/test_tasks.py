"""The histories of tasks are the same as on AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.patched_stack import PatchedStack
from tests.contract.patched_template import task
from tests.contract.recordings.recorded import (
    WAIT_FOR_TOKEN,
    Recorded,
    failed_token,
)

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


def test_a_handler_may_return_its_payload_as_bytes(stack: PatchedStack):
    """LocalStack, test_lambda_task_service, test_invoke_bytes_payload, 6 November 2025."""
    state = task({"do": "bytes"}, Output="{% $states.result.Payload %}", End=True)

    ran = Recorded(stack, {"Start": state}, {})

    assert json.loads(ran.described["output"]) == "HelloWorld!"
