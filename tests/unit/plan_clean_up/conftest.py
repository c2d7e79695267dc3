"""Fixtures of the tests of PlanCleanUp."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from lambdas.campaigns.work import CampaignWork
from lambdas.exports import clean_up as clean_up_of_exports
from lambdas.jobs.phases import Phase
from lambdas.requests import advance_plan, plan_clean_up
from lambdas.requests.executions import Executions
from lambdas.requests.plan import Plan
from tests.unit.builders import (
    EXECUTION,
    NOW,
    REGION,
    ended,
    through_json,
)
from tests.unit.fake_executions import (
    answered,
    entered,
    map_started,
    succeeded,
    task_failed,
)
from tests.unit.plan_clean_up.ended_executions import (
    CAUGHT,
    LATER,
    MAP_RUNS,
    OWN,
    STAGES,
    Stack,
    accepted,
    advanced,
    canceled,
    child,
    ended_child,
    invoke,
    passed,
    started,
    works_of,
)


@pytest.fixture
def stack(monkeypatch, manual_clock) -> Stack:
    manual_clock.time = NOW
    stack = Stack()
    executions = partial(Executions, connect={"stepfunctions": stack.executions}.__getitem__)
    monkeypatch.setattr(plan_clean_up, "Executions", executions)
    monkeypatch.setattr(clean_up_of_exports, "StartedExports", {"any-table": stack}.__getitem__)
    monkeypatch.setattr(plan_clean_up, "OutcomeClaims", stack.claims)
    monkeypatch.setenv("COORDINATION_TABLE", "any-table")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("SNAPSHOT_EXPORTS", "[]")
    return stack


@pytest.fixture
def clean_up(stack, manual_clock):
    """Plan the clean-up, and let its cancels end as given."""

    def clean_up(*cancels: dict[str, Any]) -> dict[str, Any]:
        manual_clock.time = LATER
        event = {
            "clean_up": {"execution_arn": EXECUTION},
            "execution_arn": OWN,
            "execution_name": "run-1-clean-up",
        }
        answer = invoke(plan_clean_up.handler, event)
        assert ("plan" in answer) == bool(cancels)
        if not cancels:
            return answer
        plan = Plan.model_validate(answer["plan"])
        works = (through_json(work.model_dump(mode="json")) for work in plan.running)
        results = [canceled(work, **end) for work, end in zip(works, cancels, strict=True)]
        return invoke(advance_plan.handler, {"plan": answer["plan"], "results": results})

    return clean_up


@pytest.fixture
def aborted_half_way(stack) -> None:
    """An execution whose second stage ran: one batch ended, others run, one was never seen."""
    first = accepted(*STAGES)
    second = advanced(first, *(ended(work, at=NOW + 60) for work in works_of(first)))
    full, rest, export, _unseen, failed = works_of(second)
    assert isinstance(full, CampaignWork)
    half = full.close("c-0", phase=Phase.COMPLETE, reason="Any", message="any", now=NOW + 60)
    stack.ended(
        "ABORTED",
        *started(first),
        map_started(MAP_RUNS[0]),
        entered("AdvancePlan"),
        answered(second),
        entered("RunJobs"),
        map_started(MAP_RUNS[1]),
    )
    caught = passed(failed, state="Running").model_dump(mode="json", exclude_defaults=True)
    error = {"phase": "FAILED", "error": CAUGHT, "ended_at": round((NOW + 90) * 1000)}
    stack.executions.add_children(MAP_RUNS[0], ended_child(ended(full, at=NOW + 60)))
    stack.executions.add_children(
        MAP_RUNS[1],
        child(passed(full, state="Running"), passed(half, state="Paused")),
        ended_child(ended(rest, at=NOW + 60)),
        [*child(passed(export, state="STARTING")), entered("ReconcileExport"), task_failed()],
        [entered("ReconcileCampaigns"), task_failed()],
        [entered("ReconcileCampaigns"), task_failed(), succeeded(caught | error)],
    )
