"""How a JSONata expression without a usable value fails a state; shared by patches.

On AWS the state fails with States.QueryEvaluationError, after one EvaluationFailed event, which
follows whatever the state's entry followed. Source: LocalStack's snapshots of executions on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from localcloud.patches.executions.histories import Entry, add_event_after_entry, entry_of
from localcloud.patches.patching import ASL, Json, Moto, Patches, moto

_ERRORS = f"{ASL}.component.common.error_name"
_PLACE = "An error occurred while executing the state"


def apply(patches: Patches) -> None:
    """Name the event of the state's entry in causes, once, and let any error leave a Map."""

    def create(failure: Moto, env: Moto, *args: Moto, **kwargs: Moto) -> None:
        original(failure, env, *args, **kwargs)
        entry = entry_of(env)
        failure.source_event_id = entry.event_id if entry else failure.source_event_id

    def of_evaluation(exception: Moto) -> Moto:
        return exception.failure_event.event_details["evaluationFailedEventDetails"]

    def of_execution(exception: Moto) -> Moto:
        error, cause = exception.extract_error_cause_pair() or (None, None)
        if (cause or "").startswith(_PLACE):
            return {"error": error, "cause": cause}
        return decorated(exception)

    def name(error: Moto, error_name: str | None) -> None:
        error.error_name = error_name  # moto refuses States.*, which a branch can fail with

    patches.replace(moto(f"{_ERRORS}.custom_error_name").CustomErrorName, "__init__", name)
    events = moto(f"{_ERRORS}.failure_event")
    original: Callable[..., None] = patches.replace(events.FailureEvent, "__init__", create)
    exception = events.FailureEventException
    patches.replace(exception, "get_evaluation_failed_event_details", of_evaluation)
    decorated: Callable[[Any], Any] = patches.replace(
        exception, "get_execution_failed_event_details", of_execution
    )


def query_failure(
    env: Moto, cause: str, location: str | None = None, *, after_entry: bool = True
) -> Exception:
    """Record the failure in the history and return what to raise.

    `after_entry` is false for what AWS notices only once the state's entry has been recorded.
    """
    kinds = moto(f"{_ERRORS}.states_error_name_type").StatesErrorNameType
    error_name = moto(f"{_ERRORS}.states_error_name").StatesErrorName(
        typ=kinds.StatesQueryEvaluationError
    )
    source = env.event_history_context.source_event_id
    entry = entry_of(env) or Entry(env.next_state_name or "", source, source, None)
    described = {
        "error": error_name.error_name,
        "cause": (f"{_PLACE} '{entry.state}' (entered at the event id #{entry.event_id}). {cause}"),
        "location": location,
        "state": entry.state,
    }
    details = {
        "evaluationFailedEventDetails": {
            name: text for name, text in described.items() if text is not None
        }
    }
    events = moto(f"{_ERRORS}.failure_event")
    event_type = moto("stepfunctions.parser.api").HistoryEventType.EvaluationFailed
    failure = events.FailureEvent(
        env=env, error_name=error_name, event_type=event_type, event_details=details
    )
    if after_entry:
        add_event_after_entry(env, entry, event_type, details)
    else:
        env.event_manager.add_event(env.event_history_context, event_type, details)
    exception: Exception = events.FailureEventException(failure_event=failure)
    return exception


def whole_number(env: Moto, value: Json, *, field: str, least: int) -> int:
    """Return a number that must be a whole one from `least` on, or raise the query failure.

    Source: the States Language says of Seconds and TimeoutSeconds that they are integers.
    """
    if value != int(value):
        raise query_failure(env, f"The field '{field}' must be an integer, but was {value}", field)
    if value < least:
        message = f"The field '{field}' must be at least {least}, but was {value}"
        raise query_failure(env, message, field)
    return int(value)


def json_text(value: Json) -> str:
    """Return a value as AWS writes it in a cause."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
