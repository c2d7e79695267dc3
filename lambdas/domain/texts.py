"""Texts and moments as an account tells them."""

from __future__ import annotations

from datetime import UTC, datetime

from lambdas.domain.limits import MAX_TEXT_BYTES

_ELLIPSIS = "…"


def shorten(text: str, most: int = MAX_TEXT_BYTES) -> str:
    """Cut a text to a number of bytes in UTF-8, with an ellipsis where it was cut."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= most:
        return encoded.decode()
    return encoded[: most - len(_ELLIPSIS.encode())].decode(errors="ignore") + _ELLIPSIS


def timestamp(epoch_seconds: float) -> str:
    """Write a moment in ISO 8601, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(epoch_seconds, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
