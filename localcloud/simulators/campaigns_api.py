"""The operations of connectcampaigns (v1) and connectcampaignsv2 on the campaigns of the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.simulators.call_pipeline import CallPipeline
from localcloud.simulators.campaign_documents import CampaignDocuments, instance_id
from localcloud.simulators.campaign_events import CampaignEvents
from localcloud.simulators.campaigns import Campaigns
from localcloud.simulators.errors import (
    CAMPAIGN_STATUSES,
    NOT_IMPLEMENTED,
    LostResponse,
    SimulatedError,
)
from localcloud.simulators.faults import CallFaults
from localcloud.simulators.rest_json import CampaignCall, error_response, json_response, parse
from localcloud.simulators.server import Request, Response
from localcloud.simulators.shared_model import SharedModel
from localcloud.simulators.token_bucket import TokenBucket
from localcloud.world import CAMPAIGN_MUTATIONS, Limits, is_campaign_id

Buckets = dict[str, TokenBucket]


def campaign_buckets(limits: Limits, now: Callable[[], float]) -> Buckets:
    """Return each operation's bucket; v1 and v2 share them, as they share endpoint and prefix.

    Source: Amazon Connect service quotas, outbound campaigns API throttling.
    """
    mutations = TokenBucket(limits.campaign_mutations_per_s, limits.campaign_mutation_burst, now)
    reads = TokenBucket(limits.campaign_reads_per_s, limits.campaign_read_burst, now)
    return dict.fromkeys(CAMPAIGN_MUTATIONS, mutations) | {
        "GetCampaignState": reads,
        "GetCampaignStateBatch": reads,
        "ListCampaigns": reads,
        "DescribeCampaign": TokenBucket(25, 35, now),
        "ListTagsForResource": TokenBucket(1, 2, now),
    }


class CampaignsApi:
    """Serves the requests of both API versions."""

    def __init__(
        self,
        campaigns: SharedModel[Campaigns],
        pipeline: CallPipeline,
        faults: CallFaults,
        buckets: Buckets,
        *,
        documents: CampaignDocuments,
        events: CampaignEvents,
    ) -> None:
        self._campaigns = campaigns
        self._pipeline = pipeline
        self._faults = faults
        self._buckets = buckets
        self._documents = documents
        self._events = events
        self._reads: dict[str, Callable[[CampaignCall], dict[str, Any]]] = {
            "GetCampaignState": self._get_state,
            "GetCampaignStateBatch": self._get_state_batch,
            "DescribeCampaign": self._describe,
            "ListCampaigns": self._list,
            "ListTagsForResource": self._list_tags,
        }

    def respond(self, request: Request) -> Response | None:
        """Return the response to a request, None if it is to be lost."""
        call = parse(request)
        try:
            result = self._pipeline.run(
                call.operation,
                call.campaign_ids,
                lambda: self._perform(call, request.role_arn),
                bucket=self._buckets.get(call.operation),
            )
        except LostResponse:
            return None
        except SimulatedError as error:
            return self._refuse(call, error)
        return json_response(result)

    def _perform(self, call: CampaignCall, role_arn: str | None) -> dict[str, Any]:
        _validate(call)
        if call.operation in CAMPAIGN_MUTATIONS:
            with self._campaigns.now() as (campaigns, now):
                campaigns.mutate(call.operation, call.version, call.campaign_id, now)
            self._events.announce(call.operation, call.campaign_id, now, role_arn=role_arn)
            return {}
        if call.operation not in self._reads:
            raise SimulatedError(NOT_IMPLEMENTED, f"The local AWS does not serve {call.route}.")
        return self._reads[call.operation](call)

    def _refuse(self, call: CampaignCall, error: SimulatedError) -> Response:
        state = error.state
        if error.code == "InvalidCampaignStateException" and state is None:
            with self._campaigns.now() as (campaigns, _):
                campaign = campaigns.find(call.version, call.campaign_id)
            state = campaign.state if campaign else "Failed"
        return error_response(error, state, CAMPAIGN_STATUSES.get(error.code, 400))

    def _get_state(self, call: CampaignCall) -> dict[str, Any]:
        with self._campaigns.now() as (campaigns, _):
            return {"state": campaigns.get(call.version, call.campaign_id).state}

    def _get_state_batch(self, call: CampaignCall) -> dict[str, Any]:
        succeeded: list[dict[str, str]] = []
        failed: list[dict[str, str]] = []
        with self._campaigns.now() as (campaigns, _):
            for campaign_id in call.campaign_ids:
                campaign = campaigns.find(call.version, campaign_id)
                failure = self._faults.draw_item(call.operation, campaign_id)
                if failure is None and campaign is not None:
                    succeeded.append({"campaignId": campaign_id, "state": campaign.state})
                else:
                    code = failure or "ResourceNotFound"
                    failed.append({"campaignId": campaign_id, "failureCode": code})
        return {"successfulRequests": succeeded, "failedRequests": failed}

    def _describe(self, call: CampaignCall) -> dict[str, Any]:
        with self._campaigns.now() as (campaigns, _):
            campaign = campaigns.get(call.version, call.campaign_id)
            return {"campaign": self._documents.description(campaign)}

    def _list_tags(self, call: CampaignCall) -> dict[str, Any]:
        with self._campaigns.now() as (campaigns, _):
            return {"tags": dict(campaigns.get(call.version, call.campaign_id).spec.tags or {})}

    def _list(self, call: CampaignCall) -> dict[str, Any]:
        size, start, instance = _page(call.document)
        with self._campaigns.now() as (campaigns, _):
            listed = [
                one for one in campaigns.all(call.version) if instance in (None, instance_id(one))
            ]
            summaries = [self._documents.summary(one) for one in listed[start : start + size]]
        answer: dict[str, Any] = {"campaignSummaryList": summaries}
        if start + size < len(listed):
            answer["nextToken"] = str(start + size)
        return answer


def _validate(call: CampaignCall) -> None:
    if call.operation == "GetCampaignStateBatch" and not 1 <= len(call.campaign_ids) <= 25:
        raise SimulatedError("ValidationException", "campaignIds must hold 1 to 25 ids.")
    for campaign_id in call.campaign_ids:
        if not is_campaign_id(call.version, campaign_id):
            raise SimulatedError("ValidationException", f"{campaign_id!r} is not a campaign id.")


def _page(document: dict[str, Any]) -> tuple[int, int, str | None]:
    size = document.get("maxResults", 50)
    token = document.get("nextToken", "0")
    instance = (document.get("filters") or {}).get("instanceIdFilter") or {"operator": "Eq"}
    if not isinstance(size, int) or not 1 <= size <= 50:
        raise SimulatedError("ValidationException", "maxResults must be 1 to 50.")
    if not isinstance(token, str) or not token.isdecimal():
        raise SimulatedError("ValidationException", "nextToken is not one of this operation's.")
    if instance.get("operator") != "Eq":
        raise SimulatedError("ValidationException", "The operator of a filter must be Eq.")
    return size, int(token), instance.get("value")
