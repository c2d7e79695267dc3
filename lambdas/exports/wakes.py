"""The events that wake the waiters for an export, for a slot or for a snapshot.

Parsed by hand: importing pydantic would take half of the cold start of WakeWaiters.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from lambdas.waiting.handles import WaiterSelector, key_of

EXPORT_ENDED: Final = tuple(
    f"RDS-EVENT-{number:04}" for number in (*range(159, 165), *range(234, 237))
)
"""Failed, canceled and completed exports of snapshots, of cluster snapshots and of clusters.
Source: RDS and Aurora user guides, USER_Events.Messages; only the latter has those of clusters."""

EXPORT_SLOT: Final = key_of("export-slot")
"""The key of the waiters for a slot."""

INSTANCE_SNAPSHOT: Final = key_of("db-snapshot")
CLUSTER_SNAPSHOT: Final = key_of("db-cluster-snapshot")
"""The keys of the waiters for a new snapshot of some instance, or of some cluster. An event names
the snapshot and not its database, so it wakes all of them."""

INSTANCE_SNAPSHOT_CREATED: Final = ("RDS-EVENT-0042", "RDS-EVENT-0091")
CLUSTER_SNAPSHOT_CREATED: Final = ("RDS-EVENT-0075", "RDS-EVENT-0169")
"""Of manual and automated snapshots. Source: RDS user guide, USER_Events.Messages."""

SLOTS_PER_END: Final = 1
"""An export that ends frees one slot."""

_CREATED: Final = MappingProxyType(
    dict.fromkeys(INSTANCE_SNAPSHOT_CREATED, INSTANCE_SNAPSHOT)
    | dict.fromkeys(CLUSTER_SNAPSHOT_CREATED, CLUSTER_SNAPSHOT)
)


def source_key(source_arn: str) -> str:
    """Return the key of the waiters for a source's export."""
    return key_of(source_arn)


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    """Return the waiters that RDS's event of a new snapshot, or of an export's end, wakes."""
    match event:
        case {"source": "aws.rds", "detail": {"EventID": event_id}} if event_id in _CREATED:
            return (WaiterSelector(_CREATED[event_id]),)
        case {
            "source": "aws.rds",
            "detail": {"EventID": event_id, "SourceArn": str(source_arn)},
        } if event_id in EXPORT_ENDED and source_arn:
            return (
                WaiterSelector(source_key(source_arn)),
                WaiterSelector(EXPORT_SLOT, SLOTS_PER_END),
            )
    return ()
