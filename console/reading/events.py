"""The events of a history, as they are shown: raw, but with the JSON in their texts parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue

from console.reading.model import Event
from console.reading.texts import iso

_JSON: Final = frozenset({"input", "output", "parameters", "cause"})
"""The fields that may hold a JSON text."""


def event_from(event: Mapping[str, Any]) -> Event:
    """Return an event of GetExecutionHistory as the model has it."""
    found = (value for key, value in event.items() if key.endswith("EventDetails"))
    details: Mapping[str, Any] = next(found, {})
    return Event(
        id=event["id"],
        at=iso(event["timestamp"]),
        type=event["type"],
        state_name=details.get("name"),
        detail=_plain(details),
    )


def _plain(value: Any, name: str = "") -> JsonValue:  # noqa: ANN401 - any JSON, and dates
    match value:
        case dict():
            return {key: _plain(each, key) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case datetime():
            return iso(value)
        case str() if name in _JSON:
            return _parsed(value)
        case str() | int() | float() | bool() | None:
            return value
        case _:
            return str(value)


def _parsed(text: str) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return parsed
