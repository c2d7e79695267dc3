"""What wakes those who wait for an export, or for one of the account's export slots.

Read by hand: pydantic would be half of the cold start of the function that this is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lambdas.waiting.handles import WaiterSelector, key_of

EXPORT_SLOT: Final = key_of("export-slot")
"""The key under which executions wait for one of the account's export slots."""

SLOTS_PER_END: Final = 1
"""An export that ends frees one slot."""


def source_key(source_arn: str) -> str:
    """Return the key under which executions wait for a source's export."""
    return key_of(source_arn)


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    """Return whom RDS's event of an export's end hurries, nobody where it is another event."""
    match event:
        case {"source": "aws.rds", "detail": {"SourceArn": str(source_arn)}} if source_arn:
            return (
                WaiterSelector(source_key(source_arn)),
                WaiterSelector(EXPORT_SLOT, SLOTS_PER_END),
            )
    return ()
