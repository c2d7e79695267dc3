"""Texts and times as an outcome holds them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import accumulate, takewhile
from typing import Final

from pydantic import BaseModel

from lambdas.shared.limits import MAX_TEXT_BYTES

_ELLIPSIS: Final = "…"
_JSON: Final = json.JSONEncoder(ensure_ascii=False)


def shorten(text: str, most: int = MAX_TEXT_BYTES) -> str:
    """Cut a text to a number of bytes as JSON in UTF-8, with an ellipsis if it was cut."""
    text = text.encode(errors="replace").decode()
    if json_bytes(text) <= most:
        return text
    room = most - json_bytes(_ELLIPSIS)
    kept = takewhile(lambda size: size <= room, accumulate(map(json_bytes, text)))
    return text[: sum(1 for _ in kept)] + _ELLIPSIS


def json_bytes(text: str) -> int:
    """Return the size of a text in bytes as JSON in UTF-8, without its quotes."""
    return len(_JSON.encode(text).encode()) - 2


def payload_bytes(model: BaseModel, *, exclude_defaults: bool = False) -> int:
    """Return the size of a model in bytes, as a payload of Step Functions."""
    return len(model.model_dump_json(exclude_defaults=exclude_defaults).encode())


def timestamp(epoch_seconds: float) -> str:
    """Return a time in ISO 8601, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(epoch_seconds, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def with_hint(text: str, hint: str | None) -> str:
    """Return a text followed by the advice; only the text is cut if both are too long."""
    if hint is None:
        return text
    return f"{shorten(text, MAX_TEXT_BYTES - json_bytes(hint) - len(': '))}: {hint}"
