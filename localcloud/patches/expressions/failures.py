"""How a JSONata expression without a usable value fails a state; shared by patches.

On AWS the state fails with States.QueryEvaluationError, after one EvaluationFailed event.
"""

from __future__ import annotations

from localcloud.patches.patching import ASL, Json, Moto, moto

_ERRORS = f"{ASL}.component.common.error_name"


def query_failure(env: Moto, cause: str) -> Exception:
    """Record the failure in the history and return what to raise."""
    api = moto("stepfunctions.parser.api")
    events = moto(f"{_ERRORS}.failure_event")
    kinds = moto(f"{_ERRORS}.states_error_name_type").StatesErrorNameType
    error_name = moto(f"{_ERRORS}.states_error_name").StatesErrorName(
        typ=kinds.StatesQueryEvaluationError
    )
    details = {
        "evaluationFailedEventDetails": api.EvaluationFailedEventDetails(
            error=error_name.error_name, cause=cause, location=env.next_field_name or ""
        )
    }
    failure = events.FailureEvent(
        env=env,
        error_name=error_name,
        event_type=api.HistoryEventType.EvaluationFailed,
        event_details=details,
    )
    exception: Exception = events.FailureEventException(failure_event=failure)
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=api.HistoryEventType.EvaluationFailed,
        event_details={
            "evaluationFailedEventDetails": exception.get_evaluation_failed_event_details()  # type: ignore[attr-defined]
        },
    )
    return exception


def whole_number(env: Moto, value: Json, *, field: str, least: int) -> int:
    """Return a value that must be a whole number from `least` on, or raise the query failure.

    Source: the States Language says of Seconds and TimeoutSeconds that they are integers.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise query_failure(env, f"The field '{field}' must be an integer, but was {value!r}")
    if value < least:
        raise query_failure(env, f"The field '{field}' must be at least {least}, but was {value}")
    return int(value)
