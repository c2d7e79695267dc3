"""Amazon Connect outbound campaigns, API v1 and v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.transitions import CampaignState, Mutation
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call

_SERVICE: Final = MappingProxyType(
    {ApiVersion.V1: "connectcampaigns", ApiVersion.V2: "connectcampaignsv2"}
)


PAGE_SIZE: Final = 50
"""Source: botocore, ListCampaigns' maxResults."""


class Listed(NamedTuple):
    """A campaign as ListCampaigns returns it, without its state and tags."""

    id: str
    arn: str
    name: str


class Page(NamedTuple):
    """A page of campaigns.

    Attributes:
        campaigns: may be none, even if more follow.
        next_token: of the next page, empty if there is none.
    """

    campaigns: tuple[Listed, ...]
    next_token: str


class Campaigns:
    """The campaigns of one API version."""

    def __init__(self, api_version: ApiVersion, connect: Callable[[str], Any] = client) -> None:
        self._client = connect(_SERVICE[api_version])

    def states(self, campaign_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Read the states of 1 to 25 campaigns with one call.

        Returns:
            Each id's state in AWS's words, CampaignState.GONE if there is no such campaign, None
            if AWS did not return it.

        Raises:
            AwsError: when the whole call failed.
        """
        with api_call("GetCampaignStateBatch"):
            answer = self._client.get_campaign_state_batch(campaignIds=list(campaign_ids))
        states = {
            success.get("campaignId"): success.get("state")
            for success in answer.get("successfulRequests", ())
        } | {
            failure.get("campaignId"): CampaignState.GONE
            for failure in answer.get("failedRequests", ())
            if failure.get("failureCode") == "ResourceNotFound"
        }
        return {campaign_id: states.get(campaign_id) for campaign_id in campaign_ids}

    def page(self, instance_id: str | None, token: str) -> Page:
        """Read a page of the campaigns, of one Amazon Connect instance or of all.

        Args:
            instance_id: of the instance, None for all.
            token: of the page before it, empty for the first one.

        Raises:
            AwsError: when the call failed.
        """
        asked: dict[str, Any] = {"maxResults": PAGE_SIZE}
        if instance_id is not None:
            asked["filters"] = {"instanceIdFilter": {"value": instance_id, "operator": "Eq"}}
        if token:
            asked["nextToken"] = token
        with api_call("ListCampaigns"):
            answer = self._client.list_campaigns(**asked)
        listed = answer.get("campaignSummaryList", ())
        return Page(
            tuple(Listed(one["id"], one["arn"], one["name"]) for one in listed),
            answer.get("nextToken") or "",
        )

    def tags(self, campaign_id: str) -> Mapping[str, str]:
        """Return the tags of a campaign.

        Raises:
            AwsError: when the call failed.
        """
        with api_call("DescribeCampaign"):
            answer = self._client.describe_campaign(id=campaign_id)
        tags: Mapping[str, str] = answer["campaign"].get("tags") or {}
        return tags

    def schedule_end(self, campaign_id: str) -> float | None:
        """Return when a campaign's schedule ends, in epoch seconds; None if it does not.

        Raises:
            AwsError: when the call failed.
        """
        with api_call("DescribeCampaign"):
            answer = self._client.describe_campaign(id=campaign_id)
        end = answer["campaign"].get("schedule", {}).get("endTime")
        return end.timestamp() if end is not None else None

    def apply(self, mutation: Mutation, campaign_id: str) -> None:
        """Start, pause, resume, stop or delete one campaign.

        Raises:
            AwsError: when AWS did not accept it.
        """
        call = {
            Mutation.START: self._client.start_campaign,
            Mutation.PAUSE: self._client.pause_campaign,
            Mutation.RESUME: self._client.resume_campaign,
            Mutation.STOP: self._client.stop_campaign,
            Mutation.DELETE: self._client.delete_campaign,
        }[mutation]
        with api_call(mutation):
            call(id=campaign_id)
