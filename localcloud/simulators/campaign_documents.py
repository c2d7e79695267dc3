"""What DescribeCampaign and ListCampaigns return of a campaign: no state, as on AWS."""

from __future__ import annotations

from typing import Any

from localcloud.simulators.campaigns import LiveCampaign
from localcloud.simulators.world_time import WorldTime

_INSTANCE_ID = "11111111-2222-3333-4444-555555555555"
_FLOW_ID = "66666666-7777-8888-9999-000000000000"


class CampaignDocuments:
    """Renders campaigns for one account and Region."""

    def __init__(self, time: WorldTime, *, account: str, region: str) -> None:
        self._time = time
        self._arn_prefix = f"arn:aws:connect-campaigns:{region}:{account}:campaign/"

    def arn(self, campaign: LiveCampaign) -> str:
        """Return a campaign's ARN."""
        return self._arn_prefix + campaign.spec.id

    def summary(self, campaign: LiveCampaign) -> dict[str, Any]:
        """Return the CampaignSummary of the campaign's API version."""
        if campaign.spec.api_version == "v1":
            return self._identity(campaign)
        return self._identity(campaign) | {"channelSubtypes": ["TELEPHONY"]} | self._v2(campaign)

    def description(self, campaign: LiveCampaign) -> dict[str, Any]:
        """Return the Campaign of the campaign's API version."""
        if campaign.spec.api_version == "v1":
            return self._identity(campaign) | {
                "dialerConfig": {"progressiveDialerConfig": {"bandwidthAllocation": 1.0}},
                "outboundCallConfig": {"connectContactFlowId": _FLOW_ID},
                "tags": dict(campaign.spec.tags or {}),
            }
        telephony = {
            "outboundMode": {"progressive": {"bandwidthAllocation": 1.0}},
            "defaultOutboundConfig": {"connectContactFlowId": _FLOW_ID},
        }
        details = {
            "channelSubtypeConfig": {"telephony": telephony},
            "tags": dict(campaign.spec.tags or {}),
        }
        return self._identity(campaign) | details | self._v2(campaign)

    def _identity(self, campaign: LiveCampaign) -> dict[str, Any]:
        return {
            "id": campaign.spec.id,
            "arn": self.arn(campaign),
            "name": campaign.spec.name or campaign.spec.id[:127],
            "connectInstanceId": instance_id(campaign),
        }

    def _v2(self, campaign: LiveCampaign) -> dict[str, Any]:
        details: dict[str, Any] = {
            "type": "MANAGED",
            "lastModifiedTime": self._time.timestamp(campaign.changed_at),
        }
        if campaign.spec.schedule_end_s is not None:
            details["schedule"] = {
                "startTime": self._time.timestamp(0),
                "endTime": self._time.timestamp(campaign.spec.schedule_end_s),
            }
        return details


def instance_id(campaign: LiveCampaign) -> str:
    """Return the Amazon Connect instance of a campaign."""
    return campaign.spec.instance_id or _INSTANCE_ID
