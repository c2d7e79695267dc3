"""The contract of a campaign job."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ValidationInfo, field_validator, model_validator

from lambdas.jobs.contract import Deadline, Job, JobId, between_one_and, check_home
from lambdas.shared import limits
from lambdas.shared.faults import IS_MISSING, broken_rule, echo, fault_at


class CampaignTarget(StrEnum):
    """What should be true of a campaign."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    DELETED = "DELETED"
    FINISHED = "FINISHED"
    """Only watched, until it is Completed, Stopped or Failed, or no longer exists."""
    RESTORED = "RESTORED"
    """In the state in which an earlier job found it, if that job has changed it."""


RESTORABLE: Final = (CampaignTarget.RUNNING, CampaignTarget.PAUSED)
"""The targets of jobs whose changes can be undone."""

ENDED_IS_ENOUGH: Final = (CampaignTarget.PAUSED, CampaignTarget.STOPPED)
"""The targets of jobs that may accept a campaign that has ended by itself."""


class ApiVersion(StrEnum):
    """Which campaigns API a campaign was created with; a campaign exists in one of them."""

    V1 = "v1"
    V2 = "v2"


CAMPAIGN_ID: Final = {
    ApiVersion.V1: re.compile(r"\S{1,256}"),
    ApiVersion.V2: re.compile(r"[-:/a-zA-Z0-9]{1,256}"),
}
"""Source: botocore, CampaignId of connectcampaigns and connectcampaignsv2."""

CAMPAIGN_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:connect-campaigns:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":campaign/(?P<id>[^\s/]+)"
)
"""Of either API. Source: service authorization reference, Amazon Connect outbound campaigns."""


def _check_campaign_id(value: str, info: ValidationInfo) -> str:
    campaign_id = _id_of_arn(value, info) if value.startswith("arn:") else value
    version = info.data.get("api_version")
    if version is not None and not CAMPAIGN_ID[version].fullmatch(campaign_id):
        raise broken_rule(
            f"is not a campaign id of API {version}: 1 to 256 characters of "
            + ("anything but white space" if version is ApiVersion.V1 else "A-Z a-z 0-9 - : /")
            + f"; got {echo(value)}"
        )
    return campaign_id


def _id_of_arn(arn: str, info: ValidationInfo) -> str:
    match = CAMPAIGN_ARN.fullmatch(arn)
    if not match:
        raise broken_rule(
            "must be a campaign's id, or its ARN:"
            f" arn:aws:connect-campaigns:REGION:ACCOUNT:campaign/ID; got {echo(arn)}"
        )
    check_home(match["account"], match["region"], info)
    return match["id"]


def _only_for(targets: Sequence[CampaignTarget], given: CampaignTarget, value: str) -> str:
    """Return the rule of a field whose value fits some targets only."""
    return f"may be {value} only for the targets {' and '.join(targets)}; this one is {given}"


CampaignId = Annotated[str, AfterValidator(_check_campaign_id)]


class CampaignJob(Job):
    """These campaigns should reach this target."""

    kind: Literal["campaigns"]
    api_version: ApiVersion = ApiVersion.V2
    campaign_ids: (
        Annotated[
            tuple[CampaignId, ...],
            between_one_and(limits.MAX_CAMPAIGNS_PER_REQUEST, "campaign ids"),
        ]
        | None
    ) = None
    of: JobId | None = None
    target: CampaignTarget
    deadline_seconds: Deadline | None = None
    if_ended: Literal["fail", "accept"] = "fail"
    on_abort: Literal["leave", "restore"] = "leave"

    @field_validator("campaign_ids")
    @classmethod
    def _drop_duplicates(cls, ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return ids and tuple(dict.fromkeys(ids))

    @model_validator(mode="after")
    def _names_its_campaigns_in_one_way(self) -> Self:
        ways = {"campaign_ids": self.campaign_ids, "of": self.of}
        given = [name for name, value in ways.items() if value is not None]
        if len(given) != 1:
            raise broken_rule(
                f"must name its campaigns by exactly one of {', '.join(ways)};"
                f" got {' and '.join(given) or 'none of them'}"
            )
        return self

    @model_validator(mode="after")
    def _options_fit_the_target(self) -> Self:
        if self.if_ended == "accept" and self.target not in ENDED_IS_ENOUGH:
            raise fault_at(("if_ended",), _only_for(ENDED_IS_ENOUGH, self.target, self.if_ended))
        if self.on_abort == "restore" and self.target not in RESTORABLE:
            rule = _only_for(RESTORABLE, self.target, self.on_abort)
            if self.target is CampaignTarget.RESTORED:
                rule += ": write it in the job that is to be undone"
            raise fault_at(("on_abort",), rule)
        return self

    @model_validator(mode="after")
    def _restores_an_earlier_job(self) -> Self:
        if self.target is CampaignTarget.RESTORED and self.of is None:
            raise fault_at(("of",), f"{IS_MISSING}: {self.target} needs the job that it undoes")
        return self

    @property
    def of_job(self) -> str | None:
        """The id of the earlier job whose campaigns these are, None if it names its own."""
        return self.of

    @property
    def restored_job(self) -> str | None:
        """The id of the earlier job whose changes it undoes, None if it undoes none."""
        return self.of if self.target is CampaignTarget.RESTORED else None

    @property
    def deadline(self) -> int:
        """Seconds from the job's first poll until it fails."""
        if self.deadline_seconds is not None:
            return self.deadline_seconds
        if self.target is CampaignTarget.FINISHED:
            return limits.DEFAULT_WATCH_DEADLINE_SECONDS
        return limits.DEFAULT_DEADLINE_SECONDS
