"""The contract of an export job."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from lambdas.jobs.contract import CorrelationId, Deadline, Job, check_home, matches
from lambdas.shared import limits
from lambdas.shared.faults import broken_rule, echo


class ExportTarget(StrEnum):
    """What should be true of a source's export."""

    COMPLETE = "COMPLETE"
    CANCELED = "CANCELED"


SOURCE_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:rds:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":(?P<kind>snapshot|cluster-snapshot|cluster):(?P<name>[A-Za-z][A-Za-z0-9:-]{0,254})"
)

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


class ExportJob(Job):
    """This source's export to the stack's bucket should reach this target.

    Attributes:
        source_arn: of a snapshot, cluster snapshot or cluster in the stack's account and Region.
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

    kind: Literal["export"]
    source_arn: SourceArn
    target: ExportTarget
    export_only: tuple[ExportOnly, ...] = ()
    s3_prefix: S3Prefix = ""
    export_id: CorrelationId | None = None
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_EXPORT_ATTEMPTS)] = 1
    deadline_seconds: Deadline = limits.DEFAULT_EXPORT_DEADLINE_SECONDS
    on_deadline: Literal["leave", "cancel"] = "leave"
    on_abort: Literal["leave", "cancel"] = "leave"
