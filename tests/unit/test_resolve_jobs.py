"""A stage whose jobs are deferred is resolved when it begins, and then runs or ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.jobs.contract import Job
from lambdas.jobs.phases import Phase
from lambdas.jobs.resolution import Context, Resolved, entry_of_job
from lambdas.jobs.resource_result import Entry
from lambdas.requests import resolve_jobs
from lambdas.requests.plan import DeferredJob, Plan, PlannedStage
from lambdas.shared.errors import AccessDeniedException, ThrottlingException
from lambdas.shared.limits import RETRIES_WHEN_UNAVAILABLE
from tests.unit.builders import (
    EXECUTION,
    NOW,
    AnyContext,
    any_campaign_job,
    any_trace,
    campaign_work,
    through_json,
)

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

Resolver = Callable[[Any, str, Context], Resolved]


@pytest.fixture(autouse=True)
def _time(manual_clock):
    manual_clock.time = NOW + 10


@pytest.fixture
def resolve(monkeypatch) -> Callable[..., Any]:
    """Invoke ResolveJobs with a resolver of campaign jobs."""

    def resolve(plan: Plan, resolver: Resolver, **event_fields: Any) -> Any:
        monkeypatch.setattr(resolve_jobs, "RESOLVERS", {"campaigns": resolver})
        dumped = plan.model_dump(mode="json", exclude_defaults=True)
        event = through_json({"plan": dumped} | event_fields)
        return through_json(resolve_jobs.handler(event, AnyContext()))

    return resolve


def deferred(label: str = "again", **fields: Any) -> DeferredJob:
    job = any_campaign_job(id=label, **fields)
    return DeferredJob(key="1.0", label=label, kind="campaigns", target=str(job["target"]), job=job)


def at_stage(*jobs: DeferredJob, waiting: tuple[PlannedStage, ...] = (), **fields: Any) -> Plan:
    stage = PlannedStage(run="on_success", deferred=jobs, **fields)
    return Plan(trace=any_trace(), started_at=NOW, resolving=stage, waiting=waiting)


def entry(phase: Phase, label: str = "again") -> Entry:
    assert phase is Phase.COMPLETE or phase is Phase.FAILED
    return entry_of_job(
        label, kind="campaigns", target="PAUSED", phase=phase, reason="Any", message="", now=NOW
    )


def two_campaigns(job: Job, key: str, context: Context) -> Resolved:
    assert (job.id, key, context.execution_arn, context.now) == (
        "again",
        "1.0",
        EXECUTION,
        NOW + 10,
    )
    return Resolved(work=(campaign_work("c-1", "c-2").with_key(f"{key}.0"),))


def nothing(_job: Job, _key: str, _context: Context) -> Resolved:
    return Resolved(entries=(entry(Phase.COMPLETE),))


def throttled(_job: Job, _key: str, _context: Context) -> Resolved:
    raise ThrottlingException("ListCampaigns", "ThrottlingException", "too many")


def denied(_job: Job, _key: str, _context: Context) -> Resolved:
    raise AccessDeniedException("ListCampaigns", "AccessDeniedException", "not allowed")


def test_resolved_jobs_run_beside_the_other_work_of_their_stage(resolve):
    known = campaign_work("c-9").with_key("1.1.0")
    plan = resolve(at_stage(deferred(), work=(known,)), two_campaigns)["plan"]
    assert [work["key"] for work in plan["running"]] == ["1.1.0", "1.0.0"]
    assert {work["polling"]["started_at"] for work in plan["running"]} == {NOW + 10}
    assert "resolving" not in plan


def test_a_stage_in_which_nothing_is_to_be_done_is_followed_by_the_next_one(resolve):
    next_stage = PlannedStage(run="on_success", work=(campaign_work("c-3"),))
    plan = resolve(at_stage(deferred(), waiting=(next_stage,)), nothing)["plan"]
    assert [list(work["open"]) for work in plan["running"]] == [["c-3"]]


def test_the_next_stage_is_resolved_in_turn(resolve):
    next_stage = PlannedStage(run="on_success", deferred=(deferred("later"),))
    plan = resolve(at_stage(deferred(), waiting=(next_stage,)), nothing)["plan"]
    assert plan["resolving"]["deferred"][0]["label"] == "later"


def test_a_request_of_which_nothing_is_left_ends(resolve):
    outcome = resolve(at_stage(deferred()), nothing)["outcome"]
    assert (outcome["phase"], len(outcome["resources"])) == ("COMPLETE", 1)


def test_a_job_that_aws_refuses_to_resolve_fails_and_its_siblings_run(resolve):
    known = campaign_work("c-9")
    plan = resolve(at_stage(deferred(), work=(known,)), denied)["plan"]
    assert len(plan["running"]) == 1
    (failed,) = plan["entries"]
    assert (failed["id"], failed["phase"]) == ("again", "FAILED")
    assert (failed["reason"], failed["message"]) == (
        "AccessDeniedException",
        "ListCampaigns: AccessDeniedException: not allowed",
    )


def test_a_transient_error_changes_nothing_so_that_a_retry_may_succeed(resolve):
    with pytest.raises(ThrottlingException):
        resolve(at_stage(deferred()), throttled)


def test_after_the_last_retry_only_the_job_fails_that_is_not_answered(resolve):
    stage = at_stage(deferred(), work=(campaign_work("c-9"),))
    with pytest.raises(ThrottlingException):
        resolve(stage, throttled, retries=RETRIES_WHEN_UNAVAILABLE - 1)
    plan = resolve(stage, throttled, retries=RETRIES_WHEN_UNAVAILABLE)["plan"]
    assert len(plan["running"]) == 1
    assert [each["reason"] for each in plan["entries"]] == ["ThrottlingException"]


def test_a_job_with_a_field_that_this_version_does_not_know_fails_unresolved(resolve):
    plan = resolve(at_stage(deferred(widget="all"), work=(campaign_work(),)), two_campaigns)["plan"]
    (failed,) = plan["entries"]
    assert failed["phase"] == "FAILED"
    assert "cannot read the job" in failed["message"]
