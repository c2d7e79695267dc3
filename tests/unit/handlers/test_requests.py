"""AcceptRequest answers every input: with a plan, or with the outcome of a rejection."""

from __future__ import annotations

import pytest

from tests.unit.builders import (
    EXECUTION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)
from tests.unit.handlers.functions import (
    accept,
)


def test_accepts_a_request_as_a_plan_whose_first_stage_runs(manual_clock):
    answer = accept({"stages": [{"jobs": [any_campaign_job()]}] * 2})
    assert set(answer) == {"plan"}
    assert [len(answer["plan"][name]) for name in ("running", "waiting")] == [1, 1]
    assert answer["plan"]["running"][0]["polling"] == {"started_at": manual_clock.time}
    assert answer["plan"]["trace"] == {"correlation_id": "run-1", "execution_arn": EXECUTION}


def test_carries_the_callers_correlation_id():
    answer = accept(any_campaign_job(correlation_id="nightly"))
    assert answer["plan"]["trace"]["correlation_id"] == "nightly"


@pytest.mark.parametrize("request_", [None, [], "x", {}, any_campaign_job(target="DANCING")])
def test_answers_a_request_that_it_rejects_with_an_outcome(request_):
    answer = accept(request_)
    assert set(answer) == {"outcome"}
    outcome = answer["outcome"]
    assert (outcome["phase"], outcome["reason"]) == ("FAILED", "RequestRejected")
    assert outcome["faults"]
    assert outcome["summary"]
    assert outcome["resources"] == []
    assert (outcome["correlation_id"], outcome["execution_arn"]) == ("run-1", EXECUTION)


def test_echoes_the_description_of_a_request_that_it_rejects():
    answer = accept(any_campaign_job(target="DANCING", description="The nightly one"))
    assert answer["outcome"]["description"] == "The nightly one"
    answer = accept(any_campaign_job(target="DANCING"))
    assert answer["outcome"]["description"] is None


def test_rejects_what_is_not_of_the_account_of_its_execution():
    elsewhere = SNAPSHOT.replace("123456789012", "210987654321")
    [fault] = accept(any_export_job(source_arn=elsewhere))["outcome"]["faults"]
    assert fault["field"] == "source_arn"
    assert "account 210987654321" in fault["rule"]
    assert "account 123456789012" in fault["rule"]


def test_echoes_the_correlation_id_of_a_request_that_it_rejects():
    answer = accept(any_campaign_job(target="DANCING", correlation_id="nightly"))
    assert answer["outcome"]["correlation_id"] == "nightly"


@pytest.mark.parametrize("event_id", [5, ["x"], {}, True])
def test_an_event_with_an_unusual_id_is_answered_like_any_other(event_id):
    event = {"detail-type": "Orchestration Requested", "id": event_id, "detail": any_campaign_job()}
    assert set(accept(event)) == {"plan"}
