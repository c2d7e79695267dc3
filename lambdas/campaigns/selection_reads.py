"""The calls of a selection, within the rates that all executions share."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from lambdas.campaigns.client import Campaigns, Listed
from lambdas.campaigns.rates import CampaignLimits
from lambdas.campaigns.tagging import Tagging
from lambdas.jobs.cadence import throttled_seconds
from lambdas.rate_limit.limiter import Limiter, Unlimited
from lambdas.shared import clock
from lambdas.shared.errors import (
    ResourceNotFoundException,
    ThrottlingException,
    ValidationException,
)

T = TypeVar("T")

MAX_TRIES: Final = 3
"""Of a call that is throttled, and of a state that AWS does not return. After that, Step Functions
retries the selection as a whole."""


class SelectionReads:
    """Reads campaigns of one API version for a selection."""

    def __init__(
        self, campaigns: Campaigns, tagging: Tagging, limits: CampaignLimits, until: float
    ) -> None:
        """Prepare; no call begins after `until`, in epoch seconds."""
        self._campaigns = campaigns
        self._tagging = tagging
        self._limits = limits
        self._until = until

    def listed(self, instance_id: str | None) -> Iterator[Listed]:
        """Yield the campaigns of an Amazon Connect instance, or all, page by page.

        Raises:
            AwsError: a call failed.
        """
        token = ""
        while True:
            read = partial(self._campaigns.page, instance_id, token)
            page = self._call(self._limits.reads, read)
            yield from page.campaigns
            token = page.next_token
            if not token:
                return

    def tagged(self, tags: Mapping[str, str]) -> Iterator[str]:
        """Yield the ARNs of the campaigns that Resource Groups Tagging knows to have these tags.

        Raises:
            AwsError: a call failed.
        """
        token = ""
        while True:
            read = partial(self._tagging.tagged_page, tags, token)
            try:
                page = self._call(_OWN_QUOTA, read)
            except ValidationException:
                return  # It does not know this type of resource.
            yield from page.arns
            token = page.next_token
            if not token:
                return

    def states(self, campaign_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return the states of 1 to 25 campaigns; None for one that AWS did not return repeatedly.

        Raises:
            AwsError: a call failed.
        """
        states: dict[str, str | None] = dict.fromkeys(campaign_ids)
        for _ in range(MAX_TRIES):
            unread = tuple(name for name, state in states.items() if state is None)
            if not unread:
                break
            states |= self._call(self._limits.reads, partial(self._campaigns.states, unread))
        return states

    def tags(self, campaign_id: str) -> Mapping[str, str] | None:
        """Return a campaign's tags, None if it does not exist.

        Raises:
            AwsError: the call failed.
        """
        try:
            read = partial(self._campaigns.tags, campaign_id)
            return self._call(self._limits.descriptions, read)
        except ResourceNotFoundException:
            return None

    def _call(self, limiter: Limiter, read: Callable[[], T]) -> T:
        """Make one call when its rate allows, and again if it is throttled.

        Raises:
            ThrottlingException: there is no time left for it, or it was throttled repeatedly.
            AwsError: it failed.
        """
        for tries in range(1, MAX_TRIES + 1):
            slots = limiter.reserve(1, self._until)
            if clock.now() > self._until or not slots.take():
                break
            try:
                return read()
            except ThrottlingException:
                slots.throttled()
                if tries == MAX_TRIES:
                    raise
            clock.sleep(throttled_seconds(tries, random.random()))
        raise ThrottlingException(
            "SelectCampaigns", "NoTimeLeft", "the shared rates left no time for all reads"
        )


_OWN_QUOTA: Final = Unlimited()
"""Of GetResources: 15 calls a second, of which a selection needs few. Source: API reference of
Resource Groups Tagging."""
