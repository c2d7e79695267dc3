"""The rate limits that all executions share for campaigns, of API v1 and v2 together."""

from __future__ import annotations

from typing import Final, NamedTuple

from lambdas.rate_limit.limiter import Limiter, RateLimiter, Unlimited
from lambdas.rate_limit.quota import CAMPAIGN_RATES_JSON, DESCRIPTIONS, MUTATIONS, READS
from lambdas.shared.environment import CAMPAIGN_RATES, COORDINATION_TABLE, setting


class CampaignLimits(NamedTuple):
    """The limiters of calls that read campaigns, that change them, and of DescribeCampaign."""

    reads: Limiter
    mutations: Limiter
    descriptions: Limiter = Unlimited()


UNLIMITED: Final = CampaignLimits(Unlimited(), Unlimited())


def campaign_limits() -> CampaignLimits:
    """Return the limiters according to the stack's settings.

    Raises:
        MissingSettingError: when a setting is missing.
    """
    rates = CAMPAIGN_RATES_JSON.validate_json(setting(CAMPAIGN_RATES))
    if rates is False:
        return UNLIMITED
    table = setting(COORDINATION_TABLE)
    return CampaignLimits(
        reads=RateLimiter(table, READS, rates.reads),
        mutations=RateLimiter(table, MUTATIONS, rates.mutations),
        descriptions=RateLimiter(table, DESCRIPTIONS, rates.descriptions),
    )
