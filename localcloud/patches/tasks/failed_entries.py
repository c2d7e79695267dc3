"""A failed putEvents task has the answer of PutEvents as JSON text for its cause.

moto gives the answer as an object, which no caller of DescribeExecution can read. Source:
LocalStack's snapshots test_put_events_*, recorded on 6 November 2025.
"""

from __future__ import annotations

from typing import Any

from localcloud.patches.expressions.failures import json_text
from localcloud.patches.patching import ASL, Moto, Patches, moto

_EVENTS = f"{ASL}.component.state.exec.state_task.service.state_task_service_events"


def apply(patches: Patches) -> None:
    """Give the exception that fails the task a text."""

    def create(error: Moto, cause: dict[str, Any]) -> None:
        names = ("Entries", "FailedEntryCount")
        error.cause = json_text({name: cause[name] for name in names})

    failure = moto(_EVENTS).SfnFailedEntryCountException
    patches.replace(failure, "__init__", create)
