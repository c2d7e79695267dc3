"""The contract of an export job."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from lambdas.jobs.contract import CorrelationId, Deadline, Job, JobId, check_home, matches
from lambdas.jobs.databases import DatabaseId
from lambdas.shared import limits
from lambdas.shared.faults import IS_MISSING, broken_rule, echo, fault_at
from lambdas.shared.model import Frozen


class ExportTarget(StrEnum):
    """What should be true of a source's export."""

    COMPLETE = "COMPLETE"
    CANCELED = "CANCELED"


class SnapshotType(StrEnum):
    """Which of a database's snapshots may be exported; AWS's words, except for any."""

    ANY = "any"
    AUTOMATED = "automated"
    MANUAL = "manual"
    AWSBACKUP = "awsbackup"


SOURCE_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:rds:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":(?P<kind>snapshot|cluster-snapshot|cluster):(?P<name>[A-Za-z][A-Za-z0-9:-]{0,254})"
)

SNAPSHOT_KIND: Final = "snapshot"
SNAPSHOT_AVAILABLE: Final = "AVAILABLE"
"""The kind and the target of the jobs whose snapshots an export may name by `of`."""

DB_INSTANCE_ARN: Final = re.compile(r"arn:aws[a-z-]*:rds:[a-z0-9-]*:\d*:db:.*")

S3_PREFIX: Final = re.compile(r'(?=.{1,200}$)[^:\s\\`"/]+(/[^:\s\\`"/]+)*')
"""RDS takes no ':' in a prefix and turns other characters into '_' in paths.
Source: RDS user guide, USER_ExportSnapshot, naming."""


EXPORT_ONLY: Final = re.compile(r"[^\s.]+(\.[^\s.]+){0,2}")
"""database, database.schema (or database.table), or database.schema.table."""


def _check_source_arn(value: str, info: ValidationInfo) -> str:
    if DB_INSTANCE_ARN.fullmatch(value):
        raise broken_rule(
            "is the ARN of a DB instance, which RDS does not export: name a snapshot of it"
            " (...:snapshot:NAME) or, of Aurora, its cluster (...:cluster:NAME)"
        )
    match = SOURCE_ARN.fullmatch(value)
    if not match:
        raise broken_rule(
            "must be the ARN of an RDS snapshot, cluster-snapshot or cluster, such as"
            f" arn:aws:rds:REGION:ACCOUNT:snapshot:NAME; got {echo(value)}"
        )
    check_home(match["account"], match["region"], info)
    return value


def _check_s3_prefix(value: str) -> str:
    if value and not S3_PREFIX.fullmatch(value):
        raise broken_rule(
            "must be 1 to 200 characters that S3 and RDS both keep: no ':' or white space,"
            f' no \\ ` or ", no slash at either end; got {echo(value)}'
        )
    return value


def _check_export_only(value: str) -> str:
    if not EXPORT_ONLY.fullmatch(value):
        raise broken_rule(
            f"must read database, database.schema or database.schema.table; got {echo(value)}"
        )
    return value


SourceArn = Annotated[str, AfterValidator(_check_source_arn), matches(SOURCE_ARN)]


ExportOnly = Annotated[str, AfterValidator(_check_export_only), matches(EXPORT_ONLY)]

S3Prefix = Annotated[
    str, AfterValidator(_check_s3_prefix), matches(re.compile(f"(?:{S3_PREFIX.pattern})?"))
]


class ExportSource(Frozen):
    """A source that is found when its job runs.

    Attributes:
        db_instance: the instance whose newest available snapshot is meant.
        db_cluster: the cluster, likewise.
        of: the earlier job whose snapshot is meant.
        type: which of the database's snapshots may be chosen.
        max_age_seconds: how old the data of the chosen one may be; until there is one that is
            young enough, the job waits.
        snapshot_arn: the only snapshot that may be chosen; it may be another database's, and then
            there is nothing to export.
    """

    db_instance: DatabaseId | None = None
    db_cluster: DatabaseId | None = None
    of: JobId | None = None
    type: SnapshotType = SnapshotType.ANY
    max_age_seconds: (
        Annotated[int, Field(strict=True, ge=1, le=limits.MAX_SNAPSHOT_AGE_SECONDS)] | None
    ) = None
    snapshot_arn: SourceArn | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        ways = ("db_instance", "db_cluster", "of")
        given = [name for name in ways if getattr(self, name) is not None]
        if len(given) != 1:
            raise broken_rule(f"must have exactly one of {', '.join(ways)}; got {len(given)}")
        return self

    @model_validator(mode="after")
    def _choice_fits_the_source(self) -> Self:
        choice = [name for name in ("type", "max_age_seconds") if name in self.model_fields_set]
        for name in choice:
            if self.of is not None:
                raise fault_at((name,), "is for db_instance and db_cluster: `of` is one snapshot")
            if self.snapshot_arn is not None:
                raise fault_at((name,), "does not go with snapshot_arn, which is one snapshot")
        return self

    @model_validator(mode="after")
    def _snapshot_fits_the_database(self) -> Self:
        if self.snapshot_arn is None:
            return self
        if self.of is not None:
            raise fault_at(("snapshot_arn",), "is for db_instance and db_cluster")
        kind = "snapshot" if self.db_instance is not None else "cluster-snapshot"
        found = SOURCE_ARN.fullmatch(self.snapshot_arn)
        if found is None or found["kind"] != kind:
            raise fault_at(("snapshot_arn",), f"must be the ARN of a {kind}")
        return self


class ExportJob(Job):
    """The export of one source to the stack's bucket should reach this target.

    Attributes:
        source_arn: of a snapshot, cluster snapshot or cluster in the stack's account and Region.
        source: instead of `source_arn`, a source that is found when the job runs.
        target: `COMPLETE`, or `CANCELED`.
        export_only: `database`, `database.schema` or `database.schema.table`; everything unless
            given.
        s3_prefix: below the stack's own prefix.
        export_id: distinguishes exports that are the same otherwise, such as a cluster's of each
            night.
        max_attempts: how many export tasks may be tried, unless the cause of the failure needs a
            person.
        deadline_seconds: how long the job may run, from its first poll.
        on_deadline: `leave` the export running, or `cancel` it if this job started it.
        on_abort: the same, for when the execution is aborted, times out or is ended by Step
            Functions.
    """

    OF: ClassVar[tuple[str, ...]] = ("source", "of")

    kind: Literal["export"]
    source_arn: SourceArn | None = None
    source: ExportSource | None = None
    target: ExportTarget
    export_only: tuple[ExportOnly, ...] = ()
    s3_prefix: S3Prefix = ""
    export_id: CorrelationId | None = None
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_EXPORT_ATTEMPTS)] = 1
    deadline_seconds: Deadline = limits.DEFAULT_EXPORT_DEADLINE_SECONDS
    on_deadline: Literal["leave", "cancel"] = "leave"
    on_abort: Literal["leave", "cancel"] = "leave"

    @property
    def of_job(self) -> str | None:
        """The id of the earlier job whose snapshot is exported, None if it names its own source."""
        return None if self.source is None else self.source.of

    @model_validator(mode="after")
    def _names_one_source(self) -> Self:
        if self.source_arn is None and self.source is None:
            rule = f"{IS_MISSING}: a job names its source by source_arn, or by source"
            raise fault_at(("source_arn",), rule)
        if self.source_arn is not None and self.source is not None:
            rule = "must not be given beside source_arn: a job names its source in one way"
            raise fault_at(("source",), rule)
        return self

    @model_validator(mode="after")
    def _cancels_what_is_certain(self) -> Self:
        of_database = self.source is not None and self.source.of is None
        if of_database and self.target is ExportTarget.CANCELED:
            rule = (
                "must be source_arn, or name a job by `of`, if the target is CANCELED: the newest"
                " snapshot of a database may not be the one that is being exported"
            )
            raise fault_at(("source",), rule)
        return self
