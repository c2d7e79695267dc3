"""What the functions send to X-Ray stays small, whatever they return."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from lambdas.shared.observability import observed, tracer
from tests.unit.builders import AnyContext


class Segment:
    """A segment as far as the tracer uses one."""

    def __init__(self) -> None:
        self.annotations: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}

    def put_annotation(self, key: str, value: object) -> None:
        self.annotations[key] = value

    def put_metadata(self, key: str, value: object, namespace: str) -> None:
        self.metadata[f"{namespace}.{key}"] = value


def test_a_trace_holds_nothing_of_what_a_function_returns(monkeypatch: Any) -> None:
    """X-Ray takes 64 KB of a segment; a plan may be larger."""
    warnings.filterwarnings("ignore", "No application metrics to publish")
    segment = Segment()

    @contextmanager
    def in_subsegment(**_: Any) -> Iterator[Segment]:
        yield segment

    monkeypatch.setattr(tracer, "provider", SimpleNamespace(in_subsegment=in_subsegment))

    observed(lambda _event, _context: {"plan": "x" * 100_000})({}, AnyContext())

    assert segment.annotations.keys() == {"ColdStart", "Service"}
    assert segment.metadata == {}
