"""Advice about a campaign that is not found, and about a quota of campaigns."""

from __future__ import annotations

import re
from typing import Final

from lambdas.campaigns.contract import ApiVersion

_ACTIVE_CAMPAIGNS: Final = (
    "an instance has a quota of active campaigns, 50 unless raised: stop one, or ask for more"
)
_CONCURRENT_CALLS: Final = (
    "a new instance may make no campaign calls at all: ask for concurrent campaign active calls"
)


def hint_for_missing_campaign(api_version: ApiVersion) -> str:
    """Return what to check when a campaign is not found."""
    return (
        "check the id, that the campaign is in this stack's Region,"
        f" and api_version, which is {api_version}"
    )


def hint_for_campaign_quota(message: str) -> str:
    """Return what to do about a quota of campaigns, other than a rate.

    Source: Amazon Connect service quotas, outbound campaigns.
    """
    calls = re.search(r"concurrent|calls", message, re.IGNORECASE)
    return _CONCURRENT_CALLS if calls else _ACTIVE_CAMPAIGNS
