"""Waits use the simulated clock, and end when their execution does."""

from __future__ import annotations

import json

import pytest

from localcloud.patches import child_histories
from localcloud.patches.patching import moto
from tests.contract.patched_stack import PatchedStack, code_of, deployed, token_of
from tests.contract.patched_template import task


@pytest.fixture(scope="module")
def stack():
    with deployed({}) as stack:
        yield stack


def test_retry_delays_pass_on_the_simulated_clock(stack: PatchedStack):
    retry = [{"ErrorEquals": ["RetryableError"], "IntervalSeconds": 300, "MaxAttempts": 2}]
    failing = task({"do": "fail_first", "key": "r", "times": 2}, Retry=retry, End=True)
    stack.define("retrying", {"StartAt": "Try", "States": {"Try": failing}})

    execution = stack.start("retrying", {})
    described = stack.ended(execution)

    assert described["status"] == "SUCCEEDED"
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 900
    assert stack.kinds(execution).count("TaskFailed") == 2


@pytest.mark.parametrize(
    ("wait", "simulated_seconds"),
    [
        ({"Seconds": 600}, 600),
        ({"Seconds": "{% $states.input.minutes * 60 %}"}, 600),
        ({"Timestamp": "{% $fromMillis($millis() + 600000) %}"}, 600),
        ({"Seconds": 0}, 0),
    ],
)
def test_waits_pass_on_the_simulated_clock(stack: PatchedStack, wait, simulated_seconds, request):
    name = f"waiting-{request.node.callspec.indices['wait']}"
    stack.define(name, {"StartAt": "W", "States": {"W": {"Type": "Wait", "End": True, **wait}}})

    described = stack.run(name, {"minutes": 10})

    took = (described["stopDate"] - described["startDate"]).total_seconds()
    assert took == simulated_seconds


def test_a_fraction_of_a_second_is_an_invalid_wait(stack: PatchedStack):
    wait = {"Type": "Wait", "Seconds": "{% 1.5 %}", "End": True}
    stack.define("fraction", {"StartAt": "W", "States": {"W": wait}})

    execution = stack.start("fraction", {})

    assert stack.ended(execution)["error"] == "States.QueryEvaluationError"
    assert stack.kinds(execution).count("EvaluationFailed") == 1


def test_a_token_is_answered_once(stack: PatchedStack):
    execution = stack.start("token", {"key": "answered", "wait": 1000})
    token = token_of(stack, "answered")
    succeed = stack.machines.send_task_success

    assert code_of(succeed, taskToken="nonsense", output="{}") == "InvalidToken"
    assert code_of(succeed, taskToken=token, output="not json") == "InvalidOutput"
    succeed(taskToken=token, output='{"done": true}')

    assert json.loads(stack.ended(execution)["output"]) == {"received": {"done": True}}
    assert code_of(succeed, taskToken=token, output="{}") == "TaskTimedOut"


def test_a_token_s_timeout_is_simulated_and_ends_the_token(stack: PatchedStack):
    execution = stack.start("token", {"key": "late", "wait": 10})
    token = token_of(stack, "late")

    described = stack.ended(execution)

    assert json.loads(described["output"]) == "timed out"
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 600
    scheduled = next(e for e in stack.events(execution) if e["type"] == "TaskScheduled")
    assert scheduled["taskScheduledEventDetails"]["timeoutInSeconds"] == 600
    assert code_of(stack.machines.send_task_success, taskToken=token, output="{}") == "TaskTimedOut"


def test_a_failed_token_keeps_its_cause(stack: PatchedStack):
    execution = stack.start("token", {"key": "failed", "wait": 1000})

    stack.machines.send_task_failure(
        taskToken=token_of(stack, "failed"), error="Broken", cause="by hand"
    )

    described = stack.ended(execution)
    assert (described["error"], described["cause"]) == ("Broken", "by hand")


def test_computing_takes_no_simulated_time_and_sleeping_takes_no_real_time(stack: PatchedStack):
    for name, asked, seconds in (
        ("computing", {"do": "compute", "real_seconds": 0.1}, 0),
        ("sleeping", {"do": "sleep", "seconds": 9}, 9),
    ):
        stack.define(name, {"StartAt": "T", "States": {"T": task(asked, End=True)}})
        described = stack.run(name, {})
        assert described["status"] == "SUCCEEDED"
        assert (described["stopDate"] - described["startDate"]).total_seconds() == seconds


def test_a_task_s_timeout_is_simulated(stack: PatchedStack):
    slow = task({"do": "sleep", "seconds": 9}, TimeoutSeconds=5, End=True)
    stack.define("too-slow", {"StartAt": "T", "States": {"T": slow}})

    described = stack.run("too-slow", {})

    assert (described["status"], described["error"]) == ("FAILED", "States.Timeout")
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 5


def test_a_machine_s_timeout_is_simulated(stack: PatchedStack):
    wait = {"Type": "Wait", "Seconds": 1_000_000, "End": True}
    stack.define("overdue", {"TimeoutSeconds": 300, "StartAt": "W", "States": {"W": wait}})

    execution = stack.start("overdue", {})
    described = stack.ended(execution)

    assert described["status"] == "TIMED_OUT"
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 300
    assert stack.kinds(execution)[-1] == "ExecutionTimedOut"


def long_retry() -> dict[str, object]:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 9_000_000, "MaxAttempts": 9}]
    return task({"do": "fail"}, Retry=retry, End=True)


@pytest.mark.parametrize(
    ("name", "state", "waiting"),
    [
        ("wait", {"Type": "Wait", "Seconds": 9_000_000, "End": True}, "WaitStateEntered"),
        ("retry", long_retry(), "TaskFailed"),
        ("sleep", task({"do": "sleep", "seconds": 9}, End=True), "TaskStarted"),
    ],
)
def test_stopping_ends_an_execution_at_once(stack: PatchedStack, name, state, waiting):
    stack.define(f"stopped-{name}", {"StartAt": "S", "States": {"S": state}})
    execution = stack.start(f"stopped-{name}", {})
    stack.reached(execution, waiting)

    stack.machines.stop_execution(executionArn=execution, error="Enough", cause="of this")

    described = stack.machines.describe_execution(executionArn=execution)
    assert (described["status"], described["error"]) == ("ABORTED", "Enough")
    assert (described["cause"], "stopDate" in described) == ("of this", True)
    last = stack.events(execution)[-1]
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "of this"}


def test_stopping_ends_the_children_and_their_tokens_and_threads(stack: PatchedStack):
    execution = stack.start(
        "workflow", {"jobs": [{"name": "n", "wait": 9_000_000}] * 3, "said": ""}
    )
    stack.eventually(
        lambda: (
            [child.events[-1]["type"] for child in child_histories(execution)]
            == ["WaitStateEntered"] * 3
        )
    )
    waiting = stack.start("token", {"key": "stopped", "wait": 1000})
    token = token_of(stack, "stopped")

    for arn in (execution, waiting):
        stack.machines.stop_execution(executionArn=arn)

    assert {child.status for child in child_histories(execution)} == {"ABORTED"}
    assert {child.events[-1]["type"] for child in child_histories(execution)} == {
        "ExecutionAborted"
    }
    assert code_of(stack.machines.send_task_success, taskToken=token, output="{}") == "TaskTimedOut"
    threads = moto("stepfunctions.parser.utils").TMP_THREADS
    stack.aws.clock.sleep(10)  # a function that sleeps is not ended
    assert not any(thread.is_alive() for thread in threads)


def test_an_execution_can_be_stopped_while_it_starts(stack: PatchedStack):
    execution = stack.start("token", {"key": "early", "wait": 1000})

    stack.machines.stop_execution(executionArn=execution)

    assert stack.machines.describe_execution(executionArn=execution)["status"] == "ABORTED"
