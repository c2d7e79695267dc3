"""The events that wake the waiters for a snapshot.

Parsed by hand: importing pydantic would take half of the cold start of WakeWaiters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lambdas.waiting.handles import WaiterSelector, key_of

SNAPSHOT_CHANGED: Final = ("RDS-EVENT-0041", "RDS-EVENT-0042", "RDS-EVENT-0075")
"""A DB snapshot was deleted, a DB snapshot created, a DB cluster snapshot created. There is no
event of a deleted DB cluster snapshot, nor of a creation that failed. Source: RDS user guide,
USER_Events.Messages."""


def snapshot_key(snapshot_arn: str) -> str:
    """Return the key of the waiters for a snapshot."""
    return key_of(f"snapshot:{snapshot_arn}")


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    """Return the waiters that an event of a snapshot wakes, none for another event."""
    match event:
        case {
            "source": "aws.rds",
            "detail": {"EventID": event_id, "SourceArn": str(snapshot_arn)},
        } if event_id in SNAPSHOT_CHANGED and snapshot_arn:
            return (WaiterSelector(snapshot_key(snapshot_arn)),)
    return ()
