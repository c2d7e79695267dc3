"""The contract of a campaign job."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from lambdas.jobs.contract import Deadline, Job, JobId, between_one_and, check_home, matches
from lambdas.shared import limits
from lambdas.shared.faults import IS_MISSING, broken_rule, echo, fault_at, one_of
from lambdas.shared.model import Frozen


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


CampaignId = Annotated[str, AfterValidator(_check_campaign_id), matches(re.compile(r"\S+"))]


class SelectableState(StrEnum):
    """The states that AWS documents for a campaign, by which campaigns are selected."""

    INITIALIZED = "Initialized"
    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPED = "Stopped"
    FAILED = "Failed"
    COMPLETED = "Completed"


STATES: Final = MappingProxyType(
    {
        ApiVersion.V1: tuple(
            state for state in SelectableState if state is not SelectableState.COMPLETED
        ),
        ApiVersion.V2: tuple(SelectableState),
    }
)
"""Source: botocore, CampaignState of connectcampaigns and connectcampaignsv2."""

INSTANCE_ID: Final = re.compile(r"[-_.a-zA-Z0-9]{1,256}")
"""Source: botocore, InstanceId of connectcampaigns and connectcampaignsv2."""

MAX_NAME_CHARACTERS: Final = 127
"""Source: botocore, CampaignName of connectcampaigns and connectcampaignsv2."""

MAX_TAGS: Final = 50
MAX_TAG_KEY_CHARACTERS: Final = 128
MAX_TAG_VALUE_CHARACTERS: Final = 256
"""Of one filter of GetResources. Source: botocore, resourcegroupstaggingapi."""


def _check_instance_id(value: str) -> str:
    if not INSTANCE_ID.fullmatch(value):
        raise broken_rule(
            "must be the id of an Amazon Connect instance, 1 to 256 characters of"
            f" A-Z a-z 0-9 - _ . ; got {echo(value)}"
        )
    return value


def _check_name_prefix(value: str) -> str:
    if not 1 <= len(value) <= MAX_NAME_CHARACTERS:
        raise broken_rule(f"must be 1 to {MAX_NAME_CHARACTERS} characters; got {echo(value)}")
    return value


def _check_tags(tags: dict[str, str]) -> dict[str, str]:
    if not 1 <= len(tags) <= MAX_TAGS:
        raise broken_rule(f"holds {len(tags)} tags; it takes 1 to {MAX_TAGS}")
    for key, value in tags.items():
        if not 1 <= len(key) <= MAX_TAG_KEY_CHARACTERS:
            raise broken_rule(
                f"must have keys of 1 to {MAX_TAG_KEY_CHARACTERS} characters; got {echo(key)}"
            )
        if len(value) > MAX_TAG_VALUE_CHARACTERS:
            raise broken_rule(
                f"must have values of at most {MAX_TAG_VALUE_CHARACTERS} characters;"
                f" got {echo(value)}"
            )
    return tags


class Select(Frozen):
    """Which campaigns to select when the stage begins; all that is given must match.

    Attributes:
        instance_id: of the Amazon Connect instance that they are in.
        states: AWS's words for the states that they are in.
        name_prefix: what their names begin with.
        tags: keys and values that they are all tagged with.
        at_most: how many may match; if more do, the job fails and changes none.
    """

    instance_id: Annotated[str, AfterValidator(_check_instance_id)] | None = None
    states: (
        Annotated[tuple[SelectableState, ...], between_one_and(len(SelectableState), "states")]
        | None
    ) = None
    name_prefix: Annotated[str, AfterValidator(_check_name_prefix)] | None = None
    tags: Annotated[dict[str, str], AfterValidator(_check_tags)] | None = None
    at_most: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_CAMPAIGNS_PER_REQUEST)] = (
        limits.MAX_CAMPAIGNS_PER_REQUEST
    )

    @model_validator(mode="after")
    def _selects_by_something(self) -> Self:
        if all(
            each is None for each in (self.instance_id, self.states, self.name_prefix, self.tags)
        ):
            raise broken_rule("must hold at least one of instance_id, states, name_prefix, tags")
        return self


class CampaignJob(Job):
    """These campaigns should reach this target.

    Which ones is said by exactly one of `campaign_ids`, `select` and `of`.

    Attributes:
        api_version: the API that the campaigns were created with.
        campaign_ids: ids, or ARNs of the stack's account and Region; duplicates are ignored.
        select: the campaigns that match when the stage begins.
        of: the id of an earlier job, whose campaigns these are.
        target: `RUNNING`, `PAUSED`, `STOPPED`, `DELETED`, `FINISHED`, which only watches the
            campaigns until they end, or `RESTORED`, which undoes what the job `of` has done.
        deadline_seconds: how long the job may run, from its first poll; 3,600 unless given, or 30
            days for `FINISHED`.
        if_ended: what a campaign that has Completed, was Stopped or is gone by itself means for
            `PAUSED` and `STOPPED`: the job fails, or accepts it.
        on_abort: when the execution is aborted, times out or is ended by Step Functions, campaigns
            that a job for `RUNNING` or `PAUSED` has changed stay as they are, or return to the
            state in which the job found them.
    """

    kind: Literal["campaigns"]
    api_version: ApiVersion = ApiVersion.V2
    campaign_ids: (
        Annotated[
            tuple[CampaignId, ...],
            between_one_and(limits.MAX_CAMPAIGNS_PER_REQUEST, "campaign ids"),
        ]
        | None
    ) = None
    select: Select | None = None
    of: JobId | None = None
    target: CampaignTarget
    deadline_seconds: Deadline | None = None
    if_ended: Literal["fail", "accept"] = "fail"
    on_abort: Literal["leave", "restore"] = "leave"

    @field_validator("campaign_ids")
    @classmethod
    def _drop_duplicates(cls, ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return ids and tuple(dict.fromkeys(ids))

    @field_validator("select")
    @classmethod
    def _states_are_of_the_api_version(
        cls, select: Select | None, info: ValidationInfo
    ) -> Select | None:
        version = info.data.get("api_version")
        if select is not None and version is not None:
            for index, state in enumerate(select.states or ()):
                if state not in STATES[version]:
                    raise fault_at(("states", index), one_of(state, STATES[version]))
        return select

    @model_validator(mode="after")
    def _names_its_campaigns_in_one_way(self) -> Self:
        ways = {"campaign_ids": self.campaign_ids, "select": self.select, "of": self.of}
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
