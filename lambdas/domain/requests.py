"""The request contract: what a caller may say, checked whole before anything starts."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lambdas.domain import limits
from lambdas.domain.model import Frozen


class CampaignTarget(StrEnum):
    """What should be true of a campaign."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    DELETED = "DELETED"
    FINISHED = "FINISHED"
    """Only watched, until it is Completed, Stopped, Failed or gone."""


class ExportTarget(StrEnum):
    """What should be true of a source's export."""

    COMPLETE = "COMPLETE"
    CANCELED = "CANCELED"


class ApiVersion(StrEnum):
    """Which campaigns API a campaign was created with; a campaign exists in one of them."""

    V1 = "v1"
    V2 = "v2"


CAMPAIGN_ID: Final = {
    ApiVersion.V1: re.compile(r"\S{1,256}"),
    ApiVersion.V2: re.compile(r"[-:/a-zA-Z0-9]{1,256}"),
}
"""Source: botocore, CampaignId of connectcampaigns and connectcampaignsv2."""

SOURCE_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:rds:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":(?P<kind>snapshot|cluster-snapshot|cluster):(?P<name>[A-Za-z][A-Za-z0-9:-]{0,254})"
)

CORRELATION_ID: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,128}")

S3_PREFIX: Final = re.compile(r"(?=.{1,200}$)[^:\s\\`\"/]+(/[^:\s\\`\"/]+)*")
"""RDS takes no ':' in a prefix and turns other characters into '_' in paths.
Source: RDS user guide, USER_ExportSnapshot, naming."""

EXPORT_ONLY: Final = re.compile(r"[^\s.]+(\.[^\s.]+){0,2}")
"""database, database.schema (or database.table), or database.schema.table."""


def _rule(text: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{text}", {"text": text})


def _between_one_and(most: int, things: str) -> BeforeValidator:
    """Bound a list before its items are looked at, so that a huge one is one fault."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple) and not 1 <= len(value) <= most:
            raise _rule(f"holds {len(value)} {things}; it takes 1 to {most}")
        return value

    return BeforeValidator(check)


def is_correlation_id(value: object) -> bool:
    """Return whether a value may serve as a correlation id."""
    return isinstance(value, str) and CORRELATION_ID.fullmatch(value) is not None


def _check_correlation_id(value: str) -> str:
    if not is_correlation_id(value):
        raise _rule("must be 1 to 128 printable characters")
    return value


def _check_campaign_id(value: str, info: ValidationInfo) -> str:
    version = info.data.get("api_version")
    if version is not None and not CAMPAIGN_ID[version].fullmatch(value):
        raise _rule(
            f"is not a campaign id of API {version}: 1 to 256 characters of "
            + ("anything but white space" if version is ApiVersion.V1 else "A-Z a-z 0-9 - : /")
        )
    return value


def _check_source_arn(value: str, info: ValidationInfo) -> str:
    match = SOURCE_ARN.fullmatch(value)
    if not match:
        raise _rule("must be the ARN of an RDS snapshot, cluster-snapshot or cluster")
    region = (info.context or {}).get("region")
    if region and match["region"] != region:
        raise _rule(f"is in Region {match['region']}; this stack exports in {region}")
    return value


def _check_s3_prefix(value: str) -> str:
    if value and not S3_PREFIX.fullmatch(value):
        raise _rule(
            "must be 1 to 200 characters that S3 and RDS both keep: no ':' or white space,"
            ' no \\ ` or ", no slash at either end'
        )
    return value


def _check_export_only(value: str) -> str:
    if not EXPORT_ONLY.fullmatch(value):
        raise _rule("must read database, database.schema or database.schema.table")
    return value


Deadline = Annotated[
    int,
    Field(strict=True, ge=limits.MIN_DEADLINE_SECONDS, le=limits.MAX_DEADLINE_SECONDS),
]
CampaignId = Annotated[str, AfterValidator(_check_campaign_id)]
SourceArn = Annotated[str, AfterValidator(_check_source_arn)]
ExportOnly = Annotated[str, AfterValidator(_check_export_only)]


class CampaignJob(Frozen):
    """These campaigns should reach this target."""

    kind: Literal["campaigns"]
    api_version: ApiVersion = ApiVersion.V2
    campaign_ids: Annotated[
        tuple[CampaignId, ...], _between_one_and(limits.MAX_CAMPAIGNS_PER_REQUEST, "campaign ids")
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


class ExportJob(Frozen):
    """This source's export to the stack's bucket should reach this target."""

    kind: Literal["export"]
    source_arn: SourceArn
    target: ExportTarget
    export_only: tuple[ExportOnly, ...] = ()
    s3_prefix: Annotated[str, AfterValidator(_check_s3_prefix)] = ""
    export_id: Annotated[str, AfterValidator(_check_correlation_id)] | None = None
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_EXPORT_ATTEMPTS)] = 1
    deadline_seconds: Deadline = limits.DEFAULT_EXPORT_DEADLINE_SECONDS
    on_deadline: Literal["leave", "cancel"] = "leave"
    on_abort: Literal["leave", "cancel"] = "leave"


Job = Annotated[CampaignJob | ExportJob, Field(discriminator="kind")]


class Stage(Frozen):
    """Jobs that run at the same time."""

    run: Literal["on_success", "always"] = "on_success"
    jobs: Annotated[tuple[Job, ...], _between_one_and(limits.MAX_JOBS_PER_REQUEST, "jobs")]


class Request(Frozen):
    """Stages that run one after the other."""

    stages: Annotated[tuple[Stage, ...], _between_one_and(limits.MAX_STAGES_PER_REQUEST, "stages")]
    correlation_id: Annotated[str, AfterValidator(_check_correlation_id)] | None = None

    @model_validator(mode="after")
    def _fits_the_limits(self) -> Self:
        jobs = [job for stage in self.stages for job in stage.jobs]
        campaigns = sum(len(job.campaign_ids) for job in jobs if isinstance(job, CampaignJob))
        if len(jobs) > limits.MAX_JOBS_PER_REQUEST:
            raise _rule(f"holds {len(jobs)} jobs; at most {limits.MAX_JOBS_PER_REQUEST}")
        exports = len(jobs) - sum(isinstance(job, CampaignJob) for job in jobs)
        if exports > limits.MAX_EXPORTS_PER_REQUEST:
            raise _rule(f"names {exports} exports; at most {limits.MAX_EXPORTS_PER_REQUEST}")
        if campaigns > limits.MAX_CAMPAIGNS_PER_REQUEST:
            raise _rule(f"names {campaigns} campaigns; at most {limits.MAX_CAMPAIGNS_PER_REQUEST}")
        size = len(self.model_dump_json().encode())
        if size > limits.MAX_REQUEST_BYTES:
            raise _rule(f"is {size} bytes of JSON; at most {limits.MAX_REQUEST_BYTES}")
        return self
