"""The tags of campaigns, by Resource Groups Tagging."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from lambdas.shared.aws import client
from lambdas.shared.calls import api_call

CAMPAIGN: Final = "connect-campaigns:campaign"
"""The resource type of campaigns. Inferred from their ARN, `service:resource`."""

PAGE_SIZE: Final = 100
"""Source: API reference, GetResources' ResourcesPerPage."""


class TaggedPage(NamedTuple):
    """A page of campaigns' ARNs.

    Attributes:
        arns: may be none, even if more follow.
        next_token: of the next page, empty if there is none.
    """

    arns: tuple[str, ...]
    next_token: str


class Tagging:
    """Which campaigns have which tags."""

    def __init__(self, connect: Callable[[str], Any] = client) -> None:
        self._client = connect("resourcegroupstaggingapi")

    def tagged_page(self, tags: Mapping[str, str], token: str) -> TaggedPage:
        """Read a page of the campaigns that have all of these tags.

        Args:
            tags: values by key; none for all campaigns that have tags or have had some.
            token: of the page before it, empty for the first one.

        Raises:
            AwsError: when the call failed.
        """
        asked: dict[str, Any] = {"ResourceTypeFilters": [CAMPAIGN], "ResourcesPerPage": PAGE_SIZE}
        if tags:
            asked["TagFilters"] = [{"Key": key, "Values": [tags[key]]} for key in tags]
        if token:
            asked["PaginationToken"] = token
        with api_call("GetResources"):
            answer = self._client.get_resources(**asked)
        found = answer.get("ResourceTagMappingList", ())
        return TaggedPage(
            tuple(each["ResourceARN"] for each in found), answer.get("PaginationToken") or ""
        )
