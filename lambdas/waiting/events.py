"""The events that may end a wait early, as far as they are read.

Read by hand: pydantic would be half of the cold start of the function that they are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class UnreadableEventError(Exception):
    """An event is none of these, or does not say whom it is about; the text names its source."""


class ExportEnded(NamedTuple):
    """RDS tells that an export has ended, and of which source."""

    source_arn: str


class CampaignCalled(NamedTuple):
    """CloudTrail tells that somebody has started, paused, resumed, stopped or deleted a campaign.

    Source: EventBridge reference, Amazon Connect outbound campaigns; CloudTrail user guide, record
    contents.
    """

    campaign_id: str


WakeEvent = ExportEnded | CampaignCalled


def parse(event: Mapping[str, Any]) -> WakeEvent:
    """Read an event as EventBridge hands it to a function.

    Raises:
        UnreadableEventError: when it is none of these, or does not say whom it is about.
    """
    match event:
        case {"source": "aws.rds", "detail": {"SourceArn": str(source_arn)}} if source_arn:
            return ExportEnded(source_arn)
        # The APIs call it id, their batches campaignId; CloudTrail's name is documented nowhere.
        case {
            "source": "aws.connect-campaigns",
            "detail": {
                "requestParameters": {"id": str(campaign_id)} | {"campaignId": str(campaign_id)}
            },
        } if campaign_id:
            return CampaignCalled(campaign_id)
    raise UnreadableEventError(f"an event of {event.get('source')!r} does not say whom it is about")
