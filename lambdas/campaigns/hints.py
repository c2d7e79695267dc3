"""What a person may do about a quota of campaigns."""

from __future__ import annotations

import re
from typing import Final

_ACTIVE_CAMPAIGNS: Final = (
    "an instance has a quota of active campaigns, 50 unless raised: stop one, or ask for more"
)
_CONCURRENT_CALLS: Final = (
    "a new instance may make no campaign calls at all: ask for concurrent campaign active calls"
)


def hint_for_campaign_quota(message: str) -> str:
    """Return what to do about a quota of campaigns, other than a rate.

    Source: Amazon Connect service quotas, outbound campaigns.
    """
    calls = re.search(r"concurrent|calls", message, re.IGNORECASE)
    return _CONCURRENT_CALLS if calls else _ACTIVE_CAMPAIGNS
