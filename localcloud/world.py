"""The world file of the local AWS: what exists, how long it takes and what goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, cast, get_args

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
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from commandline.files import FileError, load_json

ApiVersion = Literal["v1", "v2"]
SourceKind = Literal["snapshot", "cluster-snapshot", "cluster"]
DatabaseKind = Literal["instance", "cluster"]
SnapshotType = Literal["automated", "manual", "awsbackup", "shared", "public"]
ExportOutcome = Literal["COMPLETE", "FAILED"]
SnapshotOutcome = Literal["available", "failed"]
CampaignMutation = Literal[
    "StartCampaign", "PauseCampaign", "ResumeCampaign", "StopCampaign", "DeleteCampaign"
]
CampaignRead = Literal[
    "GetCampaignState",
    "GetCampaignStateBatch",
    "ListCampaigns",
    "DescribeCampaign",
    "ListTagsForResource",
]
TaggingOperation = Literal["GetResources"]
ExportOperation = Literal["StartExportTask", "CancelExportTask", "DescribeExportTasks"]
DatabaseOperation = Literal[
    "DescribeDBInstances",
    "DescribeDBClusters",
    "DescribeDBSnapshots",
    "DescribeDBClusterSnapshots",
    "CreateDBSnapshot",
    "CreateDBClusterSnapshot",
    "DeleteDBSnapshot",
    "DeleteDBClusterSnapshot",
    "AddTagsToResource",
    "RemoveTagsFromResource",
]
CampaignAction = Literal[CampaignMutation, "FailCampaign", "CreateCampaign"]
ErrorCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]*$")]
# S3 user guide, general purpose bucket naming rules: length and characters.
BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]

FAULTY_OPERATIONS: tuple[str, ...] = (
    *get_args(CampaignMutation),
    *get_args(CampaignRead),
    *get_args(TaggingOperation),
    *get_args(ExportOperation),
    *get_args(DatabaseOperation),
)
CAMPAIGN_MUTATIONS: frozenset[str] = frozenset(get_args(CampaignMutation))
CAMPAIGN_OPERATIONS: frozenset[str] = CAMPAIGN_MUTATIONS | frozenset(get_args(CampaignRead))
RDS_OPERATIONS: frozenset[str] = frozenset(
    (*get_args(ExportOperation), *get_args(DatabaseOperation), "ListTagsForResource")
)
LOST_RESPONSE = "lost_response"

# The enums and id patterns of botocore's connectcampaigns and connectcampaignsv2 models.
CAMPAIGN_STATES: dict[ApiVersion, frozenset[str]] = {
    "v1": frozenset({"Initialized", "Running", "Paused", "Stopped", "Failed"}),
    "v2": frozenset({"Initialized", "Running", "Paused", "Stopped", "Failed", "Completed"}),
}
RESOURCES_OF_ACTS: dict[str, str | None] = {
    **dict.fromkeys(get_args(CampaignAction), "campaign_id"),
    "CancelExportTask": "source_arn",
    "CreateSnapshot": "arn",
    "DeleteSnapshot": "arn",
    "AbortExecution": None,
}
"""The operations of other callers, each with the field that names its resource."""

_CAMPAIGN_ID: dict[ApiVersion, re.Pattern[str]] = {
    "v1": re.compile(r"\S{0,256}"),
    "v2": re.compile(r"[-:/a-zA-Z0-9]{1,256}"),
}
_INSTANCE_ID = r"^[-_.a-zA-Z0-9]{1,256}$"
_DATABASE_ID = r"^[A-Za-z](-?[A-Za-z0-9])*$"
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
        exists_from_s: when it appears, in its state.
        name: None is the id.
        instance_id: of the Amazon Connect instance; None is the account's only one.
        tags: empty for a campaign that has been tagged before, None if it never was.
    """

    id: str
    name: Annotated[str, Field(min_length=1, max_length=127)] | None = None
    instance_id: Annotated[str, Field(pattern=_INSTANCE_ID)] | None = None
    tags: dict[str, str] | None = None
    exists_from_s: NonNegativeFloat = 0
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


class ExportCourse(_Part):
    """How the exports of a source proceed.

    Attributes:
        outcome: how an export ends; a list is for successive exports, and its last item repeats.
        fails_in: the status in which an export with the outcome FAILED fails.
        cancel_outcome: the status after CANCELING; COMPLETE is a race that the export won.
        cooldown_s: how long after an export's end the source still counts as busy.
        busy_error: the error code of a start while the source is busy.
    """

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


class Snapshot(ExportCourse):
    """An export source: a snapshot, a cluster snapshot or a cluster.

    Attributes:
        db_instance: the instance that the snapshot is of; None is one that no other part names.
        db_cluster: the same for a cluster snapshot.
        type: AWS's SnapshotType; a shared or public one belongs to the account of its ARN.
        created_at_s: when it becomes available, with RDS's event, negative for one that was
            available before the start; None is a day before the start.
        creating_s: how long before `created_at_s` it is listed as creating.
        exists_from_s: when it becomes available without having been listed and without an event.
        status: what it is once it has been created.
        engine: None is that of its database in the world file, or PostgreSQL.
        deletion_s: how long it is deleting.
    """

    arn: str
    db_instance: Annotated[str, Field(pattern=_DATABASE_ID)] | None = None
    db_cluster: Annotated[str, Field(pattern=_DATABASE_ID)] | None = None
    type: SnapshotType = "manual"
    created_at_s: float | None = None
    creating_s: NonNegativeFloat = 0
    exists_from_s: NonNegativeFloat = 0
    status: Annotated[str, Field(min_length=1)] = "available"
    engine: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    deletion_s: NonNegativeFloat = 20

    _arn = field_validator("arn")(_require_source_arn)

    @model_validator(mode="after")
    def _names_its_kind_of_database(self) -> Self:
        kind = source_kind(self.arn)
        for field, of in (("db_instance", "snapshot"), ("db_cluster", "cluster-snapshot")):
            if getattr(self, field) is not None and kind != of:
                raise ValueError(f"{field} needs the ARN of a {of}")
        if self.created_at_s is not None and self.exists_from_s:
            raise ValueError("takes created_at_s or exists_from_s, not both")
        return self


class Database(ExportCourse):
    """A DB instance or cluster, and how its new snapshots and their exports proceed.

    Attributes:
        state: its status, until `available_from_s` if given.
        engine: None is postgres, for a cluster aurora-postgresql.
        cluster: the id of the cluster that an instance is a member of.
        snapshot_s: how long a new snapshot is creating.
        snapshot_outcome: how the creation ends; a list is for successive ones, and its last item
            repeats.
        snapshot_listed_after_s: for how long a new snapshot is missing in lists and descriptions.
        snapshot_deletion_s: how long a snapshot is deleting.
        backing_up: whether it is backing-up, and so refuses further snapshots, while one is being
            created; None: an instance is, a cluster is not.
    """

    id: Annotated[str, Field(pattern=_DATABASE_ID, max_length=63)]
    kind: DatabaseKind = "instance"
    state: Annotated[str, Field(min_length=1)] = "available"
    available_from_s: NonNegativeFloat | None = None
    engine: str | None = None
    cluster: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    snapshot_s: NonNegativeFloat = 300
    snapshot_outcome: (
        SnapshotOutcome | Annotated[tuple[SnapshotOutcome, ...], Field(min_length=1)]
    ) = "available"
    snapshot_listed_after_s: NonNegativeFloat = 0
    snapshot_deletion_s: NonNegativeFloat = 20
    backing_up: bool | None = None

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.cluster is not None and self.kind != "instance":
            raise ValueError("only an instance is a member of a cluster")
        return self


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
    """The account's quotas: token buckets in simulated seconds, export slots, and snapshots.

    Attributes:
        manual_snapshots: how many manual snapshots there may be, and as many cluster snapshots.
    """

    campaign_mutations_per_s: PositiveFloat = 1
    campaign_mutation_burst: PositiveInt = 2
    campaign_reads_per_s: PositiveFloat = 5
    campaign_read_burst: PositiveInt = 10
    concurrent_exports: PositiveInt = 5
    manual_snapshots: NonNegativeInt = 100


class CallFault(_Part):
    """A fault of an operation: at a rate, a number of times, or always.

    ListTagsForResource is an operation of the campaign APIs and of RDS.

    Attributes:
        error: an AWS error code, or lost_response: it takes effect, but its response is lost.
        source_arn: the ARN of an export source, or of a database that the call names.
    """

    operation: Literal[
        CampaignMutation, CampaignRead, TaggingOperation, ExportOperation, DatabaseOperation
    ]
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
        if self.source_arn is not None and self.operation not in RDS_OPERATIONS:
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


class Act(_Part):
    """What another caller does."""

    operation: Literal[
        CampaignAction, "CancelExportTask", "CreateSnapshot", "DeleteSnapshot", "AbortExecution"
    ]
    campaign_id: str | None = None
    source_arn: str | None = None
    arn: str | None = None

    @model_validator(mode="after")
    def _names_its_resource(self) -> Self:
        resource = RESOURCES_OF_ACTS[self.operation]
        for field in ("campaign_id", "source_arn", "arn"):
            if (getattr(self, field) is not None) != (field == resource):
                rule = "needs" if field == resource else "does not take"
                raise ValueError(f"{self.operation} {rule} {field}")
        if self.source_arn is not None:
            _require_source_arn(self.source_arn)
        if self.arn is not None and source_kind(self.arn) not in ("snapshot", "cluster-snapshot"):
            raise ValueError("arn must be the ARN of an RDS snapshot or cluster-snapshot")
        return self


class Action(Act):
    """What another caller does at a simulated second, and then every `every_s` if given."""

    at_s: NonNegativeFloat
    every_s: PositiveFloat | None = None


_ACT: TypeAdapter[Act] = TypeAdapter(Act)
_FAULT: TypeAdapter[CallFault | EventFault] = TypeAdapter(Fault)
Parsed = TypeVar("Parsed")


class World(_Part):
    """A world file: what exists at the start, the limits, the faults and the actions.

    Attributes:
        tagging_knows_v2: whether the Resource Groups Tagging API returns v2 campaigns.
        awsbackup_listed_by_default: whether a list of snapshots without a SnapshotType holds those
            of AWS Backup.
    """

    campaigns: tuple[Campaign, ...] = ()
    databases: tuple[Database, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    exports: tuple[PresentExport, ...] = ()
    limits: Limits = Limits()
    faults: tuple[Fault, ...] = ()
    actions: tuple[Action, ...] = ()
    tagging_knows_v2: bool = True
    awsbackup_listed_by_default: bool = False
    seed: int = 0

    @model_validator(mode="after")
    def _names_are_unique_and_known(self) -> Self:
        campaign_ids = [campaign.id for campaign in self.campaigns]
        for field, names in {
            "campaigns": campaign_ids,
            "databases": [f"{one.kind} {one.id.lower()}" for one in self.databases],
            "snapshots": [snapshot.arn for snapshot in self.snapshots],
            "exports": [export.export_id for export in self.exports],
        }.items():
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{field}: more than one {', '.join(twice)}")
        clusters = {one.id.lower() for one in self.databases if one.kind == "cluster"}
        for number, database in enumerate(self.databases):
            if database.cluster is not None and database.cluster.lower() not in clusters:
                raise ValueError(f"databases[{number}].cluster: no cluster of the world")
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
        raise WorldError(f"{path}: {_faults(error)}") from error


def parse_act(value: object) -> Act:
    """Return what another caller is to do now.

    Raises:
        WorldError: it breaks a rule.
    """
    return _parse(_ACT, value)


def parse_fault(value: object) -> CallFault | EventFault:
    """Return a fault.

    Raises:
        WorldError: it breaks a rule.
    """
    return _parse(_FAULT, value)


def _parse(parts: TypeAdapter[Parsed], value: object) -> Parsed:
    try:
        return parts.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise WorldError(_faults(error)) from error


def _faults(error: ValidationError) -> str:
    return "; ".join(_describe(fault["loc"], fault["msg"]) for fault in error.errors())


def _describe(location: Iterable[Any], message: str) -> str:
    field = ""
    for part in location:
        if isinstance(part, int):
            field += f"[{part}]"
        elif "<" not in part and "[" not in part:  # the tag of a union's branch is not in the file
            field += f".{part}" if field else part
    rule = message.removeprefix("Value error, ")
    return " ".join((f"{field}: {rule}" if field else rule).split())
