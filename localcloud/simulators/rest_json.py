"""The REST-JSON protocol of both campaign APIs, with the paths of botocore's models."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.server import Request, Response
from localcloud.world import ApiVersion

UNKNOWN_OPERATION = "UnknownOperation"

_OPERATIONS = {
    ("GET", "/campaigns/{id}"): "DescribeCampaign",
    ("DELETE", "/campaigns/{id}"): "DeleteCampaign",
    ("GET", "/campaigns/{id}/state"): "GetCampaignState",
    ("POST", "/campaigns/{id}/start"): "StartCampaign",
    ("POST", "/campaigns/{id}/pause"): "PauseCampaign",
    ("POST", "/campaigns/{id}/resume"): "ResumeCampaign",
    ("POST", "/campaigns/{id}/stop"): "StopCampaign",
    ("POST", "/campaigns-state"): "GetCampaignStateBatch",
    ("POST", "/campaigns-summary"): "ListCampaigns",
    ("GET", "/tags/{arn}"): "ListTagsForResource",
}
_PATH = re.compile(r"(?P<v2>/v2)?/campaigns(?:/(?P<id>[^/]+)(?P<verb>/[a-z]+)?|(?P<all>-[a-z]+))")
_TAGS_PATH = re.compile(r"(?P<v2>/v2)?/tags/(?P<arn>.+)")
_CAMPAIGN_ARN = re.compile(r"arn:[^:]+:connect-campaigns:[^:]*:[^:]*:campaign/(?P<id>.+)")


@dataclass(frozen=True)
class CampaignCall:
    """A parsed request.

    Attributes:
        campaign_ids: the one in the path, or those of a batch.
        route: method and path, for an unknown operation.
    """

    operation: str
    version: ApiVersion
    campaign_ids: tuple[str, ...] = ()
    document: dict[str, Any] = field(default_factory=dict)
    route: str = ""

    @property
    def campaign_id(self) -> str:
        """The id that the path names, empty if it names none."""
        return self.campaign_ids[0] if self.campaign_ids else ""


def parse(request: Request) -> CampaignCall:
    """Return the call that a request makes, UnknownOperation if it is none."""
    if tags := _TAGS_PATH.fullmatch(request.path):
        return _parse_tags(request, tags)
    path = _PATH.fullmatch(request.path)
    route = f"{request.method} {request.path}"
    if path is None:
        return CampaignCall(UNKNOWN_OPERATION, "v1", route=route)
    version: ApiVersion = "v2" if path["v2"] else "v1"
    # Ids may contain an encoded slash, so the path is split before it is decoded.
    rest = path["all"] or f"/{{id}}{path['verb'] or ''}"
    operation = _OPERATIONS.get((request.method, f"/campaigns{rest}"), UNKNOWN_OPERATION)
    if path["id"]:
        return CampaignCall(operation, version, (unquote(path["id"]),), route=route)
    document = _document(request.body)
    return CampaignCall(operation, version, _batch(document), document, route)


def _parse_tags(request: Request, path: re.Match[str]) -> CampaignCall:
    """Return the call on a campaign's tags; what is not a campaign's ARN is taken as an id."""
    arn = unquote(path["arn"])
    match = _CAMPAIGN_ARN.fullmatch(arn)
    return CampaignCall(
        _OPERATIONS.get((request.method, "/tags/{arn}"), UNKNOWN_OPERATION),
        "v2" if path["v2"] else "v1",
        (match["id"] if match else arn,),
        route=f"{request.method} {request.path}",
    )


def json_response(
    document: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a REST-JSON response; an empty document has an empty body, as DeleteCampaign's."""
    return Response(
        status=status,
        body=json.dumps(document).encode() if document else b"",
        content_type="application/json",
        headers={"x-amzn-RequestId": str(uuid.uuid4()), **(headers or {})},
    )


def error_response(error: SimulatedError, state: str | None, status: int) -> Response:
    """Return an error's response; only InvalidCampaignStateException has the state."""
    document = {"message": error.message}
    if error.code == "InvalidCampaignStateException" and state is not None:
        document["state"] = state
    return json_response(document, status, {"x-amzn-ErrorType": error.code})


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _batch(document: dict[str, Any]) -> tuple[str, ...]:
    ids = document.get("campaignIds")
    return tuple(str(one) for one in ids) if isinstance(ids, list) else ()
