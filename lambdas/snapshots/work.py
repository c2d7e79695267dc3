"""A snapshot with its target, and its progress between polls."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, Self

from lambdas.jobs.databases import Database
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.jobs.work import Work
from lambdas.shared.limits import DEFAULT_SNAPSHOT_DEADLINE_SECONDS
from lambdas.shared.model import Internal
from lambdas.shared.texts import shorten, timestamp
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.identifier import identifier, snapshot_arn


class SnapshotDetails(Internal):
    """The `details` of a snapshot in the outcome.

    Attributes:
        snapshot_id: None before the first pass.
        snapshot_arn: likewise.
        percent_progress: of its creation.
        created_at: ISO 8601, UTC; RDS has none until the snapshot is available.
        allocated_gb: of the database's storage.
    """

    database: Database
    snapshot_id: str | None = None
    snapshot_arn: str | None = None
    percent_progress: int | None = None
    created_at: str | None = None
    engine: str | None = None
    allocated_gb: int | None = None

    def as_payload(self) -> dict[str, Any]:
        """Return the details that are known."""
        return self.model_dump(mode="json", exclude_none=True)


class SnapshotProgress(Internal):
    """The progress of a snapshot.

    Attributes:
        initial_state: its status at the first poll, None if it did not exist.
        state: the last status.
        state_since: epoch seconds at which that status was first seen.
        called: whether this work has called for its creation or deletion, whether or not RDS
            responded.
        calls: consecutive calls that had no effect yet.
        throttles: consecutive throttled calls.
        unexplained_polls: consecutive polls with an unknown status, without the snapshot that was
            there before, or without its tags.
        busy_since: epoch seconds since when its database has not been available for it.
    """

    initial_state: str | None = None
    state: str | None = None
    state_since: float | None = None
    called: bool = False
    calls: int = 0
    throttles: int = 0
    unexplained_polls: int = 0
    busy_since: float | None = None


class SnapshotWork(Work):
    """One snapshot with its target.

    Attributes:
        resource_id: the snapshot's ARN; before the first pass, the database's identifier.
        delete_on_abort: whether the snapshot must not outlive its execution.
        may_appear: whether a creation that somebody else has called for may still take effect.
    """

    kind: Literal["snapshot"]
    resource_id: str
    target: SnapshotTarget
    details: SnapshotDetails
    deadline_seconds: int = DEFAULT_SNAPSHOT_DEADLINE_SECONDS
    delete_on_abort: bool = False
    may_appear: bool = False
    progress: SnapshotProgress = SnapshotProgress()

    def resource_ids(self) -> Collection[str]:
        """Return the snapshot's ARN; before the first pass, the database's identifier."""
        return (self.resource_id,)

    @property
    def database(self) -> Database:
        """What the snapshot is taken of."""
        return self.details.database

    @property
    def snapshot_id(self) -> str:
        """Its identifier, which it has from the first pass on."""
        return self.details.snapshot_id or ""

    def of_execution(self, execution_arn: str) -> Self:
        """Return the work with its snapshot's identifier, which a job has from its execution."""
        if self.details.snapshot_id is not None:
            return self
        return self.about(execution_arn, identifier(execution_arn, self.job_label, self.database))

    def about(self, execution_arn: str, snapshot_id: str) -> Self:
        """Return the work about a snapshot in the account and the Region of an execution."""
        arn = snapshot_arn(execution_arn, snapshot_id, self.database)
        named = {"snapshot_id": snapshot_id, "snapshot_arn": arn}
        details = self.details.replace(**named)
        return self.replace(resource_id=arn, details=details)

    def with_progress(self, progress: SnapshotProgress) -> Self:
        """Return the work with the progress of its snapshot."""
        return self.replace(progress=progress)

    def with_details(self, details: SnapshotDetails) -> Self:
        """Return the work with what is known of its snapshot."""
        return self.replace(details=details)

    def polled(self, now: float) -> Self:
        """Count a poll, at `now` in epoch seconds."""
        return self.replace(polling=self.polling.polled(now))

    def close(self, *, phase: EndPhase, reason: str, message: str, now: float) -> Self:
        """End the work, at `now` in epoch seconds."""
        entry = Entry(
            job=self.job_label,
            kind=self.kind,
            id=self.resource_id,
            target=self.target,
            initial_state=self.progress.initial_state,
            final_state=self.progress.state,
            phase=phase,
            reason=reason,
            message=shorten(message),
            details=self.details.as_payload(),
            polls=self.polling.polls,
            elapsed_seconds=round(self.polling.age(now), 3),
            ended_at=timestamp(now),
        )
        return self.replace(entries=(entry,))

    def fail_all(self, *, reason: str, message: str, now: float) -> Self:
        """Fail the work, unless it has ended."""
        if self.entries:
            return self
        return self.close(phase=Phase.FAILED, reason=reason, message=message, now=now)


def deletion(execution_arn: str, job: str, snapshot_id: str, database: Database) -> SnapshotWork:
    """Return the work that deletes the snapshot of an earlier job, whose creation may be late.

    Args:
        execution_arn: of the account and the Region that the snapshot is in.
        job: what the outcome calls the job that the work belongs to.
        snapshot_id: which one.
        database: what it was taken of.
    """
    work = SnapshotWork(
        kind="snapshot",
        key="",
        job_label=job,
        resource_id=database.id,
        target=SnapshotTarget.DELETED,
        details=SnapshotDetails(database=database),
        may_appear=True,
    )
    return work.about(execution_arn, snapshot_id)
