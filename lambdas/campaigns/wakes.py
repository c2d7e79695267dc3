"""The events that wake the waiters for campaigns.

Parsed by hand: importing pydantic would take half of the cold start of WakeWaiters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lambdas.shared import items
from lambdas.waiting.handles import WaiterSelector, key_of

CAMPAIGNS: Final = key_of("campaigns")
"""The key of the waiters for changes that other callers make to campaigns."""


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    """Return the waiters that CloudTrail's event of a call on a campaign wakes.

    Source: EventBridge reference, Amazon Connect outbound campaigns; CloudTrail user guide, record
    contents. The APIs call the campaign `id`, their batches `campaignId`; CloudTrail's name for it
    is not documented.
    """
    match event:
        case {
            "source": "aws.connect-campaigns",
            "detail": {
                "requestParameters": {"id": str(campaign_id)} | {"campaignId": str(campaign_id)}
            },
        } if campaign_id:
            return (WaiterSelector(CAMPAIGNS, listed=(items.CAMPAIGN_IDS, campaign_id)),)
    return ()
