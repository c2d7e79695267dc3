"""JSON as the page's server writes it."""

from __future__ import annotations

import json

from pydantic import JsonValue
from starlette.responses import Response


def encoded(value: JsonValue) -> str:
    """Return JSON in one line, in ASCII: also of text that is not valid Unicode, as ids may be."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


class Json(Response):
    """A response that is JSON."""

    media_type = "application/json"

    def __init__(self, value: JsonValue, status_code: int = 200) -> None:
        super().__init__(encoded(value), status_code)
