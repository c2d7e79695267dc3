"""The account says what happened, in full and within the bounds of what carries it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.requests.acceptance import Fault
from lambdas.requests.outcome import (
    REQUEST_FAILED,
    REQUEST_REJECTED,
    WORKFLOW_FAILED,
    Outcome,
    rejection,
    request_outcome,
)
from lambdas.shared.limits import MAX_CAUSE_BYTES, MAX_TEXT_BYTES
from lambdas.shared.texts import timestamp
from tests.unit.builders import EXECUTION, NOW, through_json


def entry(**fields: Any) -> Entry:
    given: dict[str, Any] = {
        "kind": "campaigns",
        "id": "c-1",
        "target": "PAUSED",
        "initial_state": "Running",
        "final_state": "Paused",
        "phase": Phase.COMPLETE,
        "reason": "TargetReached",
        "message": "any message",
        "polls": 2,
        "elapsed_seconds": 2.0,
        "ended_at": timestamp(NOW),
    }
    return Entry(**given | fields)


def closed(*entries: Entry, now: float = NOW + 90.1234) -> Outcome:
    return request_outcome(
        entries=entries,
        correlation_id="nightly",
        execution_arn=EXECUTION,
        started_at=NOW,
        now=now,
    )


def rejected(*faults: Fault) -> Outcome:
    return rejection(faults=faults, correlation_id="nightly", execution_arn=EXECUTION, now=NOW)


def test_is_complete_when_every_entry_is():
    outcome = closed(entry(), entry(id="c-2"))
    assert (outcome.phase, outcome.reason) == (Phase.COMPLETE, "TargetReached")
    assert outcome.summary == "2 of 2 reached their targets"
    assert [one.id for one in outcome.resources] == ["c-1", "c-2"]


def test_is_failed_when_one_entry_is():
    bad = entry(id="c-2", phase=Phase.FAILED, reason="LostRace", message="someone resumes it")
    outcome = closed(entry(), bad)
    assert (outcome.phase, outcome.reason) == (Phase.FAILED, REQUEST_FAILED)
    assert outcome.summary == (
        "1 of 2 did not reach their targets; c-2 (PAUSED): LostRace: someone resumes it"
    )


def test_a_failure_of_the_workflow_itself_has_a_reason_of_its_own():
    given: dict[str, Any] = {
        "correlation_id": "nightly",
        "execution_arn": EXECUTION,
        "started_at": NOW,
        "now": NOW,
    }
    failed = request_outcome(entries=(entry(phase=Phase.FAILED),), **given, workflow_failed=True)
    assert failed.reason == WORKFLOW_FAILED
    complete = request_outcome(entries=(entry(),), **given, workflow_failed=True)
    assert (complete.phase, complete.reason) == (Phase.COMPLETE, "TargetReached")


def test_knows_a_failure_that_went_through_json():
    carried = Entry.model_validate(through_json(entry(phase=Phase.FAILED).model_dump(mode="json")))
    assert closed(carried).phase is Phase.FAILED


def test_says_when_and_for_whom():
    outcome = closed(entry())
    assert (outcome.started_at, outcome.ended_at) == (
        "2027-01-15T08:00:00.000Z",
        "2027-01-15T08:01:30.123Z",
    )
    assert outcome.elapsed_seconds == 90.123
    assert (outcome.correlation_id, outcome.execution_arn) == ("nightly", EXECUTION)


def test_a_summary_fits_the_cause_of_a_failed_execution():
    bad = [
        entry(id="c" * 256, phase=Phase.FAILED, message="m" * MAX_TEXT_BYTES) for _ in range(250)
    ]
    assert len(closed(*bad).summary.encode()) == MAX_CAUSE_BYTES
    assert closed(*bad).summary.endswith("…")


def test_a_rejection_names_every_fault():
    faults = (Fault(field="target", rule="is missing"), Fault(field="role", rule="is ours"))
    outcome = rejected(*faults)
    assert (outcome.phase, outcome.reason) == (Phase.FAILED, REQUEST_REJECTED)
    assert outcome.summary == "target is missing; role is ours"
    assert outcome.faults == faults
    assert outcome.resources == ()
    assert outcome.elapsed_seconds == 0


def test_a_rejection_fits_the_cause_of_a_failed_execution():
    outcome = rejected(*[Fault(field="f" * 1_000, rule="is wrong")] * 51)
    assert len(outcome.summary.encode()) == MAX_CAUSE_BYTES


@pytest.mark.parametrize("outcome", [closed(entry(warnings=("w",))), rejected()])
def test_says_the_same_when_it_is_written_and_read_again(outcome):
    assert Outcome.model_validate(json.loads(outcome.model_dump_json())) == outcome
