"""The cause of a Map without an array is written in JSON.

moto names a Python type, and leaves out where it happened. Source: LocalStack's snapshot
test_map_state_items_input_types, recorded on 19 November 2024.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.patches.expressions.failures import json_text, query_failure
from localcloud.patches.patching import ASL, Moto, Patches, moto


def apply(patches: Patches) -> None:
    """Fail in AWS's words where moto fails in its own."""

    def evaluate(state: Moto, env: Moto) -> None:
        given = env.stack[-1]
        try:
            original(state, env)
        except errors.FailureEventException as error:
            details = error.failure_event.event_details.get("evaluationFailedEventDetails", {})
            if not str(details.get("cause")).startswith("Map state input must"):
                raise
            value = _items(state, env, given)
            cause = f"Map state input must be an array but was: {json_text(value)}"
            raise query_failure(env, cause) from error

    errors = moto(f"{ASL}.component.common.error_name.failure_event")
    state = moto(f"{ASL}.component.state.exec.state_map.state_map").StateMap
    original: Callable[[Any, Any], None] = patches.replace(state, "_eval_execution", evaluate)


def _items(state: Moto, env: Moto, given: Moto) -> Moto:
    if not state.items_path:
        return given
    env.stack.append(given)
    state.items_path.eval(env=env)
    return env.stack.pop()
