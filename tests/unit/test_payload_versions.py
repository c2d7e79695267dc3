"""An execution in flight meets functions of another version than those that wrote its payloads.

`payloads` holds what each function was given, recorded from the functions themselves: a deployment
meets such payloads, so files are added to it and never edited.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from lambdas.campaigns import reconcile_campaigns
from lambdas.exports import clean_up as clean_up_of_exports
from lambdas.exports import reconcile_export
from lambdas.exports.pointer import Pointer, Table
from lambdas.exports.started import StartedExport, StartedExports
from lambdas.jobs.pass_result import TaskError
from lambdas.jobs.registry import AnyWork, ChildResult
from lambdas.requests import advance_plan, plan_clean_up
from lambdas.requests.acceptance import CleanUp
from lambdas.requests.executions import Executions
from lambdas.requests.outcome import Outcome
from lambdas.requests.plan import Plan, Trace
from lambdas.requests.response import Response
from lambdas.shared import clock
from lambdas.shared.model import Internal
from lambdas.snapshots import reconcile_snapshot
from lambdas.snapshots.created import CreatedSnapshots
from lambdas.waiting.handles import Wake
from tests.unit.builders import NOW, SNAPSHOT, AnyContext, through_json
from tests.unit.fake_executions import FakeClaims, FakeExecutions, answered, map_started
from tests.unit.fake_rds_snapshots import OWNER, FakeRds
from tests.unit.fake_snapshots import FakeSnapshots, snapshot
from tests.unit.fakes import FakeCampaigns, FakeExports, FakeFiles, FakeTable

Json = Any
Rewrite = Callable[[type, dict[str, Json]], dict[str, Json]]

FUNCTIONS = {
    "advance_plan": advance_plan.handler,
    "plan_clean_up": plan_clean_up.handler,
    "reconcile_campaigns": reconcile_campaigns.handler,
    "reconcile_export": reconcile_export.handler,
    "reconcile_snapshot": reconcile_snapshot.handler,
}
RECORDED: list[tuple[str, Json]] = [
    (name, event)
    for name in FUNCTIONS
    for event in json.loads(
        Path(__file__).with_name("payloads").joinpath(f"{name}.json").read_text()
    )
]

MODELS: dict[str, TypeAdapter[Any]] = {
    "work": TypeAdapter(AnyWork),
    "trace": TypeAdapter(Trace),
    "plan": TypeAdapter(Plan),
    "results": TypeAdapter(list[ChildResult | None]),
    "error": TypeAdapter(TaskError | str),
    "clean_up": TypeAdapter(CleanUp),
    "outcome": TypeAdapter(Outcome),
    "children": TypeAdapter(list[list[ChildResult]]),
}
"""What the fields of an event, and of the answers in a history, are read as."""


def read(value: Json) -> Any:
    """Return an event with what is a model in it as one."""
    match value:
        case dict():
            return {
                name: MODELS[name].validate_python(inner) if name in MODELS else read(inner)
                for name, inner in value.items()
            }
        case list():
            return [read(inner) for inner in value]
        case _:
            return value


def rewritten(value: Any, rewrite: Rewrite) -> Json:
    """Write an event as it was read, each model with the fields that `rewrite` makes of its own."""
    if isinstance(value, BaseModel):
        model: type = type(value)
        known = type(value).model_fields
        names = {name: known[name].alias or name for name in value.model_fields_set}
    elif is_dataclass(value):
        model, names = type(value), {field.name: field.name for field in fields(value)}
    elif isinstance(value, dict):
        return {name: rewritten(inner, rewrite) for name, inner in value.items()}
    elif isinstance(value, list | tuple):
        return [rewritten(inner, rewrite) for inner in value]
    else:
        return value
    own = {name: rewritten(getattr(value, field), rewrite) for field, name in names.items()}
    return rewrite(model, own)


def models_in(event: Json) -> dict[type, set[str]]:
    """Return the models of an event, each with the names of the fields that it has there."""
    found: dict[type, set[str]] = {}

    def note(model: type, own: dict[str, Json]) -> dict[str, Json]:
        found.setdefault(model, set()).update(own)
        return own

    rewritten(read(event), note)
    return found


def optional_fields() -> Iterator[tuple[type, str]]:
    """Yield every field that has a default and is in a recorded event, by its name in JSON."""
    for model in ALL_MODELS:
        for name, field in getattr(model, "model_fields", {}).items():
            json_name = field.alias or name
            if not field.is_required() and any(json_name in one.get(model, ()) for one in FOUND):
                yield model, json_name


def leaves(model: type) -> set[type]:
    """Return what a model is the base of, down to what no other model is made of."""
    kinds: list[type] = model.__subclasses__()
    return set().union(*map(leaves, kinds)) if kinds else {model}


FOUND = [models_in(event) for _name, event in RECORDED]
ALL_MODELS = sorted({model for found in FOUND for model in found}, key=lambda model: model.__name__)


@pytest.fixture
def process(monkeypatch, manual_clock) -> Callable[[str, Json], Json]:
    """Let a function process an event, each time in the same world."""
    for name in ("EXPORT_BUCKET", "EXPORT_ROLE_ARN", "EXPORT_KEY_ARN", "EXPORT_PREFIX"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("COORDINATION_TABLE", FakeTable.NAME)
    monkeypatch.setenv("CAMPAIGN_RATES", "false")
    monkeypatch.setenv("SNAPSHOT_EXPORTS", "[]")
    monkeypatch.setenv("SNAPSHOT_OWNER", OWNER)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr(random, "random", lambda: 0.5)
    manual_clock.time = NOW + 1_000

    def process(name: str, event: Json) -> Json:
        campaigns = FakeCampaigns(c_1="Running", c_2="Paused", c_4="Running")
        exports, table = FakeExports(), FakeTable()
        rds = FakeRds(now=clock.now, databases={("db", "shop"): "available"})
        for patched, attribute, value in (
            (reconcile_campaigns, "Campaigns", lambda _version: campaigns),
            (reconcile_export, "Exports", lambda *_args, **_settings: exports),
            (
                reconcile_export,
                "Snapshots",
                lambda _account: FakeSnapshots(snapshot("orders-2")),
            ),
            (reconcile_export, "ExportFiles", lambda _bucket: FakeFiles()),
            (
                reconcile_export,
                "StartedExports",
                partial(StartedExports, connect=lambda _service: table),
            ),
            (reconcile_snapshot, "Snapshots", rds.client),
            (
                reconcile_snapshot,
                "CreatedSnapshots",
                partial(CreatedSnapshots, connect=lambda _service: table),
            ),
        ):
            monkeypatch.setattr(patched, attribute, value)
        if name == "plan_clean_up":
            execution, event = event["execution"], event["event"]
            meet(monkeypatch, event["clean_up"]["execution_arn"], **execution)
        return through_json(FUNCTIONS[name](through_json(event), AnyContext()))

    return process


def meet(
    monkeypatch: pytest.MonkeyPatch,
    execution_arn: str,
    *,
    status: str,
    history: list[Json],
    children: list[Json],
    **described: Any,
) -> None:
    """Let a clean-up find an execution, and a note of one of its jobs."""
    executions = FakeExecutions()
    events = (
        map_started(one["map_run"]) if "map_run" in one else answered(one["answer"])
        for one in history
    )
    executions.add(execution_arn, status, *events, **described)
    executions.add_children(
        "map-run-1", *([answered(result) for result in one] for one in children)
    )
    connected = partial(Executions, connect=lambda _service: executions)
    monkeypatch.setattr(plan_clean_up, "Executions", connected)
    noted = (StartedExport("orders-noted", SNAPSHOT, "0.1", cancel_on_abort=True),)
    started = SimpleNamespace(to_cancel=lambda _execution_arn: noted)
    monkeypatch.setattr(clean_up_of_exports, "StartedExports", lambda _table: started)
    monkeypatch.setattr(plan_clean_up, "OutcomeClaims", FakeClaims())


def test_the_recorded_payloads_hold_every_model_that_travels():
    written_only = {Response}
    kept_in_s3 = {Pointer, Table}
    assert set(ALL_MODELS) >= {*leaves(Internal), CleanUp, Wake} - written_only - kept_in_s3


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize(("name", "event"), RECORDED)
def test_what_was_recorded_is_processed(process, name, event):
    answer = process(name, event)
    if name.startswith("reconcile"):
        assert answer["key"] == event["work"]["key"]
        assert answer.keys() & {"work", "entries"}
    elif name == "advance_plan":
        assert set(answer) in ({"plan"}, {"outcome"}, {"outcome", "publish"})
        assert resources(answer) == resources(event)
    else:
        (work,) = answer["plan"]["running"]
        assert work["progress"]["requested_task_id"] == "orders-noted"
        ended = answer["plan"]["cleans_up"]
        if "outcome" in ended:
            ended["outcome"].setdefault("resources", [])
        assert resources(ended if "outcome" in ended else {"plan": ended}) == resources(
            event["execution"]["history"][-1].get("answer")
            or event["execution"]["history"][0]["answer"]
        )


def resources(answer: Json) -> list[tuple[str, str]]:
    """Return each resource of a plan or an outcome with its target, in order of its job."""
    if "outcome" in answer:
        ended, works = answer["outcome"]["resources"], []
    else:
        plan = answer["plan"]
        ended = plan.get("entries", [])
        stages = [*filter(None, [plan.get("resolving")]), *plan.get("waiting", ())]
        works = [*plan.get("running", ()), *(w for s in stages for w in s.get("work", ()))]
        deferred = [job["label"] for stage in stages for job in stage.get("deferred", ())]
        ended = [*ended, *({"job": label, "id": label} for label in deferred)]
    found = [(entry["job"], entry["id"]) for entry in ended]
    for work in works:
        ids = work["open"] if work["kind"] == "campaigns" else [work["job"]["source_arn"]]
        found += [(work["job_label"], name) for name in ids]
    return sorted(found)


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize("widened", ALL_MODELS, ids=lambda model: model.__name__)
def test_a_field_of_a_newer_version_changes_nothing(process, widened):
    def widen(model: type, own: dict[str, Json]) -> dict[str, Json]:
        return own | {"added_later": {"any": ["value"]}} if model is widened else own

    for (name, event), found in zip(RECORDED, FOUND, strict=True):
        if widened in found:
            newer = rewritten(read(event), widen)
            assert newer != event
            assert process(name, newer) == process(name, event)


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize(("name", "event"), RECORDED)
def test_a_field_of_a_newer_version_of_the_workflow_changes_nothing(process, name, event):
    inner = event.get("event", event)
    newer = (
        event | {"event": inner | {"added_later": 1}}
        if "event" in event
        else inner | {"added_later": 1}
    )
    assert process(name, newer) == process(name, event)


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize(
    ("narrowed", "field"),
    list(optional_fields()),
    ids=lambda part: part if isinstance(part, str) else part.__name__,
)
def test_a_field_that_an_older_version_did_not_write_has_its_default(process, narrowed, field):
    def narrow(model: type, own: dict[str, Json]) -> dict[str, Json]:
        return {k: v for k, v in own.items() if (model, k) != (narrowed, field)}

    for (name, event), found in zip(RECORDED, FOUND, strict=True):
        if field in found.get(narrowed, ()):
            older = rewritten(read(event), narrow)
            assert older != event
            assert process(name, older)


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize("name", ["reconcile_campaigns", "reconcile_export"])
def test_an_older_version_of_the_workflow_does_not_count_events(process, name):
    for recorded, event in RECORDED:
        if recorded == name:
            older = {field: value for field, value in event.items() if field != "history_events"}
            assert process(name, older) == process(name, event | {"history_events": 0})
