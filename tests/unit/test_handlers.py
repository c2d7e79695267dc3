"""The functions as Step Functions calls them: JSON in, JSON out."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from io import StringIO
from typing import Any

import pytest

from lambdas.campaigns import reconcile_campaigns
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion
from lambdas.exports import clean_up as clean_up_of_exports
from lambdas.exports import reconcile_export
from lambdas.exports.decisions import Destination
from lambdas.exports.started import StartedExport, StartedExports
from lambdas.requests import accept_request, advance_plan, plan_clean_up
from lambdas.requests.executions import Executions
from lambdas.shared.environment import MissingSettingError
from lambdas.shared.observability import logger
from tests.unit.builders import (
    DESTINATION,
    EXECUTION,
    REGION,
    SNAPSHOT,
    AnyContext,
    any_campaign_job,
    any_export_job,
    export_task,
    through_json,
)
from tests.unit.conftest import HandClock
from tests.unit.fake_executions import FakeClaims, FakeExecutions
from tests.unit.fake_snapshots import FakeSnapshots
from tests.unit.fakes import (
    AnyClient,
    FakeCampaigns,
    FakeExports,
    FakeFiles,
    FakeTable,
    LostResponse,
)

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
SETTINGS = {
    "AWS_REGION": REGION,
    "EXPORT_BUCKET": DESTINATION.bucket,
    "EXPORT_PREFIX": DESTINATION.prefix,
    "EXPORT_ROLE_ARN": "arn:aws:iam::123456789012:role/any",
    "EXPORT_KEY_ARN": f"arn:aws:kms:{REGION}:123456789012:key/any",
    "COORDINATION_TABLE": FakeTable.NAME,
    "CAMPAIGN_RATES": "false",
    "SNAPSHOT_EXPORTS": "[]",
}


SETTINGS_OF_EXPORTS = sorted(set(SETTINGS) - {"AWS_REGION", "CAMPAIGN_RATES", "SNAPSHOT_EXPORTS"})


@pytest.fixture(autouse=True)
def _function_settings(monkeypatch, hand_clock):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def uncounted() -> None:
    """Calls of a fake are not counted, so that a look publishes nothing; lasts for one test."""
    warnings.filterwarnings("ignore", "No application metrics to publish")


@pytest.fixture
def campaigns(monkeypatch, uncounted) -> FakeCampaigns:
    fake = FakeCampaigns()
    monkeypatch.setattr(reconcile_campaigns, "Campaigns", lambda _version: fake)
    return fake


@pytest.fixture
def table(monkeypatch) -> FakeTable:
    """The coordination table, as every function meets it."""
    fake = FakeTable()
    for module in (clean_up_of_exports, reconcile_export):
        started = partial(StartedExports, connect=lambda _service: fake)
        monkeypatch.setattr(module, "StartedExports", started)
    monkeypatch.setattr(plan_clean_up, "OutcomeClaims", FakeClaims())
    return fake


@pytest.fixture
def executions(monkeypatch) -> FakeExecutions:
    """What Step Functions tells of executions."""
    fake = FakeExecutions()
    monkeypatch.setattr(
        plan_clean_up, "Executions", partial(Executions, connect=lambda _service: fake)
    )
    return fake


@pytest.fixture
def rds(monkeypatch, uncounted, table) -> FakeExports:
    fake = FakeExports()
    monkeypatch.setattr(reconcile_export, "ExportFiles", lambda _bucket: FakeFiles())
    monkeypatch.setattr(reconcile_export, "Exports", lambda *_args, **_kwargs: fake)
    monkeypatch.setattr(reconcile_export, "Snapshots", lambda _account: FakeSnapshots())
    return fake


def invoke(handler: Handler, event: dict[str, Any]) -> dict[str, Any]:
    return through_json(handler(through_json(event), AnyContext()))


def accept(request: object) -> dict[str, Any]:
    event = {"request": request, "execution_arn": EXECUTION, "execution_name": "run-1"}
    return invoke(accept_request.handler, event)


def items(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each child execution's first pass is given."""
    given: dict[str, Any] = {"trace": plan["trace"], "history_events": 3}
    return [{"work": work, **given} for work in plan["running"]]


def last_pass(item: dict[str, Any], hand_clock: HandClock) -> dict[str, Any]:
    """Return the answer with which a job ends, after as many passes as that takes."""
    handlers = {"campaigns": reconcile_campaigns.handler, "export": reconcile_export.handler}
    for _ in range(60):
        seen = invoke(handlers[item["work"]["kind"]], item)
        if "entries" in seen and "work" not in seen:
            return seen
        assert isinstance(seen["wait_seconds"], int)
        assert seen["wait_seconds"] >= 1
        hand_clock.move(seen["wait_seconds"])
        item = item | {"work": seen["work"]}
    raise AssertionError("a job does not end")


def advance(state: dict[str, Any], hand_clock: HandClock) -> dict[str, Any]:
    """Bring what runs of a plan to its end, and return what AdvancePlan makes of that."""
    results = [last_pass(item, hand_clock) for item in items(state["plan"])]
    return invoke(advance_plan.handler, {"plan": state["plan"], "results": results})


def cleaned_up(arn: str, hand_clock: HandClock) -> dict[str, Any]:
    """Return the outcome of an execution's clean-up."""
    event = {**accept(clean_up(arn)), "execution_arn": EXECUTION, "execution_name": "run-1"}
    planned = invoke(plan_clean_up.handler, event)
    answer = planned if "outcome" in planned else advance(planned, hand_clock)
    outcome: dict[str, Any] = answer["outcome"]
    return outcome


def test_accepts_a_request_as_a_plan_whose_first_stage_runs(hand_clock):
    answer = accept({"stages": [{"jobs": [any_campaign_job()]}] * 2})
    assert set(answer) == {"plan"}
    assert [len(answer["plan"][name]) for name in ("running", "waiting")] == [1, 1]
    assert answer["plan"]["running"][0]["polling"] == {"started_at": hand_clock.time}
    assert answer["plan"]["trace"] == {"correlation_id": "run-1", "execution_arn": EXECUTION}


def test_carries_the_callers_correlation_id():
    answer = accept(any_campaign_job(correlation_id="nightly"))
    assert answer["plan"]["trace"]["correlation_id"] == "nightly"


@pytest.mark.parametrize("request_", [None, [], "x", {}, any_campaign_job(target="DANCING")])
def test_answers_a_request_that_it_rejects_with_an_outcome(request_):
    answer = accept(request_)
    assert set(answer) == {"outcome"}
    outcome = answer["outcome"]
    assert (outcome["phase"], outcome["reason"]) == ("FAILED", "RequestRejected")
    assert outcome["faults"]
    assert outcome["summary"]
    assert outcome["resources"] == []
    assert (outcome["correlation_id"], outcome["execution_arn"]) == ("run-1", EXECUTION)


def test_echoes_the_description_of_a_request_that_it_rejects():
    answer = accept(any_campaign_job(target="DANCING", description="The nightly one"))
    assert answer["outcome"]["description"] == "The nightly one"
    answer = accept(any_campaign_job(target="DANCING"))
    assert answer["outcome"]["description"] is None


def test_rejects_what_is_not_of_the_account_of_its_execution():
    elsewhere = SNAPSHOT.replace("123456789012", "210987654321")
    [fault] = accept(any_export_job(source_arn=elsewhere))["outcome"]["faults"]
    assert fault["field"] == "source_arn"
    assert "account 210987654321" in fault["rule"]
    assert "account 123456789012" in fault["rule"]


def test_echoes_the_correlation_id_of_a_request_that_it_rejects():
    answer = accept(any_campaign_job(target="DANCING", correlation_id="nightly"))
    assert answer["outcome"]["correlation_id"] == "nightly"


@pytest.mark.parametrize("event_id", [5, ["x"], {}, True])
def test_an_event_with_an_odd_id_is_answered_like_any_other(event_id):
    event = {"detail-type": "Orchestration Requested", "id": event_id, "detail": any_campaign_job()}
    assert set(accept(event)) == {"plan"}


def test_a_pass_after_many_events_waits_longer_and_tells_nobody_whom_to_wake(campaigns):
    campaigns.states_of["c-1"] = "Running"
    (item,) = items(accept(any_campaign_job(target="FINISHED"))["plan"])
    soon, late = (
        invoke(reconcile_campaigns.handler, item | {"history_events": events})
        for events in (3, 10_000)
    )
    assert soon["wait_seconds"] < 60 < late["wait_seconds"]
    assert ["wake" in seen for seen in (soon, late)] == [True, False]


def test_an_export_after_many_events_waits_longer_and_tells_nobody_whom_to_wake(rds):
    (item,) = items(accept(any_export_job())["plan"])
    soon, late = (
        invoke(reconcile_export.handler, item | {"history_events": events})
        for events in (3, 19_500)
    )
    assert soon["wait_seconds"] < 600 < late["wait_seconds"]
    assert ["wake" in seen for seen in (soon, late)] == [True, False]


def test_an_export_whose_start_was_lost_is_the_same_in_the_next_look(rds, hand_clock):
    rds.will("start", LostResponse())
    rds.will("of_source", None, lambda: [rds.end(task_id, "COMPLETE") for task_id in rds.tasks])
    outcome = advance(accept(any_export_job()), hand_clock)["outcome"]
    assert outcome["phase"] == "COMPLETE"
    assert outcome["resources"][0]["details"]["adopted"] is False


def test_advance_takes_the_nothing_that_a_lost_child_leaves():
    state = accept(any_campaign_job())
    outcome = invoke(advance_plan.handler, {"plan": state["plan"], "results": [None]})["outcome"]
    assert outcome["resources"][0]["reason"] == "JobLost"


@pytest.mark.parametrize(
    "cause", ["timed out after 60 s", '{"errorMessage": "timed out after 60 s"}']
)
def test_advance_takes_what_a_catch_leaves(cause):
    state = accept(any_export_job())
    work = state["plan"]["running"][0]
    caught = {
        "key": work["key"],
        "phase": "FAILED",
        "work": work,
        "error": {"Error": "Sandbox.Timedout", "Cause": cause},
    }
    outcome = invoke(advance_plan.handler, {"plan": state["plan"], "results": [caught]})["outcome"]
    (entry,) = outcome["resources"]
    assert (entry["reason"], entry["message"]) == ("Sandbox.Timedout", "timed out after 60 s")


def test_advance_takes_what_a_catch_of_the_whole_map_leaves():
    state = accept(any_export_job())
    error = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "any cause"}
    event = {"plan": state["plan"], "results": [], "error": error}
    outcome = invoke(advance_plan.handler, event)["outcome"]
    assert outcome["reason"] == "WorkflowFailed"
    (entry,) = outcome["resources"]
    assert (entry["phase"], entry["reason"], entry["message"]) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
        "any cause",
    )


def test_advance_goes_on_with_what_always_runs_when_the_whole_map_failed():
    always = {"run": "always", "jobs": [any_campaign_job(target="RUNNING")]}
    state = accept({"stages": [{"jobs": [any_campaign_job()]}, always]})
    error = {"Error": "States.DataLimitExceeded", "Cause": "any cause"}
    state = invoke(advance_plan.handler, {"plan": state["plan"], "results": [], "error": error})
    assert [work["target"] for work in state["plan"]["running"]] == ["RUNNING"]


@pytest.mark.parametrize(
    ("ours", "asked", "prefix"),
    [
        ("exports", "", "exports"),
        ("exports", "daily/orders", "exports/daily/orders"),
        ("", "daily", "daily"),
        ("", "", ""),
    ],
)
def test_a_reconciler_gives_its_settings_to_aws(monkeypatch, rds, ours, asked, prefix):
    given: dict[str, Any] = {}
    monkeypatch.setenv("EXPORT_PREFIX", ours)

    def exports(destination, **settings):
        given.update(settings, destination=destination)
        return FakeExports()

    monkeypatch.setattr(reconcile_export, "Exports", exports)
    monkeypatch.setattr(reconcile_export, "Snapshots", lambda _account: FakeSnapshots())
    state = accept(any_export_job(s3_prefix=asked))
    invoke(reconcile_export.handler, items(state["plan"])[0])
    assert given == {
        "destination": Destination(DESTINATION.bucket, prefix),
        "role_arn": SETTINGS["EXPORT_ROLE_ARN"],
        "key_arn": SETTINGS["EXPORT_KEY_ARN"],
    }


@pytest.mark.parametrize("name", SETTINGS_OF_EXPORTS)
def test_a_setting_that_is_missing_is_named(monkeypatch, rds, name):
    state = accept(any_export_job())
    monkeypatch.delenv(name)
    with pytest.raises(MissingSettingError, match=name):
        invoke(reconcile_export.handler, items(state["plan"])[0])


@pytest.fixture
def logged(monkeypatch) -> Callable[[], list[dict[str, Any]]]:
    """Return the lines that were logged since the test began."""
    log = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    return lambda: [json.loads(line) for line in log.getvalue().splitlines()]


def test_every_line_of_a_look_tells_whose_request_it_is(campaigns, logged):
    campaigns.states_of["c-1"] = "Running"
    state = accept(any_campaign_job(correlation_id="nightly"))
    invoke(reconcile_campaigns.handler, items(state["plan"])[0])
    accepted, *lines = logged()
    assert (accepted["correlation_id"], accepted["message"]) == ("nightly", "request accepted")
    assert len(lines) == 2
    for line in lines:
        assert line["correlation_id"] == "nightly"
        assert line["execution_arn"] == EXECUTION
        assert line["job"] == "0.0.0"
        assert line["service"] == "orchestrator"


def test_the_account_of_a_request_is_logged_as_its_own(logged):
    state = accept(any_campaign_job(correlation_id="nightly"))
    invoke(advance_plan.handler, {"plan": state["plan"], "results": []})
    _accepted, line = logged()
    assert (line["correlation_id"], line["execution_arn"]) == ("nightly", EXECUTION)
    assert (line["message"], line["phase"]) == ("request ended", "FAILED")


def test_a_rejection_is_logged_with_its_faults(logged):
    accept(any_campaign_job(target="DANCING", correlation_id="nightly"))
    (line,) = logged()
    assert (line["correlation_id"], line["execution_arn"]) == ("nightly", EXECUTION)
    assert "target" in line["faults"]


@pytest.fixture
def published(capsys) -> Callable[[], dict[str, Any]]:
    """Return the counts that functions have published since the last call."""

    def published() -> dict[str, Any]:
        told: Counter[str] = Counter()
        for line in capsys.readouterr().out.splitlines():
            record = json.loads(line)
            for directive in record.get("_aws", {}).get("CloudWatchMetrics", ()):
                assert directive["Namespace"] == "Orchestrator"
                assert directive["Dimensions"] == [["service"]]
                for metric in directive["Metrics"]:
                    if metric["Unit"] == "Count":
                        told[metric["Name"]] += sum(record[metric["Name"]])
        return dict(told)

    return published


def test_counts_the_requests_that_are_accepted_and_rejected(published):
    accept(any_campaign_job())
    assert published() == {"RequestsAccepted": 1}
    accept(any_campaign_job(target="DANCING"))
    assert published() == {"RequestsRejected": 1}


def test_counts_how_resources_ended_once_each(campaigns, hand_clock, published):
    campaigns.states_of |= {"c-1": "Paused", "c-2": "Stopped", "c-3": "Running"}
    stages = [
        {"jobs": [any_campaign_job(campaign_ids=["c-1", "c-2", "c-3"])]},
        {"jobs": [any_export_job()]},
        {"run": "always", "jobs": [any_campaign_job(target="RUNNING")]},
    ]
    after_the_failure = advance(accept({"stages": stages}), hand_clock)
    assert "outcome" in advance(after_the_failure, hand_clock)
    told = published()
    assert told.pop("ReconcilePasses") > 0
    assert told.pop("Progress") > 0
    assert told == {"RequestsAccepted": 1, "ResourcesComplete": 3, "ResourcesFailed": 2}


def test_a_reconciler_publishes_the_calls_that_it_made(monkeypatch, published):
    states = [{"campaignId": name, "state": "Running"} for name in ("c-1", "c-2")]
    client = AnyClient({"successfulRequests": states}, {}, {})
    counted = Campaigns(ApiVersion.V2, connect=lambda _service: client)
    monkeypatch.setattr(reconcile_campaigns, "Campaigns", lambda _version: counted)
    state = accept(any_campaign_job(campaign_ids=["c-1", "c-2"]))
    published()
    invoke(reconcile_campaigns.handler, items(state["plan"])[0])
    assert published() == {
        "GetCampaignStateBatchCalls": 1,
        "PauseCampaignCalls": 2,
        "ReconcilePasses": 1,
        "Progress": 2,
    }


LEFT_BEHIND_BY = f"{EXECUTION}-aborted"


def clean_up(arn: str = LEFT_BEHIND_BY) -> dict[str, Any]:
    return {"clean_up": {"execution_arn": arn}}


@pytest.fixture
def aborted(executions) -> None:
    """Executions of which it is only known that they were aborted."""
    for arn in (EXECUTION, LEFT_BEHIND_BY):
        executions.add(arn, "ABORTED")


def note(table: FakeTable, task_id: str, arn: str = LEFT_BEHIND_BY) -> None:
    started = StartedExports(table.NAME, connect=lambda _service: table)
    export = StartedExport(task_id, SNAPSHOT, job="0.0", cancel_on_abort=True)
    started.record(arn, export, expires_at=2e9)


def test_a_clean_up_cancels_what_the_execution_started_and_nothing_else(
    rds, aborted, table, hand_clock
):
    names = ("mine", "theirs", "another", "done")
    rds.tasks |= {name: export_task("IN_PROGRESS", task_id=name) for name in names}
    rds.end("done", "COMPLETE")
    note(table, "mine")
    note(table, "done")
    note(table, "theirs", arn=f"{EXECUTION}-other")
    rds.will("of_source", *[None, cancels_end(rds)] * 3)
    outcome = cleaned_up(LEFT_BEHIND_BY, hand_clock)
    assert outcome["phase"] == "COMPLETE"
    assert sorted(
        (entry["details"]["export_task_identifier"], entry["reason"], entry["target"])
        for entry in outcome["resources"]
    ) == [
        ("done", "FinishedBeforeCancel", "CANCELED"),
        ("mine", "TargetReached", "CANCELED"),
    ]
    assert rds.asked("cancel") == ["mine"]
    assert rds.tasks["theirs"].status == rds.tasks["another"].status == "IN_PROGRESS"
    assert rds.asked("start") == []


def test_a_clean_up_after_a_start_that_never_took_effect_finds_nothing(
    rds, aborted, table, hand_clock
):
    rds.tasks["theirs"] = export_task("IN_PROGRESS", task_id="theirs")
    note(table, "mine")
    outcome = cleaned_up(LEFT_BEHIND_BY, hand_clock)
    assert [entry["reason"] for entry in outcome["resources"]] == ["NothingToCancel"]
    assert outcome["phase"] == "COMPLETE"
    assert rds.asked("cancel") == []


def test_a_clean_up_after_an_execution_that_noted_nothing_is_complete(
    rds, aborted, table, hand_clock
):
    note(table, "theirs", arn=f"{EXECUTION}-other")
    outcome = cleaned_up(LEFT_BEHIND_BY, hand_clock)
    assert (outcome["phase"], outcome["resources"]) == ("COMPLETE", [])
    assert table.calls[-1] == ("query", f"started#{LEFT_BEHIND_BY}")


def test_an_aborted_request_is_cleaned_up_by_what_it_noted_itself(rds, aborted, table, hand_clock):
    state = accept(any_export_job(on_abort="cancel"))
    (item,) = items(state["plan"])
    invoke(reconcile_export.handler, item)
    (task_id,) = rds.tasks
    rds.will("of_source", None, lambda: rds.end(task_id, "CANCELED"))
    outcome = cleaned_up(EXECUTION, hand_clock)
    assert [entry["reason"] for entry in outcome["resources"]] == ["TargetReached"]
    assert rds.asked("cancel") == [task_id]


def test_an_aborted_request_that_leaves_its_export_has_nothing_to_clean_up(
    rds, aborted, hand_clock
):
    state = accept(any_export_job(on_abort="leave"))
    invoke(reconcile_export.handler, items(state["plan"])[0])
    assert cleaned_up(EXECUTION, hand_clock)["resources"] == []
    assert rds.asked("cancel") == []


@pytest.mark.parametrize("asked", [{}, {"execution_arn": "a"}, None, "all", ["execution_arn"]])
def test_a_clean_up_that_does_not_say_whose_is_rejected(asked):
    assert accept({"clean_up": asked})["outcome"]["reason"] == "RequestRejected"


@pytest.mark.usefixtures("uncounted")
def test_a_clean_up_is_accepted_without_a_look_at_what_it_cleans_up(table, executions):
    assert accept(clean_up()) == clean_up()
    assert (table.calls, executions.calls) == ([], [])


def test_a_look_that_waits_tells_what_wakes_it(rds):
    state = accept(any_export_job())
    seen = invoke(reconcile_export.handler, items(state["plan"])[0])
    assert set(seen["wake"]) == {"on", "order", "expires_at"}
    assert isinstance(seen["wake"]["expires_at"], int)


def test_a_clean_up_cancels_a_start_that_takes_effect_after_the_abort(
    rds, aborted, table, hand_clock
):
    note(table, "mine")
    starting = export_task("STARTING", task_id="mine")
    rds.will(
        "of_source", None, None, lambda: rds.tasks.update(mine=starting), None, cancels_end(rds)
    )
    outcome = cleaned_up(LEFT_BEHIND_BY, hand_clock)
    assert [entry["reason"] for entry in outcome["resources"]] == ["TargetReached"]
    assert rds.asked("cancel") == ["mine"]


def cancels_end(rds: FakeExports) -> Callable[[], None]:
    def end() -> None:
        for task_id in rds.asked("cancel"):
            rds.end(task_id, "CANCELED")

    return end
