"""PutEvents rejects an entry whose detail is no JSON object.

moto accepts any JSON. On AWS the entry's error is MalformedDetail, and the other entries are put.
Source: LocalStack's snapshot test_put_events_mixed_malformed_detail, recorded on 6 November 2025.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from localcloud.patches.patching import Json, Moto, Patches, moto

_MALFORMED = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def apply(patches: Patches) -> None:
    """Keep malformed entries from moto."""

    def put_events(backend: Moto, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        accepted = [not event.get("Detail") or _is_object(event["Detail"]) for event in events]
        taken = [event for event, is_accepted in zip(events, accepted, strict=True) if is_accepted]
        answers = iter(original(backend, taken))
        return [next(answers) if is_accepted else dict(_MALFORMED) for is_accepted in accepted]

    backend = moto("events.models").EventsBackend
    original: Callable[[Any, list[dict[str, Any]]], list[dict[str, Any]]] = patches.replace(
        backend, "put_events", put_events
    )


def _is_object(detail: Json) -> bool:
    try:
        return isinstance(json.loads(detail), dict)
    except (TypeError, ValueError):
        return False
