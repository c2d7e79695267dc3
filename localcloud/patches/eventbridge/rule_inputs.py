"""What a target receives: the event, a part of it, a constant or a transformed input.

Pure functions, used by `rule_targets`. Source: EventBridge user guide, "Input transformation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from localcloud.patches.patching import Json, Moto

Event = dict[str, Any]

ENVELOPE: Final = (
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
)
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]")
_TEMPLATE_PART = re.compile(r'<([A-Za-z0-9_.-]+)>|\\.|"|[^<"\\]+|<', re.DOTALL)


def iso_time(epoch_seconds: float) -> str:
    """Return a moment as EventBridge writes it: whole seconds of UTC, with a Z."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def envelope(event: Mapping[str, Any]) -> Event:
    """Return an event with exactly the fields that AWS gives it, its time as text."""
    envelope = {name: event[name] for name in ENVELOPE}
    if not isinstance(envelope["time"], str):
        envelope["time"] = iso_time(float(envelope["time"]))
    return envelope


def target_input(target: Mapping[str, Any], event: Event, rule_arn: str) -> str:
    """Return what a target receives of an event, as JSON or other text."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(select(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if transformer:
        return _transformed(transformer, event, rule_arn)
    return json.dumps(event)


def select(event: Json, path: str) -> Moto:
    """Return what a JSON path of names and indexes leads to, None when it leads nowhere."""
    found = event
    for name, index, quoted in _STEP.findall(path):
        try:
            found = found[int(index)] if index else found[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _transformed(transformer: Mapping[str, Any], event: Event, rule_arn: str) -> str:
    paths: Mapping[str, str] = transformer.get("InputPathsMap") or {}
    values = {name: select(event, path) for name, path in paths.items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {name: event[name] for name in ENVELOPE if name != "detail"},
        "aws.events.event.json": event,
    }
    written: list[str] = []
    quoted = False
    template = transformer["InputTemplate"]
    inside_quotes = _escaped if template.lstrip().startswith("{") else _as_text
    for part in _TEMPLATE_PART.finditer(template):
        name = part.group(1)
        if name in values:
            written.append(inside_quotes(values[name]) if quoted else json.dumps(values[name]))
            continue
        quoted ^= part.group() == '"'
        written.append(part.group())
    return "".join(written)


def _escaped(value: Json) -> str:
    """Return a value to stand within a JSON string: escaped, without quotes of its own."""
    return json.dumps(_as_text(value))[1:-1]


def _as_text(value: Json) -> str:
    """Return a value to stand within a line of text, where nothing is escaped."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
