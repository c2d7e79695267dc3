"""The events that EventBridge receives through CloudTrail for accepted campaign calls."""

from __future__ import annotations

import uuid
from typing import Any, Final

from localcloud.simulators.events import Event, Events

LATENCY_S: Final = 5.0
"""AWS documents no delay between a call and its event; any that is not zero will do."""


class CampaignEvents:
    """Publishes who has called what. Source: CloudTrail user guide, record contents."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def announce(
        self, operation: str, campaign_id: str, at_s: float, *, role_arn: str | None = None
    ) -> None:
        """Publish a call that was accepted.

        Args:
            operation: such as StopCampaign.
            campaign_id: as the call named it.
            at_s: when it was accepted, in world seconds.
            role_arn: the caller's role, None for a user with keys of their own.
        """
        detail = {
            "eventVersion": "1.11",
            "userIdentity": self._identity(role_arn),
            "eventTime": self._events.time.whole_seconds(at_s),
            "eventSource": "connect-campaigns.amazonaws.com",
            "eventName": operation,
            "awsRegion": self._events.region,
            "sourceIPAddress": "127.0.0.1",
            "userAgent": "localcloud",
            "requestParameters": {"id": campaign_id},
            "responseElements": None,
            "requestID": str(uuid.uuid4()),
            "eventID": str(uuid.uuid4()),
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self._events.account,
            "eventCategory": "Management",
        }
        event = Event(
            operation, "aws.connect-campaigns", "AWS API Call via CloudTrail", at_s, detail
        )
        self._events.emit(event, latency_s=LATENCY_S)

    def _identity(self, role_arn: str | None) -> dict[str, Any]:
        account = self._events.account
        if role_arn is None:
            arn = f"arn:aws:iam::{account}:user/someone"
            return {"type": "IAMUser", "arn": arn, "accountId": account, "userName": "someone"}
        role = role_arn.rpartition("/")[2]
        return {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{account}:assumed-role/{role}/session",
            "accountId": account,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "arn": role_arn,
                    "accountId": account,
                    "userName": role,
                }
            },
        }
