"""Which campaigns a job selects: the decisions, apart from the calls to AWS.

Filters are in the order of what they cost for each campaign, and lazy: a caller that stops after
some campaigns makes no further calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from lambdas.campaigns.client import Listed
from lambdas.campaigns.contract import Select, SelectableState
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH


class Reads(Protocol):
    """What a selection reads, from the cheapest to the most expensive for each campaign."""

    def listed(self, instance_id: str | None) -> Iterator[Listed]:
        """Yield the campaigns of an Amazon Connect instance, or all."""

    def tagged(self, tags: Mapping[str, str]) -> Iterator[str]:
        """Yield the ARNs of the campaigns that Resource Groups Tagging knows to have these tags.

        No tags yield all that it knows: those that have tags or have had some, if any.
        """

    def states(self, campaign_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return the states of 1 to 25 campaigns; None for one that AWS did not return."""

    def tags(self, campaign_id: str) -> Mapping[str, str] | None:
        """Return a campaign's tags, None if it does not exist."""


class UnreadableError(Exception):
    """AWS did not return a campaign's state, so it is not known whether it is selected."""

    def __init__(self, campaign_id: str) -> None:
        super().__init__(f"AWS did not return the state of campaign {campaign_id}")


def selected(select: Select, reads: Reads) -> Iterator[Listed]:
    """Yield the campaigns that match everything that is given, each once.

    Raises:
        UnreadableError: a state that matters could not be read.
        AwsError: a call failed.
    """
    listed = _distinct(reads.listed(select.instance_id))
    if select.tags is None:
        yield from _in_states(_named(listed, select.name_prefix), select.states, reads)
        return
    everything = tuple(listed)
    named = tuple(_named(everything, select.name_prefix))
    with_tags = _with_tags(select.tags, everything, reads) if named else frozenset()
    if with_tags is not None:
        tagged = (campaign for campaign in named if campaign.arn in with_tags)
        yield from _in_states(tagged, select.states, reads)
        return
    for campaign in _in_states(named, select.states, reads):
        if _has(reads.tags(campaign.id), select.tags):
            yield campaign


def _distinct(campaigns: Iterable[Listed]) -> Iterator[Listed]:
    """Yield each campaign once; one may be listed twice if pages shift between the calls."""
    seen: set[str] = set()
    for campaign in campaigns:
        if campaign.id not in seen:
            seen.add(campaign.id)
            yield campaign


def _named(campaigns: Iterable[Listed], prefix: str | None) -> Iterator[Listed]:
    return (campaign for campaign in campaigns if campaign.name.startswith(prefix or ""))


def _with_tags(
    tags: Mapping[str, str], campaigns: Sequence[Listed], reads: Reads
) -> frozenset[str] | None:
    """Return the ARNs of the campaigns with these tags, None if tagging knows none of them.

    Whether Resource Groups Tagging knows the campaigns of both API versions is not documented.
    """
    arns = frozenset(campaign.arn for campaign in campaigns)
    found = arns.intersection(reads.tagged(tags))
    known = found or not arns.isdisjoint(reads.tagged({}))
    return found if known else None


def _has(tags: Mapping[str, str] | None, wanted: Mapping[str, str]) -> bool:
    return tags is not None and wanted.items() <= tags.items()


def _in_states(
    campaigns: Iterable[Listed], states: Sequence[SelectableState] | None, reads: Reads
) -> Iterator[Listed]:
    """Yield the campaigns in one of these states; all of them if none are given."""
    if states is None:
        yield from campaigns
        return
    rest = iter(campaigns)
    while batch := {each.id: each for each in islice(rest, CAMPAIGNS_PER_BATCH)}:
        for campaign_id, state in reads.states(tuple(batch)).items():
            if state is None:
                raise UnreadableError(campaign_id)
            if state in states:
                yield batch[campaign_id]
