"""A dry run plans every stage on the states that earlier stages would leave."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.jobs.pass_result import PassResult, last_pass
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.conclusion import outcome_of
from lambdas.requests.plan import Plan, advance, plan
from tests.unit.builders import ACCOUNT, NOW, REGION, any_campaign_job, any_trace


def planned(*stages: dict[str, Any]) -> Plan:
    body = {"stages": list(stages), "dry_run": True}
    return plan(parse(body, region=REGION, account=ACCOUNT), any_trace(), NOW)


def paused(work: Any, *, would_fail: bool = False) -> PassResult:
    """Return the last pass of a dry run that would pause one campaign, or fail to."""
    (campaign_id,) = work.open
    entry = Entry(
        job=work.job_label,
        kind="campaigns",
        id=campaign_id,
        target="PAUSED",
        initial_state="Running",
        final_state="Running" if would_fail else "Paused",
        phase=Phase.PLANNED,
        reason="Any",
        message="",
        would=() if would_fail else ("PauseCampaign",),
        polls=1,
        elapsed_seconds=0,
        ended_at="any",
    )
    update = {"entries": (entry,), "open": {}, "would_fail": would_fail}
    return last_pass(work.replace(**update), Phase.PLANNED)


def test_the_work_of_a_dry_run_says_so():
    (work,) = planned({"jobs": [any_campaign_job()]}).running
    assert work.dry_run
    assert work.assumed == {}


def test_a_later_stage_assumes_the_states_that_an_earlier_one_would_leave():
    again = any_campaign_job(target="RUNNING", campaign_ids=["c-1", "c-2"])
    first = planned({"jobs": [any_campaign_job()]}, {"jobs": [again]})
    second = advance(first, [paused(first.running[0])], NOW)
    assert [work.assumed for work in second.running] == [{"c-1": "Paused"}]


@pytest.mark.parametrize("run", ["on_success", "always"])
def test_a_stage_that_would_be_skipped_is_planned_as_skipped(run):
    later = {"run": run, "jobs": [any_campaign_job(target="STOPPED")]}
    first = planned({"jobs": [any_campaign_job()]}, later)
    second = advance(first, [paused(first.running[0], would_fail=True)], NOW)
    if run == "always":
        assert len(second.running) == 1
        return
    assert second.has_ended
    skipped = second.entries[-1]
    assert (skipped.phase, skipped.reason, skipped.would) == (Phase.PLANNED, "StageSkipped", ())


@pytest.mark.parametrize(
    ("would_fail", "reason"), [(False, "TargetReached"), (True, "RequestFailed")]
)
def test_the_outcome_counts_the_calls_and_says_how_the_request_would_end(would_fail, reason):
    first = planned({"jobs": [any_campaign_job()]})
    outcome = outcome_of(
        advance(first, [paused(first.running[0], would_fail=would_fail)], NOW), NOW
    )
    assert (outcome.phase, outcome.reason) == (Phase.PLANNED, reason)
    calls = 0 if would_fail else 1
    assert f"would make {calls} calls for {calls} of 1 resources" in outcome.summary


def test_a_dry_run_that_reads_nothing_fails():
    first = planned({"jobs": [any_campaign_job()]})
    outcome = outcome_of(advance(first, [], NOW), NOW)
    assert (outcome.phase, outcome.reason) == (Phase.FAILED, "RequestFailed")


def test_dry_run_is_true_or_false_beside_any_shape_of_a_request():
    bare = any_campaign_job(dry_run=True)
    assert parse(bare, region=REGION, account=ACCOUNT).dry_run
    with pytest.raises(RequestRejected) as rejected:
        parse(bare | {"dry_run": "yes"}, region=REGION, account=ACCOUNT)
    (fault,) = rejected.value.faults
    assert (fault.field, fault.rule) == ("dry_run", 'must be true or false; got "yes"')
