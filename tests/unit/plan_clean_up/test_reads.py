"""What an execution has done is read from its history and its children's."""

from __future__ import annotations

import json

import pytest

from lambdas.shared.errors import AccessDeniedException, ThrottlingException
from tests.unit.builders import (
    NOW,
    any_campaign_job,
    ended,
)
from tests.unit.fake_executions import (
    answered,
    map_started,
)
from tests.unit.fakes import client_error
from tests.unit.plan_clean_up.ended_executions import (
    MAP_RUNS,
    accepted,
    advanced,
    child,
    jobs,
    passed,
    started,
    works_of,
)


def test_the_children_of_an_earlier_stage_are_not_asked(stack, clean_up):
    first = accepted({"jobs": [any_campaign_job()]}, {"jobs": [any_campaign_job()]})
    second = advanced(first, *(ended(work, at=NOW + 60) for work in works_of(first)))
    stack.ended("ABORTED", *started(first), map_started(MAP_RUNS[0]), answered(second))
    assert jobs(clean_up()["publish"]) == [
        ("0.0", "c-1", "AnyReason"),
        ("1.0", "c-1", "ExecutionAborted"),
    ]
    assert "list_executions" not in {operation for operation, _arn in stack.executions.calls}


def test_children_are_read_however_many_there_are(stack, clean_up):
    ids = [f"c-{number}" for number in range(8)]
    first = accepted({"jobs": [any_campaign_job(campaign_ids=[name]) for name in ids]})
    stack.ended("ABORTED", *started(first), map_started(MAP_RUNS[0]))
    seen = [[*child(passed(work, state="Paused"))] for work in works_of(first)]
    stack.executions.add_children(MAP_RUNS[0], *seen)
    assert [entry["final_state"] for entry in clean_up()["publish"]["resources"]] == ["Paused"] * 8


@pytest.mark.parametrize(
    "operation", ["describe_execution", "get_execution_history", "list_executions"]
)
@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("AccessDeniedException", AccessDeniedException),
        ("ThrottlingException", ThrottlingException),
    ],
)
@pytest.mark.usefixtures("aborted_half_way")
def test_step_functions_that_refuses_is_reported_by_name(stack, clean_up, operation, code, named):
    stack.executions.will(operation, client_error(code))
    with pytest.raises(named):
        clean_up()


@pytest.mark.usefixtures("aborted_half_way")
def test_a_clean_up_that_is_planned_again_is_the_same(stack, clean_up):
    stack.noted("mine", "1.1")
    assert json.dumps(clean_up({})) == json.dumps(clean_up({}))
