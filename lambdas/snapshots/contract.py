"""The contract of a snapshot job."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import model_validator

from lambdas.jobs.contract import Deadline, Job, JobId
from lambdas.jobs.databases import Database, DatabaseId
from lambdas.shared import limits
from lambdas.shared.faults import broken_rule, fault_at


class SnapshotTarget(StrEnum):
    """What should be true of a snapshot."""

    AVAILABLE = "AVAILABLE"
    DELETED = "DELETED"


class SnapshotJob(Job):
    """A new snapshot of this database should be available, or that of an earlier job deleted.

    Attributes:
        target: `AVAILABLE` creates a manual snapshot of a database and waits until it is available;
            `DELETED` deletes the one that an earlier job has created, and waits until it is gone.
        db_instance: the identifier of a DB instance, with target `AVAILABLE`.
        db_cluster: the identifier of a DB cluster, with target `AVAILABLE`.
        of: the id of an earlier snapshot job, with target `DELETED`.
        deadline_seconds: how long the job may run, from its first poll.
        on_abort: `delete` deletes what the job created if the execution is aborted, times out or is
            ended by Step Functions.
    """

    kind: Literal["snapshot"]
    target: SnapshotTarget
    db_instance: DatabaseId | None = None
    db_cluster: DatabaseId | None = None
    of: JobId | None = None
    deadline_seconds: Deadline = limits.DEFAULT_SNAPSHOT_DEADLINE_SECONDS
    on_abort: Literal["leave", "delete"] = "leave"

    @model_validator(mode="after")
    def _names_what_its_target_needs(self) -> Self:
        databases = [each for each in (self.db_instance, self.db_cluster) if each is not None]
        if self.target is SnapshotTarget.DELETED:
            if self.of is None or databases:
                raise broken_rule(
                    "with target DELETED must name a snapshot job in of, and no database"
                )
            if self.on_abort != "leave":
                raise fault_at(("on_abort",), "is for target AVAILABLE only")
        elif self.of is not None or len(databases) != 1:
            raise broken_rule("with target AVAILABLE must name either db_instance or db_cluster")
        return self

    @property
    def database(self) -> Database:
        """The database that it names."""
        return Database(db_instance=self.db_instance, db_cluster=self.db_cluster)

    @property
    def of_job(self) -> str | None:
        """The id of the job whose snapshot it deletes."""
        return self.of


def check_of(job: SnapshotJob, earlier: Job) -> str | None:
    """Return the rule that a job breaks by naming an earlier one in `of`, None if it may."""
    if isinstance(earlier, SnapshotJob) and earlier.target is SnapshotTarget.AVAILABLE:
        return None
    return f"must be the id of a snapshot job with target AVAILABLE; {job.of} is none"
