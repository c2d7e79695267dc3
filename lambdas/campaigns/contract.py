"""The contract of a campaign job."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ValidationInfo, field_validator

from lambdas.jobs.contract import Deadline, Job, between_one_and, broken_rule
from lambdas.shared import limits


class CampaignTarget(StrEnum):
    """What should be true of a campaign."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    DELETED = "DELETED"
    FINISHED = "FINISHED"
    """Only watched, until it is Completed, Stopped, Failed or gone."""


class ApiVersion(StrEnum):
    """Which campaigns API a campaign was created with; a campaign exists in one of them."""

    V1 = "v1"
    V2 = "v2"


CAMPAIGN_ID: Final = {
    ApiVersion.V1: re.compile(r"\S{1,256}"),
    ApiVersion.V2: re.compile(r"[-:/a-zA-Z0-9]{1,256}"),
}
"""Source: botocore, CampaignId of connectcampaigns and connectcampaignsv2."""


def _check_campaign_id(value: str, info: ValidationInfo) -> str:
    version = info.data.get("api_version")
    if version is not None and not CAMPAIGN_ID[version].fullmatch(value):
        raise broken_rule(
            f"is not a campaign id of API {version}: 1 to 256 characters of "
            + ("anything but white space" if version is ApiVersion.V1 else "A-Z a-z 0-9 - : /")
        )
    return value


CampaignId = Annotated[str, AfterValidator(_check_campaign_id)]


class CampaignJob(Job):
    """These campaigns should reach this target."""

    kind: Literal["campaigns"]
    api_version: ApiVersion = ApiVersion.V2
    campaign_ids: Annotated[
        tuple[CampaignId, ...], between_one_and(limits.MAX_CAMPAIGNS_PER_REQUEST, "campaign ids")
    ]
    target: CampaignTarget
    deadline_seconds: Deadline | None = None

    @field_validator("campaign_ids")
    @classmethod
    def _drop_duplicates(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ids))

    @property
    def deadline(self) -> int:
        """Seconds from the job's first look until it is given up."""
        if self.deadline_seconds is not None:
            return self.deadline_seconds
        if self.target is CampaignTarget.FINISHED:
            return limits.DEFAULT_WATCH_DEADLINE_SECONDS
        return limits.DEFAULT_DEADLINE_SECONDS
