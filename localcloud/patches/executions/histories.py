"""A history ends with its terminal event, and knows how each state was entered.

moto adds an execution's last event from a thread that may be late, after the execution was reported
as timed out, and lets tasks that still run add more. It records some failed expressions twice. On
AWS the cause of a failure names the event of the state's entry, also when others came after it; an
aborted execution's last event follows none; and MapStateExited follows MapRunStarted. Source:
LocalStack's snapshots of executions on AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.patches.patching import ASL, Moto, Patches, moto

TERMINAL_EVENTS = frozenset(
    {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
)


@dataclass(frozen=True)
class Entry:
    """How a state was entered.

    Attributes:
        event_id: the id of its StateEntered event.
        followed: the id of the event before that one.
        before: the entry of the state that this one came after, or is inside.
    """

    state: str
    event_id: int
    followed: int
    before: Entry | None


def apply(patches: Patches) -> None:
    """Refuse events after a terminal one, and repeated ones; note the entry of each state."""

    def add_event(
        manager: Moto,
        context: Moto,
        event_type: Moto,
        event_details: Moto = None,
        **kwargs: Moto,
    ) -> int:
        kind = str(event_type.value)
        with manager.__dict__.setdefault("adding", _lock()):
            if vars(manager).get("is_closed") or _is_recorded(manager, event_details):
                return int(context.last_published_event_id)
            manager.is_closed = kind in TERMINAL_EVENTS
            followed = context.source_event_id
            if kind == "ExecutionAborted":
                context.source_event_id = 0
            event_id = original(manager, context, event_type, event_details, **kwargs)
            entries = _entries(manager)
            entry = entries.get(followed)
            if kind.endswith("StateEntered"):
                name = event_details["stateEnteredEventDetails"]["name"]
                entry = Entry(name, event_id, followed, entry)
            entries[event_id] = entry
            if kind == "MapStateSucceeded":
                context.source_event_id = _before_success(manager, followed)
            return event_id

    events = moto(f"{ASL}.eval.event.event_manager")
    original: Callable[..., int] = patches.replace(events.EventManager, "add_event", add_event)
    _lock = events.threading.Lock


def _before_success(manager: Moto, event_id: int) -> int:
    """Return what MapStateExited follows: MapRunStarted, not MapRunSucceeded."""
    event = manager._history_event_list[event_id - 1]
    is_success = str(event["type"].value) == "MapRunSucceeded"
    return int(event["previousEventId"]) if is_success else event_id


def _entries(manager: Moto) -> dict[int, Entry | None]:
    """Return by event id the last entry before, or at, that event."""
    entries: dict[int, Entry | None] = manager.__dict__.setdefault("entries", {})
    return entries


def _is_recorded(manager: Moto, event_details: Moto) -> bool:
    details = (event_details or {}).get("evaluationFailedEventDetails")
    return details is not None and any(
        event.get("evaluationFailedEventDetails") is details
        for event in reversed(manager._history_event_list)
    )


def entry_of(env: Moto) -> Entry | None:
    """Return how the state was entered that an environment is in; None if it is in none."""
    entry = _entries(env.event_manager).get(env.event_history_context.source_event_id)
    while entry is not None and entry.state != env.next_state_name:
        entry = entry.before
    return entry


def is_in_task(env: Moto) -> bool:
    """Return whether the last state that an environment entered is a Task that has not exited."""
    history, last = env.event_manager._history_event_list, env.event_history_context.source_event_id
    entry = _entries(env.event_manager).get(last)
    if entry is None or str(history[last - 1]["type"].value).endswith("StateExited"):
        return False
    return str(history[entry.event_id - 1]["type"].value) == "TaskStateEntered"


def add_event_after_entry(
    env: Moto, entry: Entry, event_type: Moto, event_details: dict[str, Any]
) -> None:
    """Add an event that follows what the state's own entry followed."""
    context = env.event_history_context
    context.source_event_id = entry.followed
    event_id = env.event_manager.add_event(context, event_type, event_details)
    _entries(env.event_manager)[event_id] = entry


def add_terminal_event(env: Moto, event_type: str, details: dict[str, Any]) -> None:
    """Close an environment's history with an event, unless it is closed."""
    kinds = moto("stepfunctions.parser.api").HistoryEventType
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=kinds(event_type),
        event_details=details,
    )
