"""The exports that must not outlive their execution are canceled, and their entries say so."""

from __future__ import annotations

import pytest

from lambdas.jobs.phases import Phase
from tests.unit.builders import (
    SNAPSHOT,
)
from tests.unit.plan_clean_up.ended_executions import (
    OWN,
    jobs,
)


@pytest.mark.usefixtures("aborted_half_way")
def test_a_clean_up_with_nothing_to_cancel_is_complete_itself(clean_up):
    own = clean_up()["outcome"]
    assert (own["phase"], own["resources"]) == ("COMPLETE", [])
    assert (own["correlation_id"], own["execution_arn"]) == ("nightly", OWN)


@pytest.mark.usefixtures("aborted_half_way")
def test_the_cancel_is_reported_in_the_entry_of_the_job_that_had_started_the_export(
    stack, clean_up
):
    stack.noted("mine", "1.1")
    answer = clean_up({})
    entries = {entry["job"]: entry for entry in answer["publish"]["resources"]}
    assert len(answer["publish"]["resources"]) == 32
    export = entries["1.1"]
    assert (export["phase"], export["reason"]) == ("FAILED", "ExecutionAborted")
    assert (export["initial_state"], export["final_state"]) == (None, "CANCELED")
    assert export["message"] == (
        "the execution was aborted; in the clean-up: TargetReached: export is CANCELED"
    )
    assert export["details"]["export_task_identifier"] == "mine"
    assert export["details"]["percent_progress"] == 40
    assert entries["3.0"]["final_state"] is None, "the other job of the same source"
    assert jobs(answer["outcome"]) == [("1.1", SNAPSHOT, "TargetReached")]
    assert answer["outcome"]["phase"] == "COMPLETE"


@pytest.mark.usefixtures("aborted_half_way")
def test_an_export_that_two_jobs_had_noted_is_canceled_once_and_reported_in_both(stack, clean_up):
    stack.noted("mine", "1.1")
    stack.noted("mine", "3.0")
    answer = clean_up({})
    entries = {entry["job"]: entry for entry in answer["publish"]["resources"]}
    assert [entries[job]["final_state"] for job in ("1.1", "3.0")] == ["CANCELED", "CANCELED"]
    assert len(answer["outcome"]["resources"]) == 1


@pytest.mark.usefixtures("aborted_half_way")
def test_of_several_exports_of_one_job_the_entry_has_the_end_of_its_own(stack, clean_up):
    stack.noted("older", "1.1")
    stack.noted("newer", "1.1")
    answer = clean_up({}, {"reason": "FinishedBeforeCancel", "message": "it had ended"})
    (export,) = (entry for entry in answer["publish"]["resources"] if entry["job"] == "1.1")
    assert export["message"].endswith("FinishedBeforeCancel: it had ended")
    assert export["details"]["export_task_identifier"] == "newer"


@pytest.mark.usefixtures("aborted_half_way")
def test_a_cancel_that_fails_fails_the_clean_up_and_is_reported(stack, clean_up):
    stack.noted("mine", "1.1")
    answer = clean_up({"phase": Phase.FAILED, "reason": "AccessDeniedException", "message": "no"})
    assert answer["outcome"]["phase"] == "FAILED"
    (export,) = (entry for entry in answer["publish"]["resources"] if entry["job"] == "1.1")
    assert export["message"].endswith("in the clean-up: AccessDeniedException: no")
