"""The input of an execution, which may be an event."""

from __future__ import annotations

from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON, input_of_event
from lambdas.shared.environment import SNAPSHOT_EXPORTS, setting


def input_of(given: object) -> object:
    """Return an execution's input; for an event, the request that it stands for.

    Raises:
        RequestRejected: when it is an event that stands for none.
    """
    return input_of_event(given, SNAPSHOT_EXPORTS_JSON.validate_json(setting(SNAPSHOT_EXPORTS)))
