"""A history ends with its terminal event, and has one event for a failed expression.

moto adds an execution's last event from a thread that may be late, after the execution was reported
as timed out, and lets tasks that still run add more. It records a Task whose JSONata fails twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.patches.patching import ASL, Moto, Patches, moto

TERMINAL_EVENTS = frozenset(
    {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
)


def apply(patches: Patches) -> None:
    """Refuse events after a terminal one, and a second EvaluationFailed after the first."""

    def add_event(
        manager: Moto, context: Moto, event_type: Moto, *args: Moto, **kwargs: Moto
    ) -> int:
        kind = str(event_type.value)
        with manager.__dict__.setdefault("adding", _lock()):
            last = vars(manager).get("last_kind")
            if last in TERMINAL_EVENTS or last == kind == "EvaluationFailed":
                return int(context.last_published_event_id)
            manager.last_kind = kind
            return original(manager, context, event_type, *args, **kwargs)

    events = moto(f"{ASL}.eval.event.event_manager")
    original: Callable[..., int] = patches.replace(events.EventManager, "add_event", add_event)
    _lock = events.threading.Lock


def add_terminal_event(env: Moto, event_type: str, details: dict[str, Any]) -> None:
    """Close an environment's history with an event, unless it is closed."""
    kinds = moto("stepfunctions.parser.api").HistoryEventType
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=kinds(event_type),
        event_details=details,
    )
