"""The events that wake the waiters for an export or for a slot.

Parsed by hand: importing pydantic would take half of the cold start of WakeWaiters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lambdas.waiting.handles import WaiterSelector, key_of

EXPORT_ENDED: Final = tuple(
    f"RDS-EVENT-{number:04}" for number in (*range(159, 165), *range(234, 237))
)
"""Failed, canceled and completed exports of snapshots, of cluster snapshots and of clusters.
Source: RDS and Aurora user guides, USER_Events.Messages; only the latter has those of clusters."""

EXPORT_SLOT: Final = key_of("export-slot")
"""The key of the waiters for a slot."""

SLOTS_PER_END: Final = 1
"""An export that ends frees one slot."""


def source_key(source_arn: str) -> str:
    """Return the key of the waiters for a source's export."""
    return key_of(source_arn)


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    """Return the waiters that RDS's event of an export's end wakes, none for another event."""
    match event:
        case {
            "source": "aws.rds",
            "detail": {"EventID": event_id, "SourceArn": str(source_arn)},
        } if event_id in EXPORT_ENDED and source_arn:
            return (
                WaiterSelector(source_key(source_arn)),
                WaiterSelector(EXPORT_SLOT, SLOTS_PER_END),
            )
    return ()
