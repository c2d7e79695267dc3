"""Patched moto runs a workflow as Step Functions does."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name

from localcloud.clock import VirtualClock
from localcloud.patches import MOTO_VERSION, child_histories
from localcloud.patches.expressions.evaluation import evaluate
from localcloud.patches.patching import Patches, moto
from localcloud.patches.speed import json_copy
from tests.contract.patched_stack import PatchedStack, code_of, deployed
from tests.contract.patched_template import task

NASTY = 'it\'s "quoted" \\ back\nnew {% line %} é \U0001f600 $x <b>'


@pytest.fixture(scope="module")
def stack():
    with deployed({}) as stack:
        yield stack


def test_moto_is_the_version_that_the_patches_were_made_for():
    assert version("moto") == MOTO_VERSION, (
        "moto has changed: review each module of localcloud/patches, whose docstrings say what the "
        "old version did, and delete the patches that are not needed any more"
    )


def test_an_attribute_is_patched_once_and_restored():
    owner = SimpleNamespace(name="before")
    patches = Patches(VirtualClock())
    assert patches.replace(owner, "name", "after") == "before"
    with pytest.raises(RuntimeError, match="patched twice"):
        patches.replace(owner, "name", "again")
    patches.add(owner, "other", "added")
    with pytest.raises(AttributeError, match="review this patch"):
        patches.add(owner, "other", "again")
    with pytest.raises(KeyError):
        patches.replace(owner, "missing", "any")

    patches.undo()

    assert vars(owner) == {"name": "before"}


def test_runs_the_workflow_that_cloudformation_created(stack: PatchedStack):
    jobs = [{"name": "one"}, {"name": "two", "do": "fail_first", "key": "w", "times": 2}]

    described = stack.run("workflow", {"jobs": jobs, "said": NASTY})

    assert described["status"] == "SUCCEEDED"
    output = json.loads(described["output"])
    assert output["said"] == NASTY
    assert [result["name"] for result in output["results"]] == ["one", "two"]
    assert json.loads(stack.message("completed")["Body"])["detail"]["said"] == NASTY


def test_children_are_executions_of_their_own(stack: PatchedStack):
    jobs = [
        {"name": "good"},
        {"name": "bad", "do": "refuse", "why": "no"},
        {"name": "slow", "do": "fail_first", "key": "c", "times": 1},
    ]

    execution = stack.start("workflow", {"jobs": jobs, "said": ""})
    described = stack.ended(execution)

    good, bad, slow = sorted(child_histories(execution), key=lambda child: child.index)
    assert [child.item["job"]["name"] for child in (good, bad, slow)] == ["good", "bad", "slow"]
    assert (good.status, bad.status, slow.status) == ("SUCCEEDED", "FAILED", "SUCCEEDED")
    assert (bad.error, bad.cause) == ("JobFailed", "RefusedError!")
    assert good.execution_arn == (
        f"{execution.rpartition(':')[0]}/Jobs:{good.name}"  # Machine/Label:uuid
    )
    assert json.loads(described["output"])["results"] == [good.output, None, slow.output]
    assert good.output["id"] == good.execution_arn
    assert good.output["input"] == {"job": {"name": "good"}, "index": 0}
    assert [event["type"] for event in good.events] == [
        "ExecutionStarted",
        *["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"],
        *["WaitStateEntered", "WaitStateExited", "PassStateEntered", "PassStateExited"],
        "ExecutionSucceeded",
    ]
    assert [event["type"] for event in slow.events].count("TaskFailed") == 1
    assert [event["id"] for event in slow.events] == list(range(1, len(slow.events) + 1))
    assert [kind for kind in stack.kinds(execution) if "Map" in kind] == [
        *["MapStateEntered", "MapStateStarted", "MapRunStarted"],
        *["MapRunSucceeded", "MapStateSucceeded", "MapStateExited"],
    ]
    assert stack.machines.describe_execution(executionArn=bad.execution_arn)["cause"] == bad.cause
    assert stack.kinds(good.execution_arn) == [event["type"] for event in good.events]
    map_run = stack.machines.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    assert len(stack.machines.list_executions(mapRunArn=map_run)["executions"]) == 3


def test_too_many_failing_children_fail_the_map_run(stack: PatchedStack):
    states = {
        "Fail": {"Type": "Fail", "Error": "Always"},
        "Await": {"Type": "Wait", "Seconds": 1_000_000, "End": True},
        "Which": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input = 0 %}", "Next": "Fail"}],
            "Default": "Await",
        },
    }
    processor: dict[str, Any] = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    }
    processor |= {"StartAt": "Which", "States": states}
    each = {"Type": "Map", "Items": [0, 1, 2], "ItemProcessor": processor, "End": True}
    stack.define("intolerant", {"StartAt": "Each", "States": {"Each": each}})

    execution = stack.start("intolerant", {})

    assert stack.ended(execution)["error"] == "States.ExceedToleratedFailureThreshold"
    failed, *others = sorted(child_histories(execution), key=lambda child: child.index)
    assert failed.status == "FAILED"
    assert {child.status for child in others} <= {"ABORTED"}  # or they never started


def test_a_fail_state_has_error_and_cause_from_variables(stack: PatchedStack):
    described = stack.run("workflow", {"do": "refuse", "why": NASTY})

    assert described["status"] == "FAILED"
    assert (described["error"], described["cause"]) == ("RefusedError", f"{NASTY} (sorry)")
    assert described["stopDate"] >= described["startDate"]


def test_an_undefined_value_fails_the_evaluation(stack: PatchedStack):
    broken = task("{% $states.input.missing %}", End=True)
    caught = [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Caught"}]
    caught_state = {"Type": "Pass", "Output": "{% $states.input.Error %}", "End": True}
    stack.define(
        "undefined",
        {"StartAt": "T", "States": {"T": {**broken, "Catch": caught}, "Caught": caught_state}},
    )

    execution = stack.start("undefined", {})

    assert json.loads(stack.ended(execution)["output"]) == "States.QueryEvaluationError"
    assert stack.kinds(execution).count("EvaluationFailed") == 1


def test_expressions_have_the_functions_of_step_functions(stack: PatchedStack):
    output = {
        "parsed": "{% $parse('{\"a\":[1]}').a %}",
        "uuid": "{% $length($uuid()) %}",
        "later": "{% $millis() - $toMillis($states.context.Execution.StartTime) %}",
        "null": "{% $states.input.nothing %}",
        "nested": '{% {"deep": [$states.input.list[$ > 1]]} %}',
    }
    stack.define(
        "functions",
        {"StartAt": "P", "States": {"P": {"Type": "Pass", "Output": output, "End": True}}},
    )

    got = json.loads(stack.run("functions", {"nothing": None, "list": [1, 2, 3]})["output"])

    assert got.pop("later") == 0
    assert got == {
        "parsed": [1],
        "uuid": 36,
        "null": None,
        "nested": {"deep": [2, 3]},
    }


def test_expressions_are_evaluated_by_many_threads_at_once(stack: PatchedStack):
    del stack
    wrong: list[object] = []

    def work(number: int) -> None:
        for _ in range(50):
            value = evaluate(
                "$sum($map($list, function($v){$v * $n}))", {"list": [1, 2], "n": number}
            )
            wrong.extend([value] if value != 3 * number else [])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_executions_without_a_name_get_different_ones(stack: PatchedStack):
    first, second = (stack.start("workflow", {"do": "refuse", "why": ""}) for _ in range(2))

    assert first != second
    assert code_of(
        stack.machines.start_execution,
        stateMachineArn=first.replace(":execution:", ":stateMachine:").rpartition(":")[0],
        name="not/allowed",
    ) == ("InvalidName")


def test_a_history_has_pages_and_can_be_read_from_its_end(stack: PatchedStack):
    execution = stack.start("workflow", {"jobs": [], "said": ""})
    stack.ended(execution)

    last = stack.machines.get_execution_history(
        executionArn=execution, reverseOrder=True, maxResults=1
    )

    assert [event["type"] for event in last["events"]] == ["ExecutionSucceeded"]
    assert last["nextToken"]


@pytest.mark.parametrize("holder", [{}, SimpleNamespace()], ids=["a dict", "an object"])
def test_fields_of_answers_have_the_names_that_moto_tries(stack: PatchedStack, holder: object):
    serialize = moto("core.serialize")
    rds = moto("core.utils").get_service_model("rds")
    shape = rds.shape_for("DBInstance")
    member = shape.members["DBInstanceIdentifier"]
    member.parent = shape
    context = serialize.AttributePickerContext(
        obj=holder, key="DBInstanceIdentifier", shape=member, operation_model=None,
        service_model=rds, key_path="",
    )  # fmt: skip
    picker = serialize.XFormedAttributePicker()

    first, again = (list(picker.get_possible_keys(context)) for _ in range(2))

    assert first == again
    tried = serialize.AttributePicker().get_possible_keys(context)
    assert first == [*dict.fromkeys(n for key in tried for n in (key, xform_name(key)))]
    assert "identifier" in first


def test_json_is_copied_with_all_that_is_in_it():
    moment = datetime.now(UTC)
    value = {"list": [1, 2.5, True, None, "text", {"moment": moment}]}

    copied = json_copy(value)

    assert copied == value
    assert copied["list"] is not value["list"]
    assert copied["list"][-1] is not value["list"][-1]


def test_tasks_share_their_clients(stack: PatchedStack):
    clients = moto("stepfunctions.parser.asl.utils.boto_client")

    started = time.perf_counter()
    one, same = (clients.boto_client_for("us-east-1", "lambda") for _ in range(2))

    assert one is same
    assert one.meta.endpoint_url == stack.aws.endpoint
    assert time.perf_counter() - started < 1
