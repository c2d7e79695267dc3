"""What the state machine writes in place of a function that failed is a whole outcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports.details import ExportAttempt
from lambdas.exports.work import ExportProgress
from lambdas.jobs import pass_result
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.requests.acceptance import parse
from lambdas.requests.outcome import WORKFLOW_FAILED, Outcome
from lambdas.requests.plan import Plan, advance, plan
from lambdas.shared.limits import MAX_PAYLOAD_BYTES
from lambdas.shared.texts import timestamp
from localcloud.clock import VirtualClock
from localcloud.patches.expressions.evaluation import evaluate
from localcloud.patches.expressions.functions import functions
from tests.infra.stack_parts import State
from tests.unit.builders import (
    ACCOUNT,
    CLUSTER,
    EXECUTION,
    NOW,
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
    any_trace,
    ended,
    export_details,
    json_bytes,
)

LATER = NOW + 90.5
ERROR = {"Error": "Sandbox.Timedout", "Cause": "timed out after 60 s " + "ü" * 900}
Answer = dict[str, Any]
Fallback = Callable[..., Answer]


@pytest.fixture(scope="module")
def fallback(states: dict[str, State]) -> Fallback:
    """Return the outcome that a state's Catch writes, which is checked to be whole."""
    available = functions(VirtualClock(origin=LATER))

    def fallback(name: str, given: object, error: dict[str, str] = ERROR) -> Answer:
        outcomes = []
        for catcher in states[name]["Catch"]:
            assert catcher["Next"] == "PublishOutcome"
            assert catcher["Output"].keys() == {"outcome"}
            values = {
                "input": given,
                "errorOutput": error,
                "context": {"Execution": {"Id": EXECUTION, "Name": "run-1"}},
            }
            expression = catcher["Output"]["outcome"].removeprefix("{%").removesuffix("%}")
            outcomes.append(evaluate(expression, {**available, "states": values}))
        assert all(outcome == outcomes[0] for outcome in outcomes)
        return _whole(outcomes[0])

    return fallback


def _whole(outcome: Answer) -> Answer:
    """Check that an outcome has exactly the fields of an outcome, of their very types."""
    assert outcome.keys() == Outcome.model_fields.keys()
    for entry in outcome["resources"]:
        assert entry.keys() == Entry.model_fields.keys()
    read = Outcome.model_validate_json(json.dumps(outcome), strict=True)
    assert read.model_dump(mode="json") == outcome
    assert (read.phase, read.reason) == (Phase.FAILED, WORKFLOW_FAILED)
    assert read.summary.startswith("Sandbox.Timedout: timed out after 60 s")
    assert read.execution_arn == EXECUTION
    assert read.ended_at == timestamp(LATER)
    return outcome


def _written(value: Plan | PassResult | Work) -> Answer:
    written: Answer = json.loads(
        json.dumps(value.model_dump(mode="json", exclude_defaults=True, by_alias=True))
    )
    return written


def _begun(*stages: dict[str, object]) -> Plan:
    return plan(parse({"stages": list(stages)}, region=REGION, account=ACCOUNT), any_trace(), NOW)


@pytest.mark.parametrize("name", ["AcceptRequest", "PlanCleanUp"])
@pytest.mark.parametrize(
    "raw",
    [
        *(None, True, False, 0, 1.5, "", "text", [], ["text"], [{}], [[1], None], {}),
        {"clean_up": {"execution_arn": EXECUTION}},
        any_export_job(),
        {"stages": [{"jobs": [any_campaign_job()]}]},
        {"plan": {"entries": [{"id": "theirs"}]}, "results": [{"entries": [1]}], "jobs": [1]},
    ],
    ids=json.dumps,
)
def test_before_there_is_a_plan_no_resource_is_named(
    fallback: Fallback, name: str, raw: object
) -> None:
    outcome = fallback(name, raw)
    assert outcome["resources"] == outcome["faults"] == []
    assert outcome["correlation_id"] == "run-1"
    assert outcome["started_at"] == outcome["ended_at"]
    assert outcome["elapsed_seconds"] == 0


@pytest.mark.parametrize("field", ["db_instance", "db_cluster"])
def test_a_source_that_is_not_known_yet_is_named_by_its_database(
    fallback: Fallback, field: str
) -> None:
    unknown = {"kind": "export", "target": "COMPLETE", "source": {field: "shop"}}
    begun = _begun({"jobs": [unknown, any_export_job()]})
    outcome = fallback("AdvancePlan", {"plan": _written(begun), "results": []})
    assert [entry["id"] for entry in outcome["resources"]] == ["shop", SNAPSHOT]


@pytest.mark.parametrize("given", ["nightly", "ü" * 128])
def test_a_request_that_could_not_be_read_is_reported_by_its_correlation_id(
    fallback: Fallback, given: str
) -> None:
    raw = any_campaign_job(correlation_id=given)
    assert fallback("AcceptRequest", raw)["correlation_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "two\nlines", None, 5, ["nightly"], {"id": 1}])
def test_what_is_no_correlation_id_is_not_taken_for_one(fallback: Fallback, given: object) -> None:
    raw = any_campaign_job(correlation_id=given)
    assert fallback("AcceptRequest", raw)["correlation_id"] == "run-1"


@pytest.mark.parametrize("given", ["The nightly one", "ü" * 256])
def test_a_request_that_could_not_be_read_is_reported_by_its_description(
    fallback: Fallback, given: str
) -> None:
    assert fallback("AcceptRequest", any_campaign_job(description=given))["description"] == given


@pytest.mark.parametrize("given", ["", "x" * 257, "two\nlines", None, 5, ["nightly"], {"id": 1}])
def test_what_is_no_description_is_not_taken_for_one(fallback: Fallback, given: object) -> None:
    assert fallback("AcceptRequest", any_campaign_job(description=given))["description"] is None


def test_a_plan_is_reported_with_its_description_and_its_jobs_by_their_ids(
    fallback: Fallback,
) -> None:
    jobs = [any_campaign_job(id="pause"), any_export_job(id="night"), any_campaign_job()]
    request = parse({"jobs": jobs}, region=REGION, account=ACCOUNT)
    trace = any_trace().replace(description="The nightly one")
    now = plan(request, trace, NOW)
    first = _written(ended(now.running[0]))
    outcome = fallback("AdvancePlan", {"plan": _written(now), "results": [first]})
    assert outcome["description"] == "The nightly one"
    assert sorted(entry["job"] for entry in outcome["resources"]) == ["0.2", "night", "pause"]


STAGES: tuple[dict[str, object], ...] = (
    {"jobs": [any_campaign_job(campaign_ids=["before-1", "before-2"])]},
    {
        "jobs": [
            any_campaign_job(campaign_ids=["seen-1", "seen-2"]),
            any_export_job(export_only=["shop.orders"]),
            any_campaign_job(campaign_ids=[f"c-{number}" for number in range(27)]),
            any_export_job(source_arn=CLUSTER),
            any_campaign_job(campaign_ids=["lost"], target="FINISHED"),
            any_campaign_job(campaign_ids=["half-1", "half-2", "half-3"]),
        ]
    },
    {"jobs": [any_export_job(target="CANCELED"), any_campaign_job(campaign_ids=["later"])]},
    {"run": "always", "jobs": [any_campaign_job(campaign_ids=["before-1"], target="RUNNING")]},
)
RESOURCES = [
    *(("0.0", "before-1"), ("0.0", "before-2"), ("1.0", "seen-1"), ("1.0", "seen-2")),
    ("1.1", SNAPSHOT),
    *(("1.2", f"c-{number}") for number in range(27)),
    *(("1.3", CLUSTER), ("1.4", "lost")),
    *(("1.5", f"half-{number}") for number in (1, 2, 3)),
    *(("2.0", SNAPSHOT), ("2.1", "later"), ("3.0", "before-1")),
]


def _half_way() -> tuple[Plan, list[PassResult | None]]:
    """Return a plan in its second stage, and what its children came back with."""
    first = _begun(*STAGES)
    second = advance(first, [ended(work, at=NOW + 30) for work in first.running], NOW + 40)
    seen, export, full, rest, cluster, _lost, half = second.running
    failed = CampaignProgress(initial_state="Running", state="Paused", polls=3)
    open_ = dict.fromkeys(("half-1", "half-2", "half-3"), failed)
    assert isinstance(half, CampaignWork)
    half = half.replace(open=open_).close(
        "half-2", phase=Phase.COMPLETE, reason="AnyReason", message="any", now=NOW + 50
    )
    details = export_details(export_task_identifier="task-1")
    going = ExportProgress(initial_state="STARTING", state="IN_PROGRESS", details=details)
    return second, [
        pass_result.next_pass(seen, Phase.IN_PROGRESS, 30),
        ended(export, Phase.FAILED, at=NOW + 30),
        ended(full, at=NOW + 30),
        ended(rest, at=NOW + 30),
        pass_result.next_pass(cluster.replace(progress=going), Phase.IN_PROGRESS, 30),
        None,
        pass_result.next_pass(half, Phase.IN_PROGRESS, 30),
    ]


def _entries(outcome: Answer) -> dict[tuple[str, str], Answer]:
    found = {(entry["job"], entry["id"]): entry for entry in outcome["resources"]}
    assert len(found) == len(outcome["resources"])
    return found


def test_every_resource_of_a_plan_is_reported_once_whatever_came_back(
    fallback: Fallback,
) -> None:
    now, results = _half_way()
    given = {"plan": _written(now), "results": [result and _written(result) for result in results]}
    outcome = fallback("AdvancePlan", given)
    entries = _entries(outcome)
    assert sorted(entries) == sorted(RESOURCES)
    assert outcome["correlation_id"] == any_trace().correlation_id
    assert (outcome["started_at"], outcome["elapsed_seconds"]) == (timestamp(NOW), 90.5)
    complete = {key for key, entry in entries.items() if entry["phase"] == "COMPLETE"}
    assert complete == {
        *(("0.0", f"before-{number}") for number in (1, 2)),
        *(("1.2", f"c-{number}") for number in range(27)),
        ("1.5", "half-2"),
    }
    assert {entries[key]["reason"] for key in complete} == {"AnyReason"}
    assert entries["1.1", SNAPSHOT]["reason"] == "AnyReason"


def test_what_is_open_is_reported_with_what_was_seen_of_it_last(fallback: Fallback) -> None:
    now, results = _half_way()
    given = {"plan": _written(now), "results": [result and _written(result) for result in results]}
    entries = _entries(fallback("AdvancePlan", given))
    half, cluster = entries["1.5", "half-1"], entries["1.3", CLUSTER]
    for entry in (half, cluster):
        assert (entry["phase"], entry["reason"]) == ("FAILED", "Sandbox.Timedout")
        assert entry["message"].startswith("timed out after 60 s ü")
        assert (entry["ended_at"], entry["elapsed_seconds"]) == (timestamp(LATER), 50.5)
    assert (half["kind"], half["target"]) == ("campaigns", "PAUSED")
    assert (half["initial_state"], half["final_state"], half["polls"]) == ("Running", "Paused", 3)
    assert (cluster["kind"], cluster["target"]) == ("export", "COMPLETE")
    assert (cluster["initial_state"], cluster["final_state"]) == ("STARTING", "IN_PROGRESS")
    details = export_details(export_task_identifier="task-1")
    assert cluster["details"] == details.model_dump(mode="json", exclude_defaults=True)
    waiting = entries["2.0", SNAPSHOT]
    assert (waiting["target"], waiting["elapsed_seconds"]) == ("CANCELED", 0)
    assert (waiting["initial_state"], waiting["final_state"]) == (None, None)


@pytest.mark.parametrize(
    "results",
    [[], [None], [None] * 7, [{"key": "9.9", "phase": "FAILED"}]],
    ids=["none", "one lost", "all lost", "a stranger's"],
)
def test_children_that_came_back_with_nothing_leave_no_resource_out(
    fallback: Fallback, results: list[object]
) -> None:
    now, _ = _half_way()
    entries = _entries(fallback("AdvancePlan", {"plan": _written(now), "results": results}))
    assert sorted(entries) == sorted(RESOURCES)
    assert entries["1.2", "c-0"]["reason"] == "Sandbox.Timedout"


def test_an_error_of_the_whole_map_changes_nothing(fallback: Fallback) -> None:
    now, _ = _half_way()
    given = {"plan": _written(now), "results": [], "error": {"Error": "Any", "Cause": "any"}}
    assert sorted(_entries(fallback("AdvancePlan", given))) == sorted(RESOURCES)


@pytest.mark.parametrize("of_campaigns", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_a_child_whose_failure_was_caught_is_reported_with_its_work(
    fallback: Fallback, of_campaigns: bool, lost: bool
) -> None:
    now = _begun({"jobs": [any_campaign_job() if of_campaigns else any_export_job()]})
    (work,) = now.running
    caught = {
        "key": work.key,
        "phase": "FAILED",
        "work": _written(work),
        "error": {"Error": "AccessDeniedException", "Cause": "any"},
        "ended_at": int((NOW + 10) * 1000),
    }
    given = {"plan": _written(now), "results": [None if lost else caught]}
    ((key, entry),) = _entries(fallback("AdvancePlan", given)).items()
    assert key == ("0.0", "c-1" if of_campaigns else SNAPSHOT)
    assert entry["phase"] == "FAILED"


def test_work_of_an_unknown_kind_is_reported_as_such_and_beside_the_others(
    fallback: Fallback,
) -> None:
    now = _written(_begun({"jobs": [any_export_job()]}))
    now["running"].append({"kind": "faxes", "key": "0.1", "job_label": "0.1", "open": {"f-1": {}}})
    entries = _entries(fallback("AdvancePlan", {"plan": now, "results": [None, None]}))
    assert {key: entry["reason"] for key, entry in entries.items()} == {
        ("0.0", SNAPSHOT): "Sandbox.Timedout",
        ("0.1", "0.1"): "UnknownKind",
    }
    assert entries["0.1", "0.1"]["kind"] == "faxes"


@pytest.mark.parametrize("job", [any_campaign_job(), any_export_job()])
def test_one_resource_is_a_list_of_one(fallback: Fallback, job: dict[str, object]) -> None:
    now = _begun({"jobs": [job]})
    for results in ([], [_written(ended(now.running[0], at=NOW + 30))]):
        outcome = fallback("AdvancePlan", {"plan": _written(now), "results": results})
        assert len(outcome["resources"]) == 1


def test_a_clean_up_whose_plan_cannot_advance_reports_its_own_exports(fallback: Fallback) -> None:
    now = _begun({"jobs": [any_export_job(target="CANCELED")]})
    given = {**_written(now), "cleans_up": {"entries": [{"id": "theirs"}]}}
    outcome = fallback("AdvancePlan", {"plan": given, "results": [None]})
    assert [entry["id"] for entry in outcome["resources"]] == [SNAPSHOT]


@pytest.mark.parametrize(
    "error",
    [{"Error": "States.Timeout"}, {"Error": "States.Timeout", "Cause": ""}, {"Cause": "any"}],
)
def test_an_error_that_says_little_is_reported_all_the_same(
    states: dict[str, State], error: dict[str, str]
) -> None:
    available = functions(VirtualClock(origin=LATER))
    values = {
        "input": {"plan": _written(_begun({"jobs": [any_campaign_job()]})), "results": []},
        "errorOutput": error,
        "context": {"Execution": {"Id": EXECUTION, "Name": "run-1"}},
    }
    expression = states["AdvancePlan"]["Catch"][0]["Output"]["outcome"]
    outcome = evaluate(expression[2:-2], {**available, "states": values})
    Outcome.model_validate_json(json.dumps(outcome), strict=True)
    assert outcome["summary"]
    assert outcome["resources"][0]["reason"] == error.get("Error", "States.Runtime")


def test_the_outcome_of_the_most_resources_with_the_longest_cause_can_be_published(
    fallback: Fallback,
) -> None:
    longest = {"Error": "Sandbox.Timedout", "Cause": "timed out after 60 s " + "😀" * 900}
    ids = [f"{number:03}".rjust(40, "c") for number in range(250)]
    exports = [any_export_job(s3_prefix="ü" * 200) for _ in range(15)]
    now = _begun({"jobs": [any_campaign_job(campaign_ids=ids), *exports]})
    attempt = ExportAttempt(
        export_task_identifier="t" * 60, status="FAILED", failure_cause="ü" * 100
    )
    details = export_details(failure_cause="ü" * 100, attempts=(attempt,) * 4)
    results = []
    for work in now.running:
        if isinstance(work, CampaignWork):
            seen = CampaignProgress(initial_state="Initialized", state="Initialized", polls=9_999)
            update: dict[str, Any] = {"open": dict.fromkeys(work.open, seen)}
        else:
            update = {"progress": ExportProgress(state="IN_PROGRESS", details=details)}
        last = pass_result.next_pass(work.replace(**update), Phase.IN_PROGRESS, 30)
        results.append(_written(last))
    outcome = fallback("AdvancePlan", {"plan": _written(now), "results": results}, longest)
    assert len(outcome["resources"]) == 265
    assert json_bytes({"outcome": outcome}) <= MAX_PAYLOAD_BYTES
