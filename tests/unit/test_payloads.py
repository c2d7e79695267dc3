"""The largest request that is accepted never outgrows what Step Functions and events carry."""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.campaigns import batch as campaign_batch
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports import clean_up as clean_up_of_exports
from lambdas.exports import progress as export_watch
from lambdas.exports.decisions import ExportTask, Reached
from lambdas.exports.result_files import MAX_LISTED_BYTES, result
from lambdas.exports.started import StartedExport
from lambdas.exports.work import ExportWork
from lambdas.jobs import pass_result
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.polling import Polling
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.requests import accept_request, advance_plan, plan_clean_up
from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.executions import Executions
from lambdas.shared import limits
from tests.unit.builders import ACCOUNT, NOW, REGION, AnyContext, json_bytes, through_json
from tests.unit.fake_executions import FakeClaims, FakeExecutions, answered, map_started

LONG_TEXT = "ü" * 40 + '"skippedTables":["größe"],' * 40
"""Characters of two bytes, and quotes, which take two bytes each in JSON."""
LONG_ERROR = "IamRoleMissingPermissionsException"
LONG_EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:{'m' * 80}:{'e' * 80}"
LONG_ID = "ü" * 128
LONG_DESCRIPTION = "😀" * limits.MAX_DESCRIPTION_CHARACTERS
MAX_SORT_KEY_BYTES = 1_024
"""Source: DynamoDB developer guide, quotas."""
LONG_PREFIX = "ü" * 200
TABLES = json.dumps(
    {
        "perTableStatus": [
            {"target": f"shop.public.t{number:03}", "status": "COMPLETE", "sizeGB": 1.25}
            for number in range(20)
        ]
    }
)


@pytest.fixture(autouse=True)
def _function_settings(monkeypatch, manual_clock):
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("SNAPSHOT_EXPORTS", "[]")


def invoke(handler: Any, event: dict[str, Any]) -> dict[str, Any]:
    """Call a function with no more than Step Functions carries, and return no more than that."""
    assert json_bytes(event) <= limits.MAX_PAYLOAD_BYTES
    answer = through_json(handler(through_json(event), AnyContext()))
    assert json_bytes(answer) <= limits.MAX_PAYLOAD_BYTES
    return answer


def accept(request: object) -> dict[str, Any]:
    event = {
        "request": request,
        "execution_arn": LONG_EXECUTION,
        "execution_name": LONG_EXECUTION[-80:],
    }
    return invoke(accept_request.handler, event)


def accepts(request: object) -> bool:
    try:
        parse(request, region=REGION, account=ACCOUNT)
    except RequestRejected:
        return False
    return True


def longest_last_pass(work: Work) -> PassResult:
    """Return the last pass over work that ended with the longest texts."""
    work = work.replace(polling=Polling(started_at=NOW - 7_000_000.123, polls=99_999))
    if isinstance(work, CampaignWork):
        for name, progress in work.open.items():
            changed = progress.replace(
                initial_state="Initialized",
                state="Initialized",
                polls=99_999,
            )
            work = work.replace(open=work.open | {name: changed})
        work = work.fail_all(reason=LONG_ERROR, message=LONG_TEXT, now=NOW)
    else:
        assert isinstance(work, ExportWork)
        work = export_at_its_last_attempt(work).close(
            phase=Phase.FAILED,
            reason=LONG_ERROR,
            message=LONG_TEXT,
            warnings=(LONG_TEXT,),
            now=NOW,
            files=result('{"status": "COMPLETE"}', [TABLES]),
        )
    return pass_result.last_pass(work, Phase.FAILED)


def gone_on_at_length(work: Work) -> Work:
    """Return work of which as much is remembered as can be."""
    if isinstance(work, ExportWork):
        return export_at_its_last_attempt(work)
    progress = CampaignProgress(
        initial_state="Initialized",
        state="Initialized",
        polls=99_999,
        attempts=5,
        delete_accepted_at=NOW + 0.123456,
        refusal="InvalidCampaignStateException",
        group_size=5,
    )
    return work.replace(open=dict.fromkeys(work.open, progress), throttled_passes=9)


def export_at_its_last_attempt(work: ExportWork) -> ExportWork:
    task = ExportTask(
        "i" * 60,
        work.job.arn,
        "IN_PROGRESS",
        "b" * 63,
        f"exports/of-this-stack/{work.job.s3_prefix}",
        work.job.export_only,
        100,
        NOW,
        NOW,
        99_999,
        LONG_TEXT,
        LONG_TEXT,
    )
    progress = work.progress.replace(failed=())
    for _ in range(work.job.max_attempts - 1):
        progress = export_watch.tried_again(progress, task)
    progress = export_watch.seen(
        progress.replace(requested_task_id="i" * 60),
        Reached(task, Reason.TARGET_REACHED),
        first_poll=True,
    )
    return work.replace(progress=progress)


@cache
def request(*, campaigns: int, batches: int, exports: int, stages: int) -> dict[str, Any]:
    """Return a request of as many bytes as are accepted, in ids or tables of equal length."""

    def jobs(length: int) -> list[dict[str, Any]]:
        ids = [
            f"{number}".rjust(3 if exports else max(3, length), "0") for number in range(campaigns)
        ]
        watched: list[dict[str, Any]] = [
            {"kind": "campaigns", "campaign_ids": ids[number::batches], "target": "FINISHED"}
            for number in range(batches)
        ]
        exported: list[dict[str, Any]] = [
            {
                "kind": "export",
                "source_arn": f"arn:aws:rds:{REGION}:123456789012:cluster-snapshot:s{number}",
                "target": "COMPLETE",
                "export_only": [f"t{table:04}" for table in range(length)],
                "s3_prefix": LONG_PREFIX,
                "export_id": LONG_ID,
                "max_attempts": limits.MAX_EXPORT_ATTEMPTS,
                "on_deadline": "cancel",
                "on_abort": "cancel",
            }
            for number in range(exports)
        ]
        named = enumerate(watched + exported)
        return [job | {"id": f"{'i' * 28}-{number:03}"} for number, job in named]

    def whole(length: int) -> dict[str, Any]:
        split = [jobs(length)[number::stages] for number in range(stages)]
        return {
            "stages": [{"run": "always", "jobs": each} for each in split],
            "correlation_id": LONG_ID,
            "description": LONG_DESCRIPTION,
        }

    longest = bisect_right(range(10_000), False, key=lambda length: not accepts(whole(length)))
    return whole(longest - 1)


CROWDS = [
    {"campaigns": 250, "batches": 1, "exports": 0, "stages": 1},
    {"campaigns": 250, "batches": 50, "exports": 0, "stages": 1},
    {"campaigns": 0, "batches": 0, "exports": 1, "stages": 1},
    {"campaigns": 0, "batches": 0, "exports": limits.MAX_EXPORTS_PER_REQUEST, "stages": 1},
    {"campaigns": 250, "batches": 1, "exports": limits.MAX_EXPORTS_PER_REQUEST, "stages": 1},
    {"campaigns": 250, "batches": 15, "exports": limits.MAX_EXPORTS_PER_REQUEST, "stages": 1},
    {"campaigns": 250, "batches": 1, "exports": 8, "stages": 9},
    {"campaigns": 250, "batches": 1, "exports": 3, "stages": 2},
]


def _in_words(crowd: dict[str, int]) -> str:
    return " ".join(f"{count} {things}" for things, count in crowd.items())


@pytest.mark.parametrize("crowd", CROWDS, ids=_in_words)
def test_the_largest_request_fits_every_payload_with_the_longest_account(crowd):
    state = answer_of_ended_execution(crowd, concluded=True)
    jobs = [Entry.model_validate(entry) for entry in state["outcome"]["resources"]]
    assert len(jobs) == crowd["campaigns"] + crowd["exports"]
    assert all(json_bytes(entry.message) - 2 >= limits.MAX_TEXT_BYTES - 2 for entry in jobs)
    for entry in jobs:
        if entry.kind == "export":
            assert len(entry.details["attempts"]) == limits.MAX_EXPORT_ATTEMPTS
            assert json_bytes(entry.details["table_results"]) > MAX_LISTED_BYTES / 2


@pytest.mark.parametrize("crowd", CROWDS, ids=_in_words)
def test_the_largest_request_fits_every_payload_while_it_waits(crowd):
    """What a child carries is the result of its pass; what it waits by is a key of its table."""
    state = accept(request(**crowd))
    for payload in state["plan"]["running"]:
        work = gone_on_at_length(work_of(payload))
        wait_of = export_watch if isinstance(work, ExportWork) else campaign_batch
        wake = wait_of.wake_of(work, NOW, limits.MAX_DEADLINE_SECONDS)
        seen = pass_result.next_pass(work, Phase.IN_PROGRESS, limits.MAX_DEADLINE_SECONDS, wake)
        assert json_bytes({"pass": seen.as_payload(), "trace": state["plan"]["trace"]}) <= (
            limits.MAX_PAYLOAD_BYTES
        )
        assert len(f"{wake.order}#{LONG_EXECUTION}".encode()) <= MAX_SORT_KEY_BYTES


LONGEST_CAUSES = {
    "two bytes": "ü" * 500,
    "escaped": '"ü' * 250,
    "four bytes": "😀" * 500,
}
"""Of as many characters as a Catch leaves. A cause is itself JSON, or words of AWS's own."""


@pytest.mark.parametrize("cause", LONGEST_CAUSES.values(), ids=LONGEST_CAUSES)
@pytest.mark.parametrize("crowd", CROWDS, ids=_in_words)
def test_the_largest_request_fits_every_payload_when_every_child_fails(crowd, cause):
    state = accept(request(**crowd))
    error = {
        "phase": "FAILED",
        "error": {"Error": "Runtime.ExitError", "Cause": cause},
        "ended_at": int(NOW * 1000),
    }
    while "plan" in state:
        works = [gone_on_at_length(work_of(work)) for work in state["plan"]["running"]]
        results = [{"key": work.key, "work": payload_of(work), **error} for work in works]
        state = invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
    entries = state["outcome"]["resources"]
    assert len(entries) == crowd["campaigns"] + crowd["exports"]
    assert {entry["reason"] for entry in entries} == {"Runtime.ExitError"}


def answer_of_ended_execution(crowd: dict[str, int], *, concluded: bool) -> dict[str, Any]:
    """Return the last answer of an execution with as much to report as can be."""
    state = accept(request(**crowd))
    while "plan" in state and (concluded or state["plan"].get("waiting")):
        results = [longest_last_pass(work_of(one)).as_payload() for one in state["plan"]["running"]]
        state = invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
    return state


def canceled_at_length(work: Work) -> PassResult:
    """Return the last pass over an export of a clean-up with the longest texts."""
    assert isinstance(work, ExportWork)
    memo = Polling(started_at=NOW - 7_000_000.123, polls=99_999)
    work = export_at_its_last_attempt(work).replace(polling=memo)
    end: dict[str, Any] = {"reason": LONG_ERROR, "message": LONG_TEXT, "warnings": (LONG_TEXT,)}
    return pass_result.last_pass(work.close(phase=Phase.FAILED, **end, now=NOW), Phase.FAILED)


@pytest.mark.parametrize("concluded", [True, False], ids=["not published", "aborted"])
@pytest.mark.parametrize("crowd", [CROWDS[3], CROWDS[4], CROWDS[5]], ids=_in_words)
def test_the_largest_clean_up_fits_every_payload_with_both_outcomes(monkeypatch, crowd, concluded):
    """Its own, of every noted attempt of every export, and that of the ended execution."""
    last = answer_of_ended_execution(crowd, concluded=concluded)
    map_run = f"{LONG_EXECUTION}-map-run"
    executions = FakeExecutions()
    executions.add(
        LONG_EXECUTION,
        "FAILED" if concluded else "ABORTED",
        answered(last),
        *(() if concluded else (map_started(map_run),)),
        error="OutcomeNotPublished" if concluded else LONG_ERROR,
        cause=LONG_TEXT,
    )
    works = [gone_on_at_length(work_of(one)) for one in last.get("plan", {}).get("running", ())]
    seen = (pass_result.next_pass(work, Phase.IN_PROGRESS, 900) for work in works)
    executions.add_children(map_run, *([answered(result.as_payload())] for result in seen))
    notes = [
        StartedExport(
            label.replace(".", "-").rjust(60, "i"), source_arn, label, cancel_on_abort=True
        )
        for label, source_arn in _exports_of(request(**crowd))
    ]
    monkeypatch.setenv("COORDINATION_TABLE", "any-table")
    monkeypatch.setattr(
        plan_clean_up, "Executions", lambda: Executions(connect=lambda _service: executions)
    )
    monkeypatch.setattr(
        clean_up_of_exports,
        "StartedExports",
        lambda _table: SimpleNamespace(to_cancel=lambda _arn: notes),
    )
    monkeypatch.setattr(plan_clean_up, "OutcomeClaims", FakeClaims())
    state = invoke(
        plan_clean_up.handler,
        {
            "clean_up": {"execution_arn": LONG_EXECUTION},
            "execution_arn": LONG_EXECUTION,
            "execution_name": LONG_EXECUTION[-80:],
        },
    )
    canceled = [canceled_at_length(work_of(work)) for work in state["plan"]["running"]]
    results = [result.as_payload() for result in canceled]
    answer = invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
    assert len(answer["outcome"]["resources"]) == len(notes)
    assert len(answer["publish"]["resources"]) == crowd["campaigns"] + crowd["exports"]


def _exports_of(request: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the id and the source of each export job."""
    jobs = (job for stage in request["stages"] for job in stage["jobs"])
    return [(job["id"], job["source_arn"]) for job in jobs if job["kind"] == "export"]


def payload_of(work: Work) -> dict[str, Any]:
    return through_json(work.model_dump(mode="json", exclude_defaults=True))


def work_of(payload: dict[str, Any]) -> Work:
    return (CampaignWork if payload["kind"] == "campaigns" else ExportWork).model_validate(payload)


LONG_NAME = "n" * 240_000


@pytest.mark.parametrize(
    "raw",
    [
        {"jobs": [], LONG_NAME: 1},
        {"kind": LONG_NAME},
        {"jobs": [{"kind": "k" * 4_000}] * 50},
        {"jobs": [{"kind": "campaigns", "ü" * 2_000: 1}] * 50},
        {"kind": "campaigns", "campaign_ids": ["c"], "target": "x", LONG_NAME: 1},
    ],
    ids=["field", "kind", "kinds", "fields", "field of a job"],
)
def test_a_rejection_fits_every_payload_whatever_it_rejects(raw):
    assert accept(raw)["outcome"]["reason"] == "RequestRejected"
