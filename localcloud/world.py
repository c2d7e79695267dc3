"""The world file of the local AWS: what exists, how long it takes and what goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from localcloud.files import FileError, load_json

ApiVersion = Literal["v1", "v2"]
SourceKind = Literal["snapshot", "cluster-snapshot", "cluster"]
ExportOutcome = Literal["COMPLETE", "FAILED"]
CampaignMutation = Literal[
    "StartCampaign", "PauseCampaign", "ResumeCampaign", "StopCampaign", "DeleteCampaign"
]
CampaignRead = Literal[
    "GetCampaignState", "GetCampaignStateBatch", "ListCampaigns", "DescribeCampaign"
]
ExportOperation = Literal["StartExportTask", "CancelExportTask", "DescribeExportTasks"]
CampaignAction = Literal[CampaignMutation, "FailCampaign", "CreateCampaign"]
ErrorCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]*$")]
# S3 user guide, general purpose bucket naming rules: length and characters.
BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]

CAMPAIGN_MUTATIONS: frozenset[str] = frozenset(get_args(CampaignMutation))
CAMPAIGN_OPERATIONS: frozenset[str] = CAMPAIGN_MUTATIONS | frozenset(get_args(CampaignRead))
EXPORT_OPERATIONS: frozenset[str] = frozenset(get_args(ExportOperation))
LOST_RESPONSE = "lost_response"

# The enums and id patterns of botocore's connectcampaigns and connectcampaignsv2 models.
CAMPAIGN_STATES: dict[ApiVersion, frozenset[str]] = {
    "v1": frozenset({"Initialized", "Running", "Paused", "Stopped", "Failed"}),
    "v2": frozenset({"Initialized", "Running", "Paused", "Stopped", "Failed", "Completed"}),
}
_RESOURCES_OF_ACTIONS = dict.fromkeys(get_args(CampaignAction), "campaign_id") | {
    "CancelExportTask": "source_arn",
    "CreateSnapshot": "arn",
}
_CAMPAIGN_ID: dict[ApiVersion, re.Pattern[str]] = {
    "v1": re.compile(r"\S{0,256}"),
    "v2": re.compile(r"[-:/a-zA-Z0-9]{1,256}"),
}
_EVENT = rf"^(\*|RDS-EVENT-\d{{4}}|{'|'.join(get_args(CampaignMutation))})$"
_SOURCE_ARN = re.compile(r"arn:aws[a-z-]*:rds:[^:]+:\d{12}:(snapshot|cluster-snapshot|cluster):\S+")


class WorldError(ValueError):
    """A world file that cannot be used; its text is one line naming file, field and rule."""


def is_campaign_id(version: ApiVersion, campaign_id: str) -> bool:
    """Return whether a campaign id fits the pattern and length of that API version."""
    return _CAMPAIGN_ID[version].fullmatch(campaign_id) is not None


def source_kind(arn: str) -> SourceKind | None:
    """Return the kind of an export source's ARN, None if it is not one."""
    match = _SOURCE_ARN.fullmatch(arn)
    return cast(SourceKind, match[1]) if match else None


def source_name(arn: str) -> str:
    """Return the identifier in an export source's ARN (an automated snapshot's has a colon)."""
    return arn.split(":", 6)[6]


def _require_source_arn(arn: str) -> str:
    if source_kind(arn) is None:
        raise ValueError("must be the ARN of an RDS snapshot, cluster-snapshot or cluster")
    return arn


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Campaign(_Part):
    """An outbound campaign that exists at the start; every time is in simulated seconds.

    Attributes:
        completes_after_s: time spent Running until it ends: Completed, in v1 Stopped.
        fails_after_s: time spent Running until it becomes Failed.
        deletion_s: how long an accepted delete leaves it visible, in its last state.
        delete_while_active: "accept", or the error code of a delete while Running or Paused;
            None is the API version's documented rule.
        schedule_end_s: the schedule's end, since the start; v2 only.
    """

    id: str
    api_version: ApiVersion = "v2"
    state: str = "Running"
    completes_after_s: NonNegativeFloat | None = None
    fails_after_s: NonNegativeFloat | None = None
    deletion_s: NonNegativeFloat = 20
    delete_while_active: ErrorCode | None = None
    schedule_end_s: PositiveFloat | None = None

    @model_validator(mode="after")
    def _fits_its_api_version(self) -> Self:
        if not is_campaign_id(self.api_version, self.id) or not self.id:
            raise ValueError(f"id {self.id!r} is not a campaign id of {self.api_version}")
        states = CAMPAIGN_STATES[self.api_version]
        if self.state not in states:
            known = ", ".join(sorted(states))
            raise ValueError(f"state {self.state!r} is not one of {self.api_version}: {known}")
        if self.schedule_end_s is not None and self.api_version != "v2":
            raise ValueError("schedule_end_s needs api_version v2")
        return self


class Snapshot(_Part):
    """An export source (snapshot, cluster snapshot or cluster) and how its exports proceed.

    Attributes:
        outcome: how an export ends; a list is for successive exports, and its last item repeats.
        fails_in: the status in which an export with the outcome FAILED fails.
        cancel_outcome: the status after CANCELING; COMPLETE is a race that the export won.
        cooldown_s: how long after an export's end the source still counts as busy.
        busy_error: the error code of a start while the source is busy.
    """

    arn: str
    starting_s: NonNegativeFloat = 300
    export_s: NonNegativeFloat = 900
    canceling_s: NonNegativeFloat = 20
    size_gb: NonNegativeFloat = 10
    outcome: ExportOutcome | Annotated[tuple[ExportOutcome, ...], Field(min_length=1)] = "COMPLETE"
    fails_in: Literal["STARTING", "IN_PROGRESS"] = "IN_PROGRESS"
    failure_cause: str | None = None
    warning: str | None = None
    cancel_outcome: Literal["CANCELED", "COMPLETE"] = "CANCELED"
    cooldown_s: NonNegativeFloat = 0
    busy_error: ErrorCode = "InvalidExportSourceState"
    exists_from_s: NonNegativeFloat = 0

    _arn = field_validator("arn")(_require_source_arn)


class PresentExport(_Part):
    """An export task that exists at the start.

    Attributes:
        s3_bucket: another bucket, which is created; None is the stack's.
        age_s: how long before the start it entered its status, in simulated seconds.
    """

    export_id: str = Field(min_length=1)
    source_arn: str
    s3_bucket: BucketName | None = None
    s3_prefix: str = ""
    export_only: tuple[str, ...] = ()
    status: Literal["STARTING", "IN_PROGRESS", "COMPLETE", "FAILED", "CANCELED"] = "IN_PROGRESS"
    age_s: NonNegativeFloat = 60

    _arn = field_validator("source_arn")(_require_source_arn)


class Limits(_Part):
    """The account's quotas: token buckets in simulated seconds, and export slots."""

    campaign_mutations_per_s: PositiveFloat = 1
    campaign_mutation_burst: PositiveInt = 2
    campaign_reads_per_s: PositiveFloat = 5
    campaign_read_burst: PositiveInt = 10
    concurrent_exports: PositiveInt = 5


class CallFault(_Part):
    """A fault of an operation: at a rate, a number of times, or always.

    Attributes:
        error: an AWS error code, or lost_response: it takes effect, but its response is lost.
    """

    operation: Literal[CampaignMutation, CampaignRead, ExportOperation]
    error: ErrorCode
    rate: Annotated[float, Field(ge=0, le=1)] | None = None
    times: PositiveInt | None = None
    campaign_id: str | None = None
    source_arn: str | None = None

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.rate is not None and self.times is not None:
            raise ValueError("takes rate or times, not both")
        if self.campaign_id is not None and self.operation not in CAMPAIGN_OPERATIONS:
            raise ValueError(f"{self.operation} has no campaign_id")
        if self.source_arn is not None and self.operation not in EXPORT_OPERATIONS:
            raise ValueError(f"{self.operation} has no source_arn")
        return self


class EventFault(_Part):
    """A fault of an event's delivery; duplicates are extra copies.

    Attributes:
        event: the id of an RDS event, the campaign operation that CloudTrail records, or "*".
    """

    event: Annotated[str, Field(pattern=_EVENT)]
    drop: Annotated[float, Field(ge=0, le=1)] = 0
    delay_s: NonNegativeFloat = 0
    duplicates: NonNegativeInt = 0


def _fault_tag(value: object) -> str:
    is_event = isinstance(value, EventFault) or (isinstance(value, dict) and "event" in value)
    return "<event>" if is_event else "<call>"


Fault = Annotated[
    Annotated[CallFault, Tag("<call>")] | Annotated[EventFault, Tag("<event>")],
    Discriminator(_fault_tag),
]


class Action(_Part):
    """What another caller does at a simulated second, and then every `every_s` if given."""

    at_s: NonNegativeFloat
    operation: Literal[CampaignAction, "CancelExportTask", "CreateSnapshot", "AbortExecution"]
    campaign_id: str | None = None
    source_arn: str | None = None
    arn: str | None = None
    every_s: PositiveFloat | None = None

    @model_validator(mode="after")
    def _names_its_resource(self) -> Self:
        resource = _RESOURCES_OF_ACTIONS.get(self.operation)
        for field in ("campaign_id", "source_arn", "arn"):
            if (getattr(self, field) is not None) != (field == resource):
                rule = "needs" if field == resource else "does not take"
                raise ValueError(f"{self.operation} {rule} {field}")
        if self.source_arn is not None:
            _require_source_arn(self.source_arn)
        if self.arn is not None and source_kind(self.arn) not in ("snapshot", "cluster-snapshot"):
            raise ValueError("arn must be the ARN of an RDS snapshot or cluster-snapshot")
        return self


class World(_Part):
    """A world file: what exists at the start, the limits, the faults and the actions."""

    campaigns: tuple[Campaign, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    exports: tuple[PresentExport, ...] = ()
    limits: Limits = Limits()
    faults: tuple[Fault, ...] = ()
    actions: tuple[Action, ...] = ()
    seed: int = 0

    @model_validator(mode="after")
    def _names_are_unique_and_known(self) -> Self:
        campaign_ids = [campaign.id for campaign in self.campaigns]
        for field, names in {
            "campaigns": campaign_ids,
            "snapshots": [snapshot.arn for snapshot in self.snapshots],
            "exports": [export.export_id for export in self.exports],
        }.items():
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{field}: more than one {', '.join(twice)}")
        for number, action in enumerate(self.actions):
            if action.campaign_id is not None and action.campaign_id not in campaign_ids:
                raise ValueError(f"actions[{number}].campaign_id: no campaign of the world")
        return self


def load_world(path: Path | str) -> World:
    """Return the world that a JSON file describes.

    Raises:
        WorldError: the file cannot be read, is not JSON or breaks a rule.
    """
    try:
        return World.model_validate_json(json.dumps(load_json(path)), strict=True)
    except FileError as error:
        raise WorldError(str(error)) from error
    except ValidationError as error:
        faults = "; ".join(_describe(fault["loc"], fault["msg"]) for fault in error.errors())
        raise WorldError(f"{path}: {faults}") from error


def _describe(location: Iterable[Any], message: str) -> str:
    field = ""
    for part in location:
        if isinstance(part, int):
            field += f"[{part}]"
        elif "<" not in part and "[" not in part:  # the tag of a union's branch is not in the file
            field += f".{part}" if field else part
    rule = message.removeprefix("Value error, ")
    return " ".join((f"{field}: {rule}" if field else rule).split())
