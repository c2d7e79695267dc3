"""AdvancePlan takes what child executions leave, or what a Catch does."""

from __future__ import annotations

import pytest

from lambdas.requests import advance_plan
from tests.unit.builders import (
    any_campaign_job,
    any_export_job,
)
from tests.unit.handlers.functions import (
    accept,
    invoke,
)


def test_advance_takes_the_nothing_that_a_lost_child_leaves():
    state = accept(any_campaign_job())
    outcome = invoke(advance_plan.handler, {"plan": state["plan"], "results": [None]})["outcome"]
    assert outcome["resources"][0]["reason"] == "JobLost"


@pytest.mark.parametrize(
    "cause", ["timed out after 60 s", '{"errorMessage": "timed out after 60 s"}']
)
def test_advance_takes_what_a_catch_leaves(cause):
    state = accept(any_export_job())
    work = state["plan"]["running"][0]
    caught = {
        "key": work["key"],
        "phase": "FAILED",
        "work": work,
        "error": {"Error": "Sandbox.Timedout", "Cause": cause},
    }
    outcome = invoke(advance_plan.handler, {"plan": state["plan"], "results": [caught]})["outcome"]
    (entry,) = outcome["resources"]
    assert (entry["reason"], entry["message"]) == ("Sandbox.Timedout", "timed out after 60 s")


def test_advance_takes_what_a_catch_of_the_whole_map_leaves():
    state = accept(any_export_job())
    error = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "any cause"}
    event = {"plan": state["plan"], "results": [], "error": error}
    outcome = invoke(advance_plan.handler, event)["outcome"]
    assert outcome["reason"] == "WorkflowFailed"
    (entry,) = outcome["resources"]
    assert (entry["phase"], entry["reason"], entry["message"]) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
        "any cause",
    )


def test_advance_goes_on_with_what_always_runs_when_the_whole_map_failed():
    always = {"run": "always", "jobs": [any_campaign_job(target="RUNNING")]}
    state = accept({"stages": [{"jobs": [any_campaign_job()]}, always]})
    error = {"Error": "States.DataLimitExceeded", "Cause": "any cause"}
    state = invoke(advance_plan.handler, {"plan": state["plan"], "results": [], "error": error})
    assert [work["target"] for work in state["plan"]["running"]] == ["RUNNING"]
