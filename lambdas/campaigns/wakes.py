"""What wakes those who wait for campaigns.

Read by hand: pydantic would be half of the cold start of the function that this is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lambdas.shared import items
from lambdas.waiting.handles import WaiterSelector, key_of

CAMPAIGNS: Final = key_of("campaigns")
"""The key under which executions wait for changes that others make to their campaigns."""


def waiters_for(event: Mapping[str, Any]) -> tuple[WaiterSelector, ...]:
    """Return whom a call hurries that somebody has made about a campaign, as CloudTrail tells it.

    Source: EventBridge reference, Amazon Connect outbound campaigns; CloudTrail user guide, record
    contents. The APIs call the campaign `id`, their batches `campaignId`; CloudTrail's name for it
    is documented nowhere.
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
