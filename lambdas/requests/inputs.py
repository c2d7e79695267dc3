"""The input of an execution, which may be an event."""

from __future__ import annotations

from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON, input_of_event
from lambdas.shared.environment import SNAPSHOT_EXPORTS, setting


def input_of(given: object) -> object:
    """Return what an execution was given, as a request or a clean-up where it is an event.

    Raises:
        RequestRejected: when it is an event that stands for neither.
    """
    return input_of_event(given, SNAPSHOT_EXPORTS_JSON.validate_json(setting(SNAPSHOT_EXPORTS)))
