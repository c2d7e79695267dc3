"""The largest request that is accepted never outgrows what Step Functions and events carry."""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import cache
from typing import Any

import pytest

from lambdas import accept_request, advance_plan
from lambdas.domain import campaign_batch, export_watch, limits, looks
from lambdas.domain.acceptance import RequestRejected, parse
from lambdas.domain.export_results import MAX_LISTED_BYTES, result
from lambdas.domain.exports import ExportTask, Reached
from lambdas.domain.looks import Look
from lambdas.domain.outcomes import Entry
from lambdas.domain.phases import Phase, Reason
from lambdas.domain.work import CampaignProgress, CampaignWork, ExportWork, Work
from tests.unit.builders import NOW, REGION, AnyContext, json_bytes, through_json

LONG_TEXT = "ü" * 40 + '"skippedTables":["größe"],' * 40
"""Characters of two bytes, and quotes, which take two bytes each in JSON."""
LONG_ERROR = "IamRoleMissingPermissionsException"
LONG_EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:{'m' * 80}:{'e' * 80}"
LONG_ID = "ü" * 128
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
def _function_settings(monkeypatch, hand_clock):
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
        parse(request, region=REGION)
    except RequestRejected:
        return False
    return True


def settled_at_length(work: Work) -> Look:
    """Return the last look at work that ended with the longest of all that is told of it."""
    work = work.model_copy(update={"memo": work.memo.looked(NOW - 7_000_000.123)})
    if isinstance(work, CampaignWork):
        for name, progress in work.open.items():
            moved = progress.model_copy(
                update={"previous_state": "Initialized", "state": "Initialized", "looks": 99_999}
            )
            work = work.model_copy(update={"open": work.open | {name: moved}})
        work = work.fail_all(reason=LONG_ERROR, message=LONG_TEXT, now=NOW)
    else:
        work = export_that_ended(work).close(
            phase=Phase.FAILED,
            reason=LONG_ERROR,
            message=LONG_TEXT,
            warnings=(LONG_TEXT,),
            now=NOW,
        )
    return looks.settled(work, Phase.FAILED)


def gone_on_at_length(work: Work) -> Work:
    """Return work of which as much is remembered as can be."""
    if isinstance(work, ExportWork):
        return export_at_its_last_attempt(work)
    progress = CampaignProgress(
        previous_state="Initialized",
        state="Initialized",
        looks=99_999,
        attempts=5,
        delete_accepted_at=NOW + 0.123456,
        refusal="InvalidCampaignStateException",
    )
    return work.model_copy(update={"open": dict.fromkeys(work.open, progress)})


def export_that_ended(work: ExportWork) -> ExportWork:
    """Return an export's last attempt after all the others, with all that its files tell."""
    last = export_at_its_last_attempt(work)
    files = result('{"status": "COMPLETE"}', [TABLES])
    return last.model_copy(update={"progress": export_watch.collected(last.progress, files)})


def export_at_its_last_attempt(work: ExportWork) -> ExportWork:
    task = ExportTask(
        "i" * 60,
        work.job.source_arn,
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
    progress = work.progress.model_copy(update={"failed": ()})
    for _ in range(work.job.max_attempts - 1):
        progress = export_watch.tried_again(progress, task)
    progress = export_watch.seen(
        progress.model_copy(update={"asked_for": "i" * 60}),
        Reached(task, Reason.TARGET_REACHED),
        first_look=True,
    )
    return work.model_copy(update={"progress": progress})


@cache
def request(*, campaigns: int, batches: int, exports: int, stages: int) -> dict[str, Any]:
    """Return a request of as many bytes as are accepted, in ids or tables of equal length."""

    def jobs(length: int) -> list[dict[str, Any]]:
        ids = [
            f"{number}".rjust(3 if exports else max(3, length), "0") for number in range(campaigns)
        ]
        watched = [
            {"kind": "campaigns", "campaign_ids": ids[number::batches], "target": "FINISHED"}
            for number in range(batches)
        ]
        exported = [
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
        return watched + exported

    def whole(length: int) -> dict[str, Any]:
        split = [jobs(length)[number::stages] for number in range(stages)]
        return {
            "stages": [{"run": "always", "jobs": each} for each in split],
            "correlation_id": LONG_ID,
        }

    longest = bisect_right(range(10_000), False, key=lambda length: not accepts(whole(length)))
    return whole(longest - 1)


CROWDS = [
    {"campaigns": 250, "batches": 1, "exports": 0, "stages": 1},
    {"campaigns": 250, "batches": 50, "exports": 0, "stages": 1},
    {"campaigns": 0, "batches": 0, "exports": 1, "stages": 1},
    {"campaigns": 0, "batches": 0, "exports": limits.MAX_EXPORTS_PER_REQUEST, "stages": 1},
    {"campaigns": 250, "batches": 1, "exports": limits.MAX_EXPORTS_PER_REQUEST, "stages": 1},
    {"campaigns": 250, "batches": 30, "exports": limits.MAX_EXPORTS_PER_REQUEST, "stages": 1},
    {"campaigns": 250, "batches": 1, "exports": 8, "stages": 9},
    {"campaigns": 250, "batches": 1, "exports": 3, "stages": 2},
]


def _in_words(crowd: dict[str, int]) -> str:
    return " ".join(f"{count} {things}" for things, count in crowd.items())


@pytest.mark.parametrize("crowd", CROWDS, ids=_in_words)
def test_the_largest_request_fits_every_payload_with_the_longest_account(crowd):
    state = accept(request(**crowd)) | {"results": []}
    state = invoke(advance_plan.handler, state)
    while "plan" in state:
        results = [settled_at_length(_work(one)).as_payload() for one in state["plan"]["running"]]
        state = invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
    jobs = [Entry.model_validate(entry) for entry in state["outcome"]["jobs"]]
    assert len(jobs) == crowd["campaigns"] + crowd["exports"]
    assert all(json_bytes(entry.message) - 2 >= limits.MAX_TEXT_BYTES - 2 for entry in jobs)
    for entry in jobs:
        if entry.kind == "export":
            assert len(entry.details["attempts"]) == limits.MAX_EXPORT_ATTEMPTS
            assert json_bytes(entry.details["table_results"]) > MAX_LISTED_BYTES / 2


@pytest.mark.parametrize("crowd", CROWDS, ids=_in_words)
def test_the_largest_request_fits_every_payload_when_it_goes_from_child_to_child(crowd):
    state = invoke(advance_plan.handler, accept(request(**crowd)) | {"results": []})
    for _ in range(2):
        works = [_work(one) for one in state["plan"]["running"]]
        results = [looks.out_of_looks(gone_on_at_length(work)).as_payload() for work in works]
        state = invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
        assert len(state["plan"]["running"]) == len(works)


@pytest.mark.parametrize("crowd", CROWDS, ids=_in_words)
def test_the_largest_request_fits_every_payload_while_it_waits(crowd):
    """What a child carries is its look, and what it waits by is a key of its table."""
    state = invoke(advance_plan.handler, accept(request(**crowd)) | {"results": []})
    for payload in state["plan"]["running"]:
        work = gone_on_at_length(_work(payload))
        wait_of = export_watch if isinstance(work, ExportWork) else campaign_batch
        wake = wait_of.wake_of(work, NOW, limits.MAX_DEADLINE_SECONDS)
        seen = looks.look_again(work, Phase.IN_PROGRESS, limits.MAX_DEADLINE_SECONDS, wake)
        assert json_bytes({"look": seen.as_payload(), "trace": state["plan"]["trace"]}) <= (
            limits.MAX_PAYLOAD_BYTES
        )
        assert len(f"{wake.order}#{LONG_EXECUTION}".encode()) <= MAX_SORT_KEY_BYTES


FAILURE = {
    "Error": "Runtime.ExitError",
    "Cause": json.dumps(
        {
            "errorMessage": LONG_TEXT,
            "errorType": "Runtime.ExitError",
            "requestId": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "stackTrace": ['  File "/var/task/any.py", line 1, in any_function\n'] * 20,
        },
        ensure_ascii=False,
    ),
}


@pytest.mark.parametrize("crowd", CROWDS, ids=_in_words)
def test_the_largest_request_fits_every_payload_when_every_child_fails(crowd):
    state = invoke(advance_plan.handler, accept(request(**crowd)) | {"results": []})
    while "plan" in state:
        results = [
            {"key": work["key"], "phase": "FAILED", "work": work, "error": FAILURE}
            for work in state["plan"]["running"]
        ]
        state = invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
    entries = state["outcome"]["jobs"]
    assert len(entries) == crowd["campaigns"] + crowd["exports"]
    assert {entry["reason"] for entry in entries} == {"Runtime.ExitError"}


def _work(payload: dict[str, Any]) -> Work:
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
