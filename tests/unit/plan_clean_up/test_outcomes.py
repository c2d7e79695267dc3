"""The outcome of an ended execution has every resource once, with what was seen of it last."""

from __future__ import annotations

import pytest

from lambdas.jobs.phases import Phase
from lambdas.requests.outcome import Outcome
from lambdas.shared.texts import timestamp
from tests.unit.builders import (
    EXECUTION,
    NOW,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
    ended,
)
from tests.unit.fake_executions import (
    answered,
    entered,
    map_started,
)
from tests.unit.plan_clean_up.ended_executions import (
    CAUGHT,
    DESCRIPTION,
    ENDED_AFTER,
    MAP_RUNS,
    accepted,
    advanced,
    jobs,
    started,
    works_of,
)


def test_an_export_is_reported_by_the_id_of_its_job(stack, clean_up):
    answer = accepted({"jobs": [any_export_job(id="night", on_abort="cancel")]})
    stack.ended("ABORTED", *started(answer))
    stack.noted("task-1", "night")
    ended = clean_up({})
    for outcome in (ended["publish"], ended["outcome"]):
        assert outcome["description"] == DESCRIPTION
        assert [entry["job"] for entry in outcome["resources"]] == ["night"]
    assert "in the clean-up" in ended["publish"]["resources"][0]["message"]


@pytest.mark.parametrize(
    ("status", "fields", "reason", "message"),
    [
        ("ABORTED", {}, "ExecutionAborted", "the execution was aborted"),
        (
            "ABORTED",
            {"error": "ByHand", "cause": "the wrong campaigns"},
            "ExecutionAborted",
            "the execution was aborted (ByHand: the wrong campaigns)",
        ),
        ("TIMED_OUT", {}, "ExecutionTimedOut", "the execution timed out"),
        (
            "FAILED",
            {"error": "States.Runtime", "cause": "reached the maximum history size"},
            "States.Runtime",
            "Step Functions ended the execution (States.Runtime: reached the maximum history size)",
        ),
        ("FAILED", {}, "ExecutionFailed", "Step Functions ended the execution"),
    ],
)
def test_the_outcome_says_how_the_execution_ended(stack, clean_up, status, fields, reason, message):
    answer = accepted({"jobs": [any_campaign_job()]})
    stack.ended(status, *started(answer), **fields)
    outcome = clean_up()["publish"]
    assert (outcome["phase"], outcome["reason"]) == ("FAILED", reason)
    assert outcome["summary"].startswith(f"{message}; 1 of 1 did not reach their targets; c-1")
    assert (outcome["correlation_id"], outcome["execution_arn"]) == ("nightly", EXECUTION)
    assert outcome["description"] == DESCRIPTION
    assert outcome["started_at"] == timestamp(NOW)
    assert outcome["ended_at"] == timestamp(NOW + ENDED_AFTER)
    assert outcome["elapsed_seconds"] == ENDED_AFTER
    (entry,) = outcome["resources"]
    assert (entry["reason"], entry["message"]) == (reason, message)
    assert (entry["ended_at"], entry["elapsed_seconds"]) == (outcome["ended_at"], ENDED_AFTER)


@pytest.mark.usefixtures("aborted_half_way")
def test_every_resource_is_in_the_outcome_once_with_what_was_seen_of_it_last(clean_up):
    outcome = Outcome.model_validate(clean_up()["publish"])
    ids = ["first", *(f"c-{n}" for n in range(26)), SNAPSHOT, "unseen", "failed", "first", SNAPSHOT]
    assert [entry.id for entry in outcome.resources] == ids
    assert [entry.job for entry in outcome.resources] == (
        ["0.0"] + ["1.0"] * 26 + ["1.1", "1.2", "1.3", "2.0", "3.0"]
    )
    by_key = {(entry.job, entry.id): entry for entry in outcome.resources}
    assert [by_key["1.0", name].phase for name in ("c-0", "c-1", "c-25")] == [
        Phase.COMPLETE,
        Phase.FAILED,
        Phase.COMPLETE,
    ]
    going = by_key["1.0", "c-1"]
    assert (going.reason, going.final_state, going.polls) == ("ExecutionAborted", "Paused", 1)
    export = by_key["1.1", SNAPSHOT]
    assert (export.reason, export.final_state) == ("ExecutionAborted", "STARTING")
    assert (by_key["1.2", "unseen"].final_state, by_key["1.2", "unseen"].polls) == (None, 0)
    assert {entry.ended_at for entry in (going, export)} == {timestamp(NOW + ENDED_AFTER)}


@pytest.mark.usefixtures("aborted_half_way")
def test_what_had_failed_before_the_abort_keeps_its_own_end(clean_up):
    (failed,) = (entry for entry in clean_up()["publish"]["resources"] if entry["id"] == "failed")
    assert (failed["reason"], failed["message"]) == (CAUGHT["Error"], CAUGHT["Cause"])
    assert (failed["final_state"], failed["ended_at"]) == ("Running", timestamp(NOW + 90))


@pytest.mark.usefixtures("aborted_half_way")
def test_what_had_not_begun_says_so(clean_up):
    *_, again, export = clean_up()["publish"]["resources"]
    for entry in (again, export):
        assert (entry["phase"], entry["reason"]) == ("FAILED", "ExecutionAborted")
        assert entry["message"] == "the execution was aborted; its stage had not begun"
        assert (entry["polls"], entry["elapsed_seconds"]) == (0, 0)
        assert (entry["initial_state"], entry["final_state"]) == (None, None)


def test_an_export_that_had_reached_its_target_keeps_its_entry(stack, clean_up):
    first = accepted({"jobs": [any_export_job(on_abort="cancel")]}, {"jobs": [any_campaign_job()]})
    second = advanced(first, *(ended(work, at=NOW + 60) for work in works_of(first)))
    stack.ended("ABORTED", *started(first), map_started(MAP_RUNS[0]), answered(second))
    stack.noted("mine", "0.0")
    answer = clean_up({"reason": "FinishedBeforeCancel", "message": "it had ended"})
    assert jobs(answer["publish"]) == [
        ("0.0", SNAPSHOT, "AnyReason"),
        ("1.0", "c-1", "ExecutionAborted"),
    ]
    assert answer["publish"]["resources"][0]["message"] == "any message"


def test_an_execution_that_ended_before_it_had_a_plan_reports_all_that_was_requested(
    stack, clean_up
):
    request = {
        "stages": [{"jobs": [any_campaign_job()]}, {"jobs": [any_export_job()]}],
        "correlation_id": "nightly",
    }
    stack.ended("ABORTED", entered("AcceptRequest"), request=request)
    outcome = clean_up()["publish"]
    assert outcome["correlation_id"] == "nightly"
    assert [(entry["job"], entry["id"], entry["message"]) for entry in outcome["resources"]] == [
        ("0.0", "c-1", "the execution was aborted"),
        ("1.0", SNAPSHOT, "the execution was aborted; its stage had not begun"),
    ]


@pytest.mark.parametrize("request_", [any_campaign_job(target="DANCING"), None, [], "x"])
def test_an_invalid_request_that_was_not_rejected_in_time_names_no_resource(
    stack, clean_up, request_
):
    stack.ended("ABORTED", entered("AcceptRequest"), request=request_)
    outcome = clean_up()["publish"]
    assert (outcome["phase"], outcome["reason"], outcome["resources"]) == (
        "FAILED",
        "ExecutionAborted",
        [],
    )
    assert outcome["correlation_id"] == "run-1"


def test_an_execution_whose_input_is_not_returned_is_cleaned_up_after_all_the_same(stack, clean_up):
    """DescribeExecution leaves out an input that is too large or may not be read."""
    stack.ended("ABORTED")
    stack.noted("mine", "0.0")
    stack.executions.describe_execution(executionArn=EXECUTION).pop("input")
    answer = clean_up({})
    assert jobs(answer["outcome"]) == [("0.0", SNAPSHOT, "TargetReached")]
    assert answer["publish"]["resources"] == []
