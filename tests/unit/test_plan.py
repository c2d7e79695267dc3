"""Stages in order, jobs together, and an outcome from which nothing is missing."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.campaigns.contract import CampaignJob
from lambdas.campaigns.work import CampaignWork
from lambdas.exports.clean_up import cancel_work
from lambdas.exports.started import StartedExport
from lambdas.exports.work import ExportWork
from lambdas.jobs import pass_result
from lambdas.jobs.pass_result import PassResult, TaskError
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.registry import ChildResult
from lambdas.jobs.work import Work
from lambdas.requests.acceptance import parse
from lambdas.requests.plan import Plan, advance, plan, plan_of
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH, MAX_TEXT_BYTES
from lambdas.shared.texts import timestamp
from tests.unit.builders import (
    ACCOUNT,
    CLUSTER,
    NOW,
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
    any_trace,
    carried,
    ended,
    through_json,
)
from tests.unit.examples import examples


def begun(*stages: dict[str, object]) -> Plan:
    request = parse({"stages": list(stages)}, region=REGION, account=ACCOUNT)
    return plan(request, any_trace(), NOW)


def stage(*ids: str, run: str = "on_success") -> dict[str, object]:
    return {"run": run, "jobs": [any_campaign_job(campaign_ids=[name]) for name in ids]}


def caught(work: Work, error: dict[str, str], **fields: Any) -> PassResult:
    """Return what a Catch leaves of the pass over this work."""
    written = work.model_dump(mode="json", exclude_defaults=True)
    return ChildResult.model_validate(
        {"key": work.key, "phase": "FAILED", "work": written, "error": error, **fields}
    )


def half_ended(work: Work) -> Work:
    """Return work of which the campaign `a` has ended."""
    assert isinstance(work, CampaignWork)
    return work.close("a", phase=Phase.COMPLETE, reason="AnyReason", message="any", now=NOW)


def running_ids(now: Plan) -> list[str]:
    return [
        name
        for work in now.running
        for name in (work.open if isinstance(work, CampaignWork) else [work.job.source_arn])
    ]


def test_the_first_stage_runs_as_soon_as_there_is_a_plan():
    now = begun(stage("a"), stage("b"))
    assert running_ids(now) == ["a"]
    assert [list(work.open) for each in now.waiting for work in each.work] == [["b"]]
    assert not now.has_ended


def test_work_counts_its_age_from_the_moment_its_stage_begins():
    now = begun(stage("a", "b"), stage("c"))
    assert [work.polling.started_at for work in now.running] == [NOW, NOW]
    assert [work.polling.started_at for each in now.waiting for work in each.work] == [None]
    now = advance(now, [ended(work) for work in now.running], NOW + 500)
    assert [work.polling.started_at for work in now.running] == [NOW + 500]


def test_runs_the_stages_in_order():
    now = begun(stage("a"), stage("b"), stage("c"))
    order = []
    while not now.has_ended:
        order += running_ids(now)
        now = advance(now, [ended(work) for work in now.running], NOW)
    assert order == ["a", "b", "c"]
    assert [entry.id for entry in now.entries] == ["a", "b", "c"]


def test_runs_the_jobs_of_a_stage_together():
    assert running_ids(begun(stage("a", "b"), stage("c"))) == ["a", "b"]


def test_a_failure_skips_what_runs_on_success_only():
    now = begun(stage("a"), stage("b"), stage("c"))
    now = advance(now, [ended(now.running[0], Phase.FAILED)], NOW)
    assert now.has_ended
    assert [(entry.id, entry.reason) for entry in now.entries] == [
        ("a", "AnyReason"),
        ("b", Reason.STAGE_SKIPPED),
        ("c", Reason.STAGE_SKIPPED),
    ]
    assert {entry.phase for entry in now.entries} == {Phase.FAILED}


def test_a_failure_of_one_job_is_one_of_the_stage():
    now = begun(stage("a", "b"), stage("c"))
    good, bad = now.running
    now = advance(now, [ended(good), ended(bad, Phase.FAILED)], NOW)
    assert [entry.reason for entry in now.entries][-1] == Reason.STAGE_SKIPPED


def test_what_runs_always_runs_after_a_failure():
    now = begun(stage("a"), stage("b"), stage("c", run="always"), stage("d"))
    now = advance(now, [ended(now.running[0], Phase.FAILED)], NOW)
    assert running_ids(now) == ["c"]
    assert [entry.id for entry in now.entries] == ["a", "b"]
    now = advance(now, [ended(now.running[0])], NOW)
    assert now.has_ended
    assert now.entries[-1].reason == Reason.STAGE_SKIPPED


def test_what_runs_always_runs_after_a_success_too():
    now = begun(stage("a"), stage("b", run="always"))
    assert running_ids(advance(now, [ended(now.running[0])], NOW)) == ["b"]


def test_a_skipped_resource_was_never_polled():
    now = begun(stage("a"), {"jobs": [any_export_job(), any_campaign_job(campaign_ids=["b"])]})
    now = advance(now, [ended(now.running[0], Phase.FAILED)], NOW + 5)
    _, *skipped = now.entries
    assert [entry.id for entry in skipped] == [SNAPSHOT, "b"]
    for entry in skipped:
        assert (entry.polls, entry.elapsed_seconds) == (0, 0)
        assert (entry.initial_state, entry.final_state) == (None, None)
        assert entry.message


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (25, [25]), (26, [25, 1]), (250, [25] * 10)]
)
def test_reads_campaigns_in_batches_of_one_call(count, sizes):
    ids = [f"c-{number}" for number in range(count)]
    now = begun({"jobs": [any_campaign_job(campaign_ids=ids)]})
    assert [len(work.open) for work in now.running] == sizes
    assert max(sizes) <= CAMPAIGNS_PER_BATCH
    assert running_ids(now) == ids


def test_every_work_has_a_key_of_its_own():
    ids = [f"c-{number}" for number in range(60)]
    job = any_campaign_job(campaign_ids=ids)
    now = begun(
        {"jobs": [job, any_export_job(), any_export_job(), job]}, {"jobs": [any_export_job()]}
    )
    works = [*now.running, *(work for each in now.waiting for work in each.work)]
    assert len({work.key for work in works}) == len(works) == 9


def test_an_entry_says_which_job_of_the_request_it_is_of():
    ids = [f"c-{number}" for number in range(26)]
    now = begun(
        {"jobs": [any_campaign_job(campaign_ids=ids), any_export_job()]},
        {"jobs": [any_export_job(target="CANCELED"), any_campaign_job()]},
    )
    results = [ended(now.running[0]), ended(now.running[2], Phase.FAILED)]
    now = advance(now, results, NOW)
    assert [entry.job for entry in now.entries] == ["0.0"] * 26 + ["0.1", "1.0", "1.1"]


def test_work_carries_what_its_job_says():
    now = begun(
        {
            "jobs": [
                any_campaign_job(api_version="v1", target="FINISHED"),
                any_campaign_job(deadline_seconds=77),
                any_export_job(export_only=["shop"], target="CANCELED", deadline_seconds=88),
            ]
        }
    )
    watched, paused, canceled = now.running
    assert (watched.api_version, watched.target) == ("v1", "FINISHED")
    assert watched.deadline_seconds == CampaignJob(**any_campaign_job(target="FINISHED")).deadline
    assert paused.deadline_seconds == 77
    assert isinstance(canceled, ExportWork)
    assert (canceled.job.export_only, canceled.job.target) == (("shop",), "CANCELED")
    assert canceled.deadline_seconds == 88


def test_a_child_that_was_lost_fails_its_job_and_no_other():
    now = begun(stage("a", "b"))
    now = advance(now, [ended(now.running[1])], NOW)
    lost, fine = now.entries
    assert (lost.id, lost.phase, lost.reason) == ("a", Phase.FAILED, Reason.JOB_LOST)
    assert fine.phase is Phase.COMPLETE


@pytest.mark.parametrize("of_a_function", [True, False])
def test_an_error_that_was_caught_is_reported_in_its_own_words(of_a_function):
    now = begun(stage("a"))
    said = "Rate exceeded " + "ö" * 900
    cause = json.dumps({"errorMessage": said, "errorType": "Any"}) if of_a_function else said
    result = caught(now.running[0], {"Error": "ThrottlingException", "Cause": cause})
    (entry,) = advance(now, [result], NOW).entries
    assert (entry.phase, entry.reason) == (Phase.FAILED, "ThrottlingException")
    assert entry.message.startswith("Rate exceeded ö")
    assert MAX_TEXT_BYTES - 1 <= len(entry.message.encode()) <= MAX_TEXT_BYTES


def test_a_caught_batch_keeps_what_had_ended_before():
    now = begun({"jobs": [any_campaign_job(campaign_ids=["a", "b"])]})
    half = half_ended(now.running[0])
    after = advance(now, [caught(half, {"Error": "States.Timeout"})], NOW)
    assert [(entry.id, entry.phase, entry.reason) for entry in after.entries] == [
        ("a", Phase.COMPLETE, "AnyReason"),
        ("b", Phase.FAILED, "States.Timeout"),
    ]


def test_an_error_that_was_caught_is_the_end_of_its_work_not_the_end_of_the_stage():
    now = begun(stage("a", "b"))
    ended_at = round((NOW + 77.25) * 1000)
    early = caught(now.running[0], {"Error": "States.Timeout"}, ended_at=ended_at)
    late = caught(now.running[1], {"Error": "States.Timeout"})
    after = advance(now, [early, late], NOW + 9_000)
    assert [(entry.ended_at, entry.elapsed_seconds) for entry in after.entries] == [
        (timestamp(NOW + 77.25), 77.25),
        (timestamp(NOW + 9_000), 9_000),
    ]


def test_the_error_of_a_whole_failed_map_is_reported_for_every_job_that_ran():
    now = begun(stage("a", "b"), stage("c"), stage("d", run="always"))
    lost = TaskError(Error="States.DataLimitExceeded", Cause="the results are too large")
    after = advance(now, [], NOW, lost=lost)
    assert [
        (entry.id, entry.phase, entry.reason, entry.message) for entry in after.entries[:2]
    ] == [
        (name, Phase.FAILED, "States.DataLimitExceeded", "the results are too large")
        for name in ("a", "b")
    ]
    assert [entry.reason for entry in after.entries[2:]] == [Reason.STAGE_SKIPPED]
    assert running_ids(after) == ["d"]


def test_a_failed_map_takes_nothing_back_of_what_had_ended_before():
    now = begun(stage("a"), stage("b"))
    now = advance(now, [ended(now.running[0])], NOW)
    after = advance(now, [], NOW, lost=TaskError(Error="States.Runtime"))
    assert [(entry.id, entry.phase, entry.reason) for entry in after.entries] == [
        ("a", Phase.COMPLETE, "AnyReason"),
        ("b", Phase.FAILED, "States.Runtime"),
    ]


def test_that_a_whole_map_failed_is_remembered_until_the_end():
    now = begun(stage("a"), stage("b", run="always"))
    now = advance(now, [], NOW, lost=TaskError(Error="States.Runtime"))
    now = advance(now, [ended(now.running[0])], NOW)
    assert now.has_ended
    assert now.workflow_failed


def test_an_error_without_a_cause_is_reported_all_the_same():
    now = begun(stage("a"))
    result = caught(now.running[0], {"Error": "States.Timeout"})
    (entry,) = advance(now, [result], NOW).entries
    assert (entry.phase, entry.reason) == (Phase.FAILED, "States.Timeout")
    assert entry.message


def test_a_child_that_ended_half_way_leaves_nothing_open():
    now = begun({"jobs": [any_campaign_job(campaign_ids=["a", "b"])]})
    half = pass_result.next_pass(half_ended(now.running[0]), Phase.IN_PROGRESS, 5)
    assert [
        (entry.id, entry.phase, entry.reason) for entry in advance(now, [half], NOW).entries
    ] == [
        ("a", Phase.COMPLETE, "AnyReason"),
        ("b", Phase.FAILED, Reason.JOB_LOST),
    ]


def test_a_result_of_other_work_changes_nothing():
    now = begun(stage("a"))
    stranger = begun(stage("x", "y")).running[1]
    after = advance(now, [ended(now.running[0]), ended(stranger)], NOW)
    assert [entry.id for entry in after.entries] == ["a"]


def test_the_order_of_results_does_not_matter():
    now = begun(stage("a", "b", "c"))
    results = [ended(work) for work in now.running]
    assert advance(now, results, NOW) == advance(now, results[::-1], NOW)


LEFT_BEHIND = [("one", SNAPSHOT), ("two", SNAPSHOT), ("three", CLUSTER)]


def clean_up_of(left_behind: list[tuple[str, str]]) -> Plan:
    works = [
        cancel_work(
            StartedExport(task_id, source_arn, f"0.{index}", cancel_on_abort=True)
        ).with_key(f"0.{index}")
        for index, (task_id, source_arn) in enumerate(left_behind)
    ]
    return plan_of(works, any_trace(), NOW)


def test_a_clean_up_cancels_what_was_left_behind_all_at_once():
    now = clean_up_of(LEFT_BEHIND)
    assert [
        (work.progress.requested_task_id, work.job.source_arn) for work in now.running
    ] == LEFT_BEHIND
    assert [work.job_label for work in now.running] == ["0.0", "0.1", "0.2"]
    assert {work.polling.started_at for work in now.running} == {NOW}
    assert {work.job.target for work in now.running} == {"CANCELED"}
    assert all(work.progress.never_adopts for work in now.running)
    assert len({work.key for work in now.running}) == 3
    assert now.waiting == ()


def test_a_clean_up_of_nothing_is_finished_before_it_begins():
    now = clean_up_of([])
    assert now.has_ended
    assert now.entries == ()


def test_a_clean_up_has_an_entry_of_each_export():
    now = clean_up_of(LEFT_BEHIND)
    first, *rest = now.running
    results = [ended(first, Phase.FAILED), *(ended(work) for work in rest)]
    now = advance(now, results, NOW)
    assert now.has_ended
    assert [entry.id for entry in now.entries] == [SNAPSHOT, SNAPSHOT, CLUSTER]


def test_a_clean_up_plan_says_the_same_when_it_is_written_and_read_again():
    now = clean_up_of(LEFT_BEHIND)
    written = through_json(now.model_dump(mode="json", exclude_defaults=True))
    assert Plan.model_validate(written) == now


IDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4)
JOBS = st.one_of(
    IDS.map(lambda ids: any_campaign_job(campaign_ids=ids)),
    st.just(any_campaign_job(campaign_ids=[f"c-{number}" for number in range(27)])),
    st.sampled_from(["COMPLETE", "CANCELED"]).map(lambda target: any_export_job(target=target)),
)
STAGES = st.lists(
    st.fixed_dictionaries(
        {
            "run": st.sampled_from(["on_success", "always"]),
            "jobs": st.lists(JOBS, min_size=1, max_size=3),
        }
    ),
    min_size=1,
    max_size=3,
)
"""At most as many campaigns as a request may name."""


def _expected(stages: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    account: Counter[tuple[str, str]] = Counter()
    for each in stages:
        for job in each["jobs"]:
            ids = dict.fromkeys(job.get("campaign_ids", [SNAPSHOT]))
            account.update((name, job["target"]) for name in ids)
    return account


def _what_a_child_may_return(data: st.DataObject, work: Work) -> PassResult | None:
    """Draw anything from a lost child to one that has ended."""
    kind = data.draw(st.sampled_from(["lost", "caught", "half-way", "complete", "failed"]))
    if isinstance(work, CampaignWork):
        for name in data.draw(st.sets(st.sampled_from(sorted(work.open)))) if work.open else ():
            work = work.close(name, phase=Phase.COMPLETE, reason="Any", message="any", now=NOW)
    match kind:
        case "lost":
            return None
        case "caught":
            return caught(work, {"Error": "AnyError", "Cause": "any cause"})
        case "complete":
            return ended(work)
        case "failed":
            return ended(work, Phase.FAILED)
    return pass_result.next_pass(work, Phase.IN_PROGRESS, 5)


@given(STAGES, st.data())
@examples(40)
def test_every_resource_of_a_request_is_in_the_account_once_whatever_the_children_return(
    stages, data
):
    now = begun(*stages)
    for _ in range(5):
        lost = data.draw(st.none() | st.just(TaskError(Error="AnyError", Cause="any cause")))
        children = () if lost else now.running
        results = [result for work in children if (result := _what_a_child_may_return(data, work))]
        now = advance(carried(now), results, NOW, lost=lost)
    while not now.has_ended:
        now = advance(now, [], NOW)
    assert Counter((entry.id, entry.target) for entry in now.entries) == _expected(stages)


@given(STAGES)
@examples(30)
def test_a_plan_says_the_same_when_it_is_written_and_read_again(stages):
    for now in (begun(*stages), advance(begun(*stages), [], NOW)):
        assert carried(now) == now


def selecting(*followers: str, named: int = 0) -> Plan:
    """Return the plan of a request that selects campaigns, with jobs that name that job."""
    selects = {
        "id": "some",
        "kind": "campaigns",
        "select": {"name_prefix": "x"},
        "target": "PAUSED",
    }
    jobs: list[dict[str, Any]] = [selects]
    jobs += ({"kind": "campaigns", "of": "some", "target": target} for target in followers)
    if named:
        jobs.append(any_campaign_job(campaign_ids=[f"c-{number}" for number in range(named)]))
    whole = {"stages": [{"jobs": [job]} for job in jobs]}
    return plan(parse(whole, region=REGION, account=ACCOUNT), any_trace(), NOW)


@pytest.mark.parametrize(
    ("followers", "named", "room"),
    [
        ((), 0, 250),
        (("RESTORED",), 0, 250),
        (("STOPPED", "DELETED"), 0, 500 // 3),
        (("RESTORED",), 100, 200),
    ],
)
def test_a_selection_has_room_for_the_jobs_that_name_it(followers, named, room):
    before = selecting(*followers, named=named)
    assert before.resolving is not None
    assert before.room_for(before.resolving.deferred[0]) == room
