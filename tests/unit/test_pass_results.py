"""What a pass returns to Step Functions, and what Step Functions says of a pass that failed."""

from __future__ import annotations

import json

import pytest

from lambdas.jobs import pass_result
from lambdas.jobs.pass_result import PassResult, TaskError
from lambdas.jobs.phases import Phase
from lambdas.jobs.registry import ChildResult
from tests.unit.builders import NOW, campaign_work, export_work, through_json


def failed_pass() -> PassResult:
    work = campaign_work("a").fail_all(reason="Any", message="any", now=NOW)
    return pass_result.last_pass(work, Phase.FAILED)


PASSES = {
    "entries": failed_pass(),
    "next pass over an export": pass_result.next_pass(export_work(), Phase.QUEUED, 30),
    "next pass": pass_result.next_pass(campaign_work("a", "b"), Phase.IN_PROGRESS, 30),
}


def caused(cause: object) -> str:
    text = cause if isinstance(cause, str) else json.dumps(cause)
    return TaskError.model_validate({"Error": "AnyError", "Cause": text}).message


def test_a_functions_failure_is_reported_in_the_words_of_its_exception():
    cause = {
        "errorMessage": "StopCampaign: ThrottlingException: Rate exceeded",
        "errorType": "ThrottlingException",
        "requestId": "any-request",
        "stackTrace": ["any line"],
    }
    assert caused(cause) == "StopCampaign: ThrottlingException: Rate exceeded"


@pytest.mark.parametrize(
    "cause",
    [
        "timed out after 60 s",
        "{broken",
        '{"errorType": "Any"}',
        '{"errorMessage": null}',
        '{"errorMessage": ""}',
        '["errorMessage"]',
        '"errorMessage"',
        "5",
        "null",
    ],
)
def test_a_cause_that_is_no_exception_is_reported_as_it_is(cause):
    assert caused(cause) == cause


def test_an_exceptions_words_may_be_of_any_language():
    assert caused({"errorMessage": "größer als erlaubt"}) == "größer als erlaubt"


@pytest.mark.parametrize(
    "said", [{"Error": "States.Timeout"}, {"Error": "States.Timeout", "Cause": ""}]
)
def test_an_error_without_a_cause_is_reported_by_its_name(said):
    assert TaskError.model_validate(said).message == "States.Timeout"


@pytest.mark.parametrize("result", PASSES.values(), ids=PASSES)
def test_a_pass_says_the_same_when_it_is_written_and_read_again(result):
    assert dict(ChildResult.model_validate(through_json(result.as_payload()))) == dict(result)


@pytest.mark.parametrize("result", PASSES.values(), ids=PASSES)
def test_a_pass_always_says_whose_it_is_where_to_go_and_how_long_to_wait(result):
    assert {"key", "phase", "wait_seconds"} <= set(result.as_payload())


def test_the_last_pass_carries_the_entries_and_no_work():
    payload = PASSES["entries"].as_payload()
    assert set(payload) == {"key", "phase", "wait_seconds", "entries"}
    assert (payload["phase"], payload["wait_seconds"]) == ("FAILED", 0)
    assert [entry["id"] for entry in payload["entries"]] == ["a"]


def test_a_pass_that_is_not_the_last_says_when_the_next_one_is():
    payload = PASSES["next pass"].as_payload()
    assert set(payload) == {"key", "phase", "wait_seconds", "work"}
    assert (payload["phase"], payload["wait_seconds"]) == ("IN_PROGRESS", 30)
