"""How the tests of acceptance submit requests, and what they draw them from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, cast

import pytest
from hypothesis import strategies as st

from lambdas.requests.acceptance import (
    REQUESTED,
    Fault,
    RequestRejected,
    parse,
)
from lambdas.requests.contract import Request
from lambdas.requests.events import input_of_event
from lambdas.shared import limits
from tests.unit.builders import (
    ACCOUNT,
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)

MANY_IDS = [f"c-{number}" for number in range(limits.MAX_CAMPAIGNS_PER_REQUEST)]


def accept(raw: object) -> Request:
    return parse(input_of_event(raw, ()), region=REGION, account=ACCOUNT)


def faults_of(raw: object) -> dict[str, str]:
    with pytest.raises(RequestRejected) as rejected:
        accept(raw)
    return {fault.field: fault.rule for fault in rejected.value.faults}


def accepted_or_not(raw: object) -> tuple[Request | None, tuple[Fault, ...]]:
    try:
        return accept(raw), ()
    except RequestRejected as rejected:
        return None, rejected.faults


JARGON = {
    *("Input", "should", "valid", "dictionary", "instance", "tuple", "extract", "tag", "type"),
    *("literal", "enum", "integer", "boolean", "string", "pattern", "match", "None", "True"),
}


def assert_plain(rule: str) -> None:
    """Check that a rule speaks of JSON and of the product, not of Python or pydantic."""
    said = re.sub(r'"(\\.|[^"\\])*"|…', "", rule)
    assert not JARGON & set(re.findall(r"\w+", said)), rule


def event(detail: object, **fields: Any) -> dict[str, object]:
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": REQUESTED,
        "source": "any.source",
        "account": "123456789012",
        "region": REGION,
        "resources": [],
        "detail": detail,
    } | fields


WORDS = st.sampled_from(
    [
        *("stages", "jobs", "run", "kind", "target", "campaign_ids", "api_version", "export_only"),
        *("source_arn", "deadline_seconds", "on_abort", "correlation_id", "detail-type", "detail"),
        *("id", "campaigns", "export", "PAUSED", "COMPLETE", "always", "v1", "c-1", SNAPSHOT),
        REQUESTED,
    ]
)
TEXT = WORDS | st.text(st.characters(), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=15,
)


RICH_EXPORT_JOB = any_export_job(
    s3_prefix="a", export_id="a", max_attempts=2, on_deadline="cancel", on_abort="leave"
)


RICH_REQUEST: dict[str, Any] = {
    "stages": [
        {
            "run": "always",
            "jobs": [
                any_campaign_job(id="pause", api_version="v2", deadline_seconds=3600),
                RICH_EXPORT_JOB | {"id": "night", "export_only": ["shop"], "deadline_seconds": 60},
            ],
        }
    ],
    "correlation_id": "mine",
    "description": "any",
}
RICH_SHAPES: dict[str, dict[str, Any]] = {
    "whole": RICH_REQUEST,
    "one stage": {**RICH_REQUEST["stages"][0], "correlation_id": "mine", "description": "any"},
    "campaign job": {**RICH_REQUEST["stages"][0]["jobs"][0], "correlation_id": "mine"},
    "export job": {**RICH_REQUEST["stages"][0]["jobs"][1], "description": "any"},
}


def objects_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where the objects of a JSON value are."""
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            yield from objects_in(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects_in(inner, (*path, index))


def edited_object(
    whole: dict[str, Any], path: tuple[str | int, ...], edit: Callable[[dict[str, Any]], Any]
) -> dict[str, Any]:
    """Return a copy of a request in which one of its objects is edited."""
    copied: dict[str, Any] = json.loads(json.dumps(whole))
    found: Any = copied
    for part in path:
        found = found[part]
    replacement = edit(dict(found))
    found.clear()
    found.update(replacement)
    return copied


FIELDS = [
    (shape, path, name)
    for shape, whole in RICH_SHAPES.items()
    for path in objects_in(whole)
    for name in reduce(lambda value, part: value[part], path, cast("Any", whole))
]
