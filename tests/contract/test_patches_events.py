"""Patched moto delivers events and asynchronous invocations as EventBridge and Lambda do."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from localcloud.patches.eventbridge.rule_inputs import select, target_input
from localcloud.patches.executions.status_events import DETAIL_TYPE
from tests.contract.patched_stack import PatchedStack, deployed
from tests.contract.patched_template import ACCOUNT, arn, function, queue, rule

EVENT = {
    "version": "0",
    "id": "i",
    "detail-type": "Tested",
    "source": "unit",
    "account": ACCOUNT,
    "time": "2026-11-01T12:26:13Z",
    "region": "us-east-1",
    "resources": ["arn:1"],
    "detail": {"state": "up", "list": [{"n": 1}], "text": 'a "b"'},
}
TRANSFORMER = {
    "InputPathsMap": {"state": "$.detail.state", "all": "$.detail"},
    "InputTemplate": '{"do": <state>, "said": "it is <state>", "from": <aws.events.rule-name>}',
}
LETTERS = {"DeadLetterConfig": {"Arn": arn("Letters")}}
RESOURCES = {
    "Bounced": function("bounced", DeadLetterConfig={"TargetArn": arn("FunctionLetters")}),
    "Watched": function("watched"),
    "Off": function("off", ReservedConcurrentExecutions=0),
    "FunctionLetters": queue("function-letters"),
    "Destination": queue("destination"),
    "Statuses": queue("statuses"),
    "WatchedInvokes": {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": {"Ref": "Watched"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 1,
            "DestinationConfig": {"OnFailure": {"Destination": arn("Destination")}},
        },
    },
    "ToMachine": rule({"source": ["to.machine"]}, {"Arn": {"Ref": "Workflow"}}),
    "ToFunction": rule({"source": ["to.function"]}, {"Arn": arn("Worker")}),
    "ToFunctionOnBus": rule(
        {"source": ["to.bus"]},
        {"Arn": arn("Worker"), "InputPath": "$.detail"},
        EventBusName={"Ref": "Bus"},
    ),
    "Transformed": rule(
        {"source": ["to.transform"]}, {"Arn": arn("Worker"), "InputTransformer": TRANSFORMER}
    ),
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "notices"}},
    "ToTopic": rule(
        {"source": ["to.topic"]},
        {
            "Arn": {"Ref": "Topic"},
            "InputTransformer": {
                "InputPathsMap": {"text": "$.detail.text", "none": "$.detail.none"},
                "InputTemplate": '"It says: <text>"\n"Nothing: <none>"',
            },
        },
    ),
    "Constant": rule({"source": ["to.constant"]}, {"Arn": arn("Worker"), "Input": '{"do": "it"}'}),
    "Disabled": rule({"source": ["to.disabled"]}, {"Arn": arn("Letters")}, State="DISABLED"),
    "Scheduled": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "ScheduleExpression": "rate(1 day)",
            "Targets": [{"Id": "T", "Arn": arn("Letters")}],
        },
    },
    "Nowhere": rule(
        {"source": ["to.nowhere"]},
        {"Arn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:gone", **LETTERS},
    ),
    "Refusing": rule(
        {"source": ["to.refusing"]},
        {"Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:gone", **LETTERS},
    ),
    "OnStatus": rule(
        {"source": ["aws.states"], "detail": {"name": [{"prefix": "watched-"}]}},
        {"Arn": arn("Statuses")},
    ),
}


@pytest.fixture(scope="module")
def stack():
    with deployed(RESOURCES) as stack:
        yield stack


def logged(stack: PatchedStack, name: str) -> list[str]:
    return list(stack.aws.functions.logs[name])


def executions(stack: PatchedStack, name: str) -> list[dict[str, Any]]:
    machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{name}"
    return stack.machines.list_executions(stateMachineArn=machine)["executions"]


def test_a_rule_starts_an_execution_with_the_whole_event(stack: PatchedStack):
    before = stack.aws.clock.now()
    stack.emit("to.machine", {"x": 1}, Resources=["arn:r"])

    started = stack.eventually(lambda: executions(stack, "workflow"))[0]
    described = stack.machines.describe_execution(executionArn=started["executionArn"])
    event = json.loads(described["input"])

    assert set(event) == set(EVENT)
    assert (event["source"], event["detail-type"]) == ("to.machine", "Tested")
    assert (event["version"], event["account"], event["region"]) == ("0", ACCOUNT, "us-east-1")
    assert (event["resources"], event["detail"]) == (["arn:r"], {"x": 1})
    assert datetime.fromisoformat(event["time"]).timestamp() >= int(before)


@pytest.mark.parametrize(
    ("source", "bus", "detail", "line"),
    [
        ("to.function", "default", {}, "doing None"),
        ("to.bus", "own-bus", {"do": "from the bus"}, "doing from the bus"),
        ("to.transform", "default", {"state": "upwards"}, "doing upwards"),
        ("to.constant", "default", {}, "doing it"),
    ],
)
def test_a_rule_invokes_a_function(stack: PatchedStack, source, bus, detail, line):
    stack.emit(source, detail, bus)

    stack.eventually(lambda: line in logged(stack, "worker"))


def test_a_rule_publishes_text_in_which_nothing_is_escaped(stack: PatchedStack):
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:notices"
    own = f"arn:aws:sqs:us-east-1:{ACCOUNT}:statuses"
    subscribed = stack.aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=own)
    stack.emit("to.topic", {"text": 'a "b"'})

    message = json.loads(stack.message("statuses")["Body"])
    stack.aws.client("sns").unsubscribe(SubscriptionArn=subscribed["SubscriptionArn"])

    assert message["Message"] == '"It says: a "b""\n"Nothing: "'


def test_a_disabled_and_a_scheduled_rule_get_no_events(stack: PatchedStack):
    stack.emit("to.disabled", {})

    assert stack.messages("letters") == []


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        (
            "to.nowhere",
            "states:us-east-1:123456789012:stateMachine:gone",
            "StateMachineDoesNotExist",
        ),
        ("to.refusing", "lambda:us-east-1:123456789012:function:gone", "ResourceNotFoundException"),
    ],
)
def test_what_cannot_be_delivered_goes_to_the_rule_s_queue(
    stack: PatchedStack, source, target, code
):
    stack.emit(source, {"lost": True})

    letter = stack.message("letters")

    assert json.loads(letter["Body"])["detail"] == {"lost": True}
    attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert attributes["TARGET_ARN"] == f"arn:aws:{target}"
    assert attributes["ERROR_CODE"] == code
    assert ":rule/" in attributes["RULE_ARN"]
    assert "gone" in attributes["ERROR_MESSAGE"]


def invoke(stack: PatchedStack, name: str, payload: object, kind: str = "Event") -> dict[str, Any]:
    return stack.aws.client("lambda").invoke(
        FunctionName=name, InvocationType=kind, Payload=json.dumps(payload)
    )


def test_an_asynchronous_failure_is_retried_twice_and_ends_in_the_function_s_queue(
    stack: PatchedStack,
):
    before = stack.aws.clock.now()
    assert invoke(stack, "bounced", {"do": "fail"})["StatusCode"] == 202

    letter = stack.message("function-letters")

    assert stack.aws.clock.now() - before >= 180
    assert logged(stack, "bounced").count("doing fail") == 3
    assert json.loads(letter["Body"]) == {"do": "fail"}
    attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == ("200", "as asked")


def test_an_asynchronous_failure_goes_to_the_function_s_destination(stack: PatchedStack):
    invoke(stack, "watched", {"do": "refuse", "why": "never"})

    record = json.loads(stack.message("destination")["Body"])

    assert record["requestPayload"] == {"do": "refuse", "why": "never"}
    assert record["responsePayload"]["errorType"] == "RefusedError"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestContext"]["condition"] == "RetriesExhausted"


def test_a_function_with_no_concurrency_throttles(stack: PatchedStack):
    client = stack.aws.client("lambda")
    with pytest.raises(client.exceptions.TooManyRequestsException) as error:
        invoke(stack, "off", {}, "RequestResponse")
    assert error.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_step_functions_sees_the_throttle_by_its_name(stack: PatchedStack):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "off"},
        "End": True,
    }
    stack.define("throttled", {"StartAt": "T", "States": {"T": state}})

    assert stack.run("throttled", {})["error"] == "Lambda.TooManyRequestsException"


def test_status_changes_are_events(stack: PatchedStack):
    good = stack.start("workflow", {"jobs": [], "said": "x"}, name="watched-good")
    described = stack.ended(good)
    stopped = stack.start("token", {"key": "watched", "wait": 900}, name="watched-stopped")
    stack.machines.stop_execution(executionArn=stopped, error="E", cause="C")
    received: list[dict[str, Any]] = []

    def all_received() -> bool:
        received.extend(stack.messages("statuses"))
        return len(received) == 4

    stack.eventually(all_received)

    events = [json.loads(message["Body"]) for message in received]
    details = {(e["detail"]["name"], e["detail"]["status"]): e["detail"] for e in events}
    assert {event["detail-type"] for event in events} == {DETAIL_TYPE}
    succeeded = details["watched-good", "SUCCEEDED"]
    assert succeeded["stopDate"] == round(described["stopDate"].timestamp() * 1000)
    assert json.loads(succeeded["output"]) == {"said": "x", "results": []}
    assert succeeded["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert (succeeded["stateMachineVersionArn"], succeeded["stateMachineAliasArn"]) == (None, None)
    assert details["watched-good", "RUNNING"]["stopDate"] is None
    assert details["watched-good", "RUNNING"]["redriveStatus"] == "NOT_REDRIVABLE"
    aborted = details["watched-stopped", "ABORTED"]
    assert (aborted["redriveStatus"], aborted["redriveStatusReason"]) == ("REDRIVABLE", None)
    assert (aborted["error"], aborted["cause"], aborted["output"]) == ("E", "C", None)
    assert aborted["executionArn"] == stopped
    assert json.loads(aborted["input"]) == {"key": "watched", "wait": 900}


def test_handler_output_is_in_cloudwatch_logs(stack: PatchedStack):
    invoke(stack, "worker", {"do": "log me"}, "RequestResponse")

    events = stack.aws.client("logs").filter_log_events(logGroupName="/aws/lambda/worker")["events"]

    assert "doing log me" in [event["message"] for event in events]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, EVENT),
        ({"Input": '"constant"'}, "constant"),
        ({"InputPath": "$.detail.list[0].n"}, 1),
        ({"InputPath": "$.detail-type"}, "Tested"),
        (
            {"InputTransformer": TRANSFORMER},
            {"do": "up", "said": "it is up", "from": "R"},
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"t": "$.detail.text", "no": "$.nothing"},
                    "InputTemplate": '{"a": <t>, "b": "<t> \\"<no>\\" <unknown>", "c": <no>}',
                }
            },
            {"a": 'a "b"', "b": 'a "b" "" <unknown>', "c": None},
        ),
        ({"InputTransformer": {"InputTemplate": "<aws.events.event.json>"}}, EVENT),
    ],
)
def test_a_target_receives_the_input_that_its_rule_configures(target, expected):
    assert json.loads(target_input(target, EVENT, "arn:aws:events:r:a:rule/R")) == expected


def test_a_path_without_a_match_selects_nothing():
    assert select(EVENT, "$.detail.list[7].n") is None
    assert select(EVENT, "$") == EVENT
