"""Each outcome is published once."""

from __future__ import annotations

import pytest

from lambdas.jobs.phases import Phase
from tests.unit.builders import (
    EXECUTION,
    NOW,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
    ended,
)
from tests.unit.fake_executions import (
    Event,
    answered,
    entered,
    map_started,
    published,
    task_failed,
)
from tests.unit.plan_clean_up.ended_executions import (
    MAP_RUNS,
    OWN,
    accepted,
    advanced,
    ended_child,
    jobs,
    started,
    works_of,
)

OUTCOME_NOT_PUBLISHED = {"error": "OutcomeNotPublished", "cause": "any summary; not published: 500"}


@pytest.fixture
def concluded() -> list[Event]:
    """The history of an execution that had its outcome."""
    first = accepted({"jobs": [any_campaign_job(campaign_ids=["a", "b"]), any_export_job()]})
    campaigns, export = works_of(first)
    last = advanced(first, ended(campaigns, at=NOW + 60), ended(export, Phase.FAILED, at=NOW + 60))
    return [*started(first), map_started(MAP_RUNS[0]), entered("AdvancePlan"), answered(last)]


def test_an_outcome_that_could_not_be_published_is_published_by_the_clean_up(
    stack, clean_up, concluded
):
    failed = task_failed("EventBridge.FailedEntry")
    stack.ended("FAILED", *concluded, entered("PublishOutcome"), failed, **OUTCOME_NOT_PUBLISHED)
    outcome = clean_up()["publish"]
    assert jobs(outcome) == [
        (job, name, "AnyReason") for job, name in (("0.0", "a"), ("0.0", "b"), ("0.1", SNAPSHOT))
    ]
    assert [entry["phase"] for entry in outcome["resources"]] == ["COMPLETE", "COMPLETE", "FAILED"]
    assert (outcome["reason"], outcome["correlation_id"]) == ("RequestFailed", "nightly")
    assert outcome["execution_arn"] == EXECUTION


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "ABORTED"])
def test_an_outcome_that_was_published_is_not_published_again(stack, clean_up, concluded, status):
    history = [*concluded, entered("PublishOutcome"), published(), entered("RouteOutcome")]
    stack.ended(status, *history)
    assert set(clean_up()) == {"outcome"}


OTHER = f"{EXECUTION}-other-clean-up"


@pytest.mark.parametrize(
    ("status", "history", "publishes"),
    [
        ("RUNNING", [], False),
        ("SUCCEEDED", [published()], False),
        ("FAILED", [], True),
        (None, [], True),
    ],
)
def test_of_two_clean_ups_one_publishes_the_outcome(stack, clean_up, status, history, publishes):
    """The other one only cancels; unless the first has come to nothing."""
    stack.ended("ABORTED", *started(accepted(any_campaign_job())))
    stack.claims.claim(EXECUTION, OTHER)
    if status is not None:
        stack.executions.add(OTHER, status, *history)
    assert ("publish" in clean_up()) == publishes
    assert stack.claims.holder(EXECUTION) == (OWN if publishes else OTHER)


def test_what_was_left_behind_is_canceled_after_a_published_outcome_too(stack, clean_up, concluded):
    stack.ended("FAILED", *concluded, published(), entered("RouteOutcome"))
    stack.noted("mine", "0.1")
    answer = clean_up({})
    assert set(answer) == {"outcome"}
    assert jobs(answer["outcome"]) == [("0.1", SNAPSHOT, "TargetReached")]


def test_an_outcome_that_the_state_machine_wrote_and_published_is_not_published_again(
    stack, clean_up
):
    """An AdvancePlan that failed left no answer, so the newest one is an older plan."""
    first = accepted({"jobs": [any_campaign_job()]})
    history = [*started(first), map_started(MAP_RUNS[0]), entered("AdvancePlan")]
    stack.ended(
        "FAILED",
        *history,
        task_failed("States.Timeout"),
        entered("PublishOutcome"),
        published(),
        error="WorkflowFailed",
    )
    stack.executions.add_children(MAP_RUNS[0], ended_child(ended(works_of(first)[0], at=NOW + 60)))
    assert set(clean_up()) == {"outcome"}
