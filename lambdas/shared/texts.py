"""Texts and moments as an account tells them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from lambdas.shared.limits import MAX_TEXT_BYTES

_ELLIPSIS: Final = "…"


def shorten(text: str, most: int = MAX_TEXT_BYTES) -> str:
    """Cut a text to a number of bytes of JSON in UTF-8, with an ellipsis where it was cut."""
    text = text.encode(errors="replace").decode()
    room = most - json_bytes(_ELLIPSIS)
    size = 0
    for index, character in enumerate(text):
        size += json_bytes(character)
        if size > room and json_bytes(text) > most:
            return text[:index] + _ELLIPSIS
    return text


def json_bytes(text: str) -> int:
    """Return the bytes of a text as JSON in UTF-8, without its quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def timestamp(epoch_seconds: float) -> str:
    """Write a moment in ISO 8601, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(epoch_seconds, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def with_hint(text: str, hint: str | None) -> str:
    """Return a text with the advice behind it, cut so that the advice is never cut."""
    if hint is None:
        return text
    return f"{shorten(text, MAX_TEXT_BYTES - json_bytes(hint) - len(': '))}: {hint}"
