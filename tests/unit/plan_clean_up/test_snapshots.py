"""A clean-up deletes what must not outlive an execution, and only after one that was cut short."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.jobs import pass_result
from lambdas.jobs.databases import Database
from lambdas.jobs.phases import Phase
from lambdas.requests import advance_plan, plan_clean_up
from lambdas.snapshots import clean_up as clean_up_of_snapshots
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.created import CreatedSnapshot
from lambdas.snapshots.work import SnapshotWork
from tests.unit.builders import EXECUTION, NOW, any_export_job
from tests.unit.fake_executions import answered, entered, map_started
from tests.unit.plan_clean_up.ended_executions import (
    MAP_RUNS,
    OWN,
    accepted,
    advanced,
    invoke,
    started,
    works_of,
)

CREATE = {
    "kind": "snapshot",
    "id": "create",
    "db_instance": "shop",
    "target": "AVAILABLE",
    "on_abort": "delete",
}
CLEAN_UP = {
    "clean_up": {"execution_arn": EXECUTION},
    "execution_arn": OWN,
    "execution_name": "run-1-clean-up",
}


def closed(work: SnapshotWork, state: str) -> SnapshotWork:
    """End work as if RDS had last shown a status."""
    shown = work.of_execution(EXECUTION)
    shown = shown.with_progress(shown.progress.replace(state=state))
    return shown.close(
        phase=Phase.COMPLETE, reason="TargetReached", message=f"snapshot is {state}", now=NOW + 60
    )


@pytest.fixture
def created(monkeypatch) -> SnapshotWork:
    """The work of a job that has created a snapshot, and has noted it."""
    (work,) = works_of(accepted({"jobs": [CREATE]}))
    assert isinstance(work, SnapshotWork)
    note = CreatedSnapshot(
        work.of_execution(EXECUTION).snapshot_id, Database(db_instance="shop"), "create"
    )
    notes = SimpleNamespace(of={EXECUTION: (note,)}.__getitem__)
    monkeypatch.setattr(clean_up_of_snapshots, "CreatedSnapshots", lambda _table: notes)
    return closed(work, "available")


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_the_outcome_says_that_a_snapshot_was_deleted_after_all(stack, created, status):
    first = accepted({"jobs": [CREATE]}, {"jobs": [any_export_job()]})
    second = advanced(first, pass_result.last_pass(created, Phase.COMPLETE))
    stack.ended(
        status,
        *started(first),
        map_started(MAP_RUNS[0]),
        entered("AdvancePlan"),
        answered(second),
    )
    planned = invoke(plan_clean_up.handler, CLEAN_UP)
    (work,) = works_of(planned)
    assert isinstance(work, SnapshotWork)
    assert (work.target, work.resource_id) == (SnapshotTarget.DELETED, created.resource_id)
    deleted = pass_result.last_pass(closed(work, "deleted"), Phase.COMPLETE).as_payload()
    answer = invoke(advance_plan.handler, {"plan": planned["plan"], "results": [deleted]})

    snapshot, export = answer["publish"]["resources"]
    assert (snapshot["phase"], snapshot["reason"]) == ("COMPLETE", "TargetReached")
    assert snapshot["final_state"] == "deleted"
    assert snapshot["message"].endswith("in the clean-up: TargetReached: snapshot is deleted")
    assert export["phase"] == "FAILED"


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        ("SUCCEEDED", {}),
        ("FAILED", {"error": "RequestFailed", "cause": "any"}),
        ("FAILED", {"error": "RequestRejected", "cause": "any"}),
    ],
)
def test_a_clean_up_that_a_person_starts_keeps_what_a_request_has_created(
    stack, created, status, fields: dict[str, Any]
):
    first = accepted({"jobs": [CREATE]})
    last = advanced(first, pass_result.last_pass(created, Phase.COMPLETE))
    stack.ended(status, *started(first), entered("AdvancePlan"), answered(last), **fields)
    assert "plan" not in invoke(plan_clean_up.handler, CLEAN_UP)
