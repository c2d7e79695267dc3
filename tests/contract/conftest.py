"""Simulators under test; each of their responses is validated with botocore's models."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import boto3
import pytest
from botocore.config import Config

from localcloud.clock import VirtualClock
from localcloud.simulators import Simulators, Surroundings
from localcloud.simulators.export_files import PutObject
from localcloud.turns import mark_calls
from localcloud.world import World

ACCOUNT = "123456789012"
REGION = "us-east-1"
BUCKET = "stack-bucket"
XML = "{http://rds.amazonaws.com/doc/2014-10-31/}"


@dataclass
class Running:
    """Running simulators, with the events and the objects that they have written."""

    simulators: Simulators
    clock: VirtualClock
    events: list[dict[str, Any]]
    objects: dict[tuple[str, str], bytes]

    @property
    def ledger(self):
        return self.simulators.ledger

    @property
    def v1(self):
        return self.client("connectcampaigns")

    @property
    def v2(self):
        return self.client("connectcampaignsv2")

    @property
    def rds(self):
        return self.client("rds")

    @property
    def tagging(self):
        return self.client("resourcegroupstaggingapi", "RESOURCE_GROUPS_TAGGING_API")

    def client(self, service: str, variable: str | None = None):
        url = self.simulators.endpoints[f"AWS_ENDPOINT_URL_{variable or service.upper()}"]
        return checked_client(service, url, self.clock)

    def advance(self, seconds: float) -> None:
        """Let time pass, and run all that is due at that moment."""
        self.clock.sleep(seconds)
        for _ in range(3):
            self.clock.sleep(0)


def running(
    stack: ExitStack,
    *,
    begin: bool = True,
    put_object: PutObject | None = None,
    **world: Any,
) -> Running:
    events: list[dict[str, Any]] = []
    objects: dict[tuple[str, str], bytes] = {}
    clock = VirtualClock(origin=1_800_000_000.0)
    stack.callback(clock.close)
    stack.enter_context(clock.turn("the test"))
    surroundings = Surroundings(
        clock,
        account=ACCOUNT,
        region=REGION,
        publish_event=events.append,
        put_object=put_object or (lambda bucket, key, body: objects.update({(bucket, key): body})),
    )
    simulators = Simulators(World.model_validate(world), surroundings)
    stack.enter_context(simulators)
    if begin:
        simulators.begin(export_bucket=BUCKET)
    return Running(simulators, clock, events, objects)


@pytest.fixture
def simulate() -> Iterator[Callable[..., Running]]:
    with ExitStack() as stack:
        yield lambda **world: running(stack, **world)


@pytest.fixture(scope="session")
def simulate_shared() -> Callable[..., Any]:
    """Return a context manager of simulators, for module fixtures that many tests share."""

    @contextmanager
    def shared(**world: Any) -> Iterator[Running]:
        with ExitStack() as stack:
            yield running(stack, **world)

    return shared


@cache
def session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name=REGION)


@cache
def checked_client(service: str, url: str, clock: VirtualClock):
    client = session().client(
        service, endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
    )
    client.meta.events.register("before-parse", check_response)
    mark_calls(client, clock)
    return client


def check_response(operation_model, response_dict, **_) -> None:
    """Fail unless a raw response matches the operation's model."""
    protocol = operation_model.service_model.resolved_protocol
    read = {"rest-json": read_json, "json": read_json, "query": read_xml}[protocol]
    document, shape, code = read(operation_model, response_dict)
    if code is not None:
        assert response_dict["status_code"] >= 400
        if shape is None:  # AWS returns codes that its models leave out
            return
        modelled = shape.metadata.get("error", {}).get("httpStatusCode")
        assert response_dict["status_code"] == modelled or (
            modelled is None and protocol in {"query", "json"}
        )
    if shape is None:
        assert not document
    else:
        check(document, shape, operation_model.name)


def read_json(operation_model, response):
    document = json.loads(response["body"]) if response["body"] else {}
    if response["status_code"] < 300:
        return document, operation_model.output_shape, None
    code = response["headers"].get("x-amzn-ErrorType") or document.pop("__type")
    return document, operation_model.service_model.shape_for_error_code(code), code


def read_xml(operation_model, response):
    root = ET.fromstring(response["body"])
    if response["status_code"] < 300:
        assert root.tag == f"{XML}{operation_model.name}Response"
        shape = operation_model.output_shape
        if shape is None:
            (metadata,) = root
            assert metadata.findtext(f"{XML}RequestId")
            return {}, None, None
        result, metadata = root
        assert result.tag == XML + shape.serialization["resultWrapper"]
        assert metadata.findtext(f"{XML}RequestId")
        return natural(result, shape), shape, None
    assert root.tag == f"{XML}ErrorResponse"
    assert root.findtext(f"{XML}RequestId")
    error = root.find(f"{XML}Error")
    assert {child.tag for child in error} == {f"{XML}Type", f"{XML}Code", f"{XML}Message"}
    code = error.findtext(f"{XML}Code")
    return {}, operation_model.service_model.shape_for_error_code(code), code


def natural(element: ET.Element, shape):
    """Convert XML to the JSON of the same shape."""
    if shape.type_name == "structure":
        names = {XML + name: (name, member) for name, member in shape.members.items()}
        return {names[e.tag][0]: natural(e, names[e.tag][1]) for e in element}
    if shape.type_name == "list":
        item = XML + shape.member.serialization.get("name", "member")
        assert {e.tag for e in element} <= {item}
        return [natural(e, shape.member) for e in element]
    if shape.type_name == "boolean":
        return json.loads(element.text)
    return int(element.text) if shape.type_name == "integer" else element.text or ""


def check(value: Any, shape: Any, where: str) -> None:
    """Fail unless a JSON value matches the shape: members, types, enums, patterns and bounds."""
    match shape.type_name:
        case "structure":
            in_body = {n: m for n, m in shape.members.items() if "location" not in m.serialization}
            assert set(value) <= set(in_body), f"{where} has unknown members: {value}"
            assert set(shape.required_members) & set(in_body) <= set(value), f"{where}: {value}"
            assert not getattr(shape, "is_tagged_union", False) or len(value) == 1, where
            for name, item in value.items():
                check(item, in_body[name], f"{where}.{name}")
        case "list":
            assert isinstance(value, list), where
            for item in value:
                check(item, shape.member, f"{where}[]")
        case "map":
            for item in value.values():
                check(item, shape.value, f"{where}{{}}")
        case "timestamp":
            assert datetime.fromisoformat(value).tzinfo, where
        case kind:
            types = {"string": str, "integer": int, "double": float, "boolean": bool}
            assert type(value) is types[kind], f"{where}: {value!r}"
            enum = getattr(shape, "enum", None)
            assert not enum or value in enum, f"{where}: {value!r}"
            pattern = shape.metadata.get("pattern")
            assert not pattern or re.fullmatch(pattern, value), f"{where}: {value!r}"
    bounds = shape.metadata
    if "min" in bounds or "max" in bounds:
        size = value if isinstance(value, int | float) else len(value)
        assert bounds.get("min", size) <= size <= bounds.get("max", size), f"{where}: {value!r}"
