"""GetResources of the Resource Groups Tagging API, for the campaigns of the world."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from localcloud.simulators.call_pipeline import CallPipeline
from localcloud.simulators.campaign_documents import CampaignDocuments
from localcloud.simulators.campaigns import Campaigns, LiveCampaign
from localcloud.simulators.errors import (
    NOT_IMPLEMENTED,
    TAGGING_STATUSES,
    LostResponse,
    SimulatedError,
)
from localcloud.simulators.rds_api import Fallback
from localcloud.simulators.server import Request, Response
from localcloud.simulators.shared_model import SharedModel
from localcloud.simulators.token_bucket import TokenBucket

_OPERATION: Final = "GetResources"
_SERVICE: Final = "connect-campaigns"
_TYPES: Final = frozenset({_SERVICE, f"{_SERVICE}:campaign"})
_PAGE: Final = 100
# Resource Groups Tagging user guide, service quotas; the burst is not documented.
_CALLS_PER_S: Final = 15
_CONTENT_TYPE: Final = "application/x-amz-json-1.1"

Document = Mapping[str, Any]


class TaggingApi:
    """Serves requests for campaigns in the JSON protocol; a fallback serves the others."""

    def __init__(
        self,
        campaigns: SharedModel[Campaigns],
        documents: CampaignDocuments,
        pipeline: CallPipeline,
        *,
        now: Callable[[], float],
        knows_v2: bool,
        fallback: Fallback | None,
    ) -> None:
        self._campaigns = campaigns
        self._documents = documents
        self._pipeline = pipeline
        self._bucket = TokenBucket(_CALLS_PER_S, _CALLS_PER_S, now)
        self._knows_v2 = knows_v2
        self._fallback = fallback

    def respond(self, request: Request) -> Response | None:
        """Return the response to a request, None if it is to be lost."""
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        document = json.loads(request.body or b"{}")
        if self._fallback is not None and not _is_about_campaigns(operation, document):
            return self._fallback(request)
        try:
            result = self._pipeline.run(
                operation or "UnknownOperation",
                (),
                lambda: self._perform(operation, document),
                bucket=self._bucket,
                throttle="ThrottledException",
            )
        except LostResponse:
            return None
        except SimulatedError as error:
            return _refusal(error)
        return _response(200, result)

    def _perform(self, operation: str, document: Document) -> Document:
        if operation != _OPERATION:
            raise SimulatedError(NOT_IMPLEMENTED, f"The local AWS does not serve {operation}.")
        size = _validate(document)
        start = int(document.get("PaginationToken") or "0")
        with self._campaigns.now() as (campaigns, _):
            found = [one for one in campaigns.all() if self._is_wanted(one, document)]
            mappings = [
                {"ResourceARN": self._documents.arn(one), "Tags": _tags(one)}
                for one in found[start : start + size]
            ]
        more = str(start + size) if start + size < len(found) else ""
        return {"PaginationToken": more, "ResourceTagMappingList": mappings}

    def _is_wanted(self, campaign: LiveCampaign, document: Document) -> bool:
        """Return whether a campaign is asked for, and tagged, or was once: its tags are empty."""
        tags = campaign.spec.tags
        if tags is None or (campaign.spec.api_version == "v2" and not self._knows_v2):
            return False
        if arns := document.get("ResourceARNList"):
            return self._documents.arn(campaign) in arns
        return all(
            one["Key"] in tags and (not one.get("Values") or tags[one["Key"]] in one["Values"])
            for one in document.get("TagFilters") or ()
        )


def _is_about_campaigns(operation: str, document: Document) -> bool:
    """Return whether a request asks for campaigns, or for no other resources in particular."""
    types = document.get("ResourceTypeFilters") or _TYPES
    arns = document.get("ResourceARNList")
    return (
        operation == _OPERATION
        and not _TYPES.isdisjoint(types)
        and (not arns or any(f":{_SERVICE}:" in arn for arn in arns))
    )


def _validate(document: Document) -> int:
    """Return the size of a page.

    Raises:
        SimulatedError: InvalidParameterException.
    """
    size = document.get("ResourcesPerPage", _PAGE)
    filters = document.get("TagFilters") or ()
    if document.get("ResourceARNList") and len(document) > 1:
        raise _invalid("ResourceARNList excludes every other parameter.")
    if not 1 <= size <= _PAGE:
        raise _invalid("ResourcesPerPage must be 1 to 100.")
    if len(filters) > 50 or any(len(one.get("Values") or ()) > 20 for one in filters):
        raise _invalid("There may be 50 tag filters with 20 values each.")
    if any(not one.get("Key") for one in filters):
        raise _invalid("A tag filter needs a key.")
    if not (document.get("PaginationToken") or "0").isdecimal():
        raise _invalid("PaginationToken is not one of this operation's.")
    return int(size)


def _invalid(message: str) -> SimulatedError:
    return SimulatedError("InvalidParameterException", message)


def _tags(campaign: LiveCampaign) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (campaign.spec.tags or {}).items()]


def _response(status: int, document: Document) -> Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(status, json.dumps(document).encode(), _CONTENT_TYPE, headers)


def _refusal(error: SimulatedError) -> Response:
    status = TAGGING_STATUSES.get(error.code, 400)
    return _response(status, {"__type": error.code, "Message": error.message})
