"""A request that changes and restores as many campaigns as it may fits every payload."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.campaigns import clean_up as clean_up_of_campaigns
from lambdas.campaigns import resolve as resolve_campaigns
from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.moves import NotedMove
from lambdas.campaigns.transitions import Move
from lambdas.exports import clean_up as clean_up_of_exports
from lambdas.requests import advance_plan, plan_clean_up, resolve_jobs
from lambdas.requests.executions import Executions
from lambdas.requests.fitting import RESULT_BYTES
from lambdas.shared import limits
from lambdas.snapshots import clean_up as clean_up_of_snapshots
from tests.unit.builders import NOW, REGION, json_bytes
from tests.unit.fake_executions import FakeClaims, FakeExecutions, answered, map_started
from tests.unit.test_payloads import (
    LONG_DESCRIPTION,
    LONG_ERROR,
    LONG_EXECUTION,
    LONG_ID,
    LONG_TEXT,
    accept,
    gone_on_at_length,
    invoke,
    longest_last_pass,
    work_of,
)

IDS = [f"{number:036}" for number in range(limits.MAX_CAMPAIGNS_PER_REQUEST)]
JOB = "p" * limits.MAX_JOB_ID_CHARACTERS
REQUEST = {
    "stages": [
        {
            "jobs": [
                {
                    "id": JOB,
                    "kind": "campaigns",
                    "campaign_ids": IDS,
                    "target": "PAUSED",
                    "on_abort": "restore",
                }
            ]
        },
        {
            "run": "always",
            "jobs": [
                {
                    "id": "r" * limits.MAX_JOB_ID_CHARACTERS,
                    "kind": "campaigns",
                    "of": JOB,
                    "target": "RESTORED",
                }
            ],
        },
    ],
    "correlation_id": LONG_ID,
    "description": LONG_DESCRIPTION,
}
NOTED = tuple(
    NotedMove(
        job=JOB,
        campaign_id=name,
        move=Move(found="Running", asked="Paused"),
        api_version=ApiVersion.V2,
        restore_on_abort=True,
        noted_at=NOW,
    )
    for name in IDS
)


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch, manual_clock: Any) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("SNAPSHOT_EXPORTS", "[]")
    monkeypatch.setenv("COORDINATION_TABLE", "any-table")
    moves = SimpleNamespace(of=lambda _execution_arn: NOTED)
    for module in (resolve_campaigns, clean_up_of_campaigns):
        monkeypatch.setattr(module, "Moves", lambda _table: moves)


def advanced(state: dict[str, Any]) -> dict[str, Any]:
    """Return the response to the longest results of all work that runs."""
    results = [longest_last_pass(work_of(one)).as_payload() for one in state["plan"]["running"]]
    return invoke(advance_plan.handler, {"plan": state["plan"], "results": results})


def restoring() -> dict[str, Any]:
    """Return the response that begins the stage that restores."""
    return invoke(resolve_jobs.handler, {"plan": advanced(accept(REQUEST))["plan"]})


def test_every_result_is_in_the_outcome() -> None:
    state = restoring()
    assert sum(len(work["open"]) for work in state["plan"]["running"]) == len(IDS)
    entries = advanced(state)["outcome"]["resources"]
    assert len({(entry["job"], entry["id"]) for entry in entries}) == 2 * len(IDS)
    assert {entry["reason"] for entry in entries} == {LONG_ERROR}


def test_a_clean_up_restores_everything_and_publishes_what_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = restoring()
    map_run = f"{LONG_EXECUTION}-map-run"
    executions = FakeExecutions()
    executions.add(
        LONG_EXECUTION,
        "ABORTED",
        answered(last),
        map_started(map_run),
        error=LONG_ERROR,
        cause=LONG_TEXT,
    )
    works = [gone_on_at_length(work_of(one)) for one in last["plan"]["running"]]
    executions.add_children(map_run, *([] for _work in works))
    monkeypatch.setattr(
        plan_clean_up, "Executions", lambda: Executions(connect=lambda _service: executions)
    )
    nothing = SimpleNamespace(to_cancel=lambda _arn: (), of=lambda _arn: ())
    monkeypatch.setattr(clean_up_of_exports, "StartedExports", lambda _table: nothing)
    monkeypatch.setattr(clean_up_of_snapshots, "CreatedSnapshots", lambda _table: nothing)
    monkeypatch.setattr(plan_clean_up, "OutcomeClaims", FakeClaims())
    state = invoke(
        plan_clean_up.handler,
        {
            "clean_up": {"execution_arn": LONG_EXECUTION},
            "execution_arn": LONG_EXECUTION,
            "execution_name": LONG_EXECUTION[-80:],
        },
    )
    assert sum(len(work["open"]) for work in state["plan"]["running"]) == len(IDS)
    response = advanced(state)
    assert response["outcome"]["phase"] == "FAILED"
    assert response["publish"]["reason"] == "ExecutionAborted"
    assert len(response["publish"]["resources"]) == 2 * len(IDS)


def test_a_result_is_no_longer_than_the_room_that_is_left_for_it() -> None:
    for payload in restoring()["plan"]["running"]:
        work = work_of(payload)
        for entry in longest_last_pass(work).as_payload()["entries"]:
            assert json_bytes(entry) - len(entry["id"]) <= RESULT_BYTES
