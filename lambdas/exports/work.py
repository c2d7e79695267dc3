"""An export with its target, and its progress between polls."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal

from lambdas.exports.contract import ExportTarget, SnapshotType
from lambdas.exports.details import ExportAttempt, ExportDetails, FileDetails
from lambdas.exports.slots import SlotWait
from lambdas.jobs.databases import Database
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.jobs.work import Work
from lambdas.shared.limits import DEFAULT_EXPORT_DEADLINE_SECONDS
from lambdas.shared.model import Internal
from lambdas.shared.texts import shorten, timestamp


class ExportProgress(Internal):
    """The progress of an export.

    Attributes:
        initial_state: the task's status at the first poll, None if there was no task.
        state: the last status.
        task_id: the export task that this work watches.
        requested_task_id: the task that this work has requested, whether or not RDS responded.
        generation: which of the deterministic identifiers is next.
        refusals: consecutive starts and cancels that RDS refused or did not respond to.
        throttles: consecutive throttled starts and cancels.
        unexplained_polls: consecutive polls with an unknown status, or without the task.
        queued_since: epoch seconds since when it has been queued.
        slot: its wait for a slot, None if it waits for its source or not at all.
        never_adopts: whether it is only about the requested task, and adopts no other.
        cancel_requested: whether this work has requested its cancellation.
        failed: earlier attempts, as in the outcome.
        details: the task's details in the outcome, None if there is no task.
        pointer_failures: how often the pointer to the COMPLETE export could not be replaced.
        snapshot_created_at: of the snapshot's data, ISO 8601, UTC; None if it is not known.
        polls_to_choose: how many polls it took to choose it.
        passed_over: ARNs of snapshots that were chosen, and that RDS did not find.
    """

    initial_state: str | None = None
    state: str | None = None
    task_id: str | None = None
    requested_task_id: str | None = None
    generation: int = 1
    refusals: int = 0
    throttles: int = 0
    unexplained_polls: int = 0
    queued_since: float | None = None
    slot: SlotWait | None = None
    never_adopts: bool = False
    cancel_requested: bool = False
    failed: tuple[ExportAttempt, ...] = ()
    details: ExportDetails | None = None
    pointer_failures: int = 0
    snapshot_created_at: str | None = None
    polls_to_choose: int = 0
    passed_over: tuple[str, ...] = ()


class SourceNotChosenError(Exception):
    """The snapshot that is to be exported is not chosen yet."""


class SnapshotQuery(Internal):
    """Which snapshot is exported; `contract.ExportSource` has validated it."""

    db_instance: str | None = None
    db_cluster: str | None = None
    of: str | None = None
    type: SnapshotType = SnapshotType.ANY
    max_age_seconds: int | None = None
    snapshot_arn: str | None = None

    @property
    def name(self) -> str:
        """The database's identifier, or the id of the job whose snapshot is exported."""
        return self.database.id or self.of or ""

    @property
    def database(self) -> Database:
        """The database whose snapshot is exported."""
        return Database(db_instance=self.db_instance, db_cluster=self.db_cluster)

    def as_requested(self) -> dict[str, Any]:
        """Return what the request says, without default values."""
        return self.model_dump(mode="json", exclude_defaults=True)


class ExportSpec(Internal):
    """An export job; `contract.ExportJob` has validated it.

    Attributes:
        source_arn: None until the snapshot is chosen.
        source: what the snapshot is chosen by, None if the request names the ARN.
    """

    source_arn: str | None
    source: SnapshotQuery | None = None
    target: ExportTarget
    export_only: tuple[str, ...] = ()
    s3_prefix: str = ""
    export_id: str | None = None
    max_attempts: int = 1
    deadline_seconds: int = DEFAULT_EXPORT_DEADLINE_SECONDS
    on_deadline: Literal["leave", "cancel"] = "leave"
    on_abort: Literal["leave", "cancel"] = "leave"

    @property
    def arn(self) -> str:
        """The ARN of the source.

        Raises:
            SourceNotChosenError: when it is not known yet.
        """
        if self.source_arn is None:
            raise SourceNotChosenError(self.resource)
        return self.source_arn

    @property
    def resource(self) -> str:
        """What the outcome calls the source: its ARN, or its database until that is known."""
        return self.source_arn or (self.source.name if self.source else "")

    @property
    def query(self) -> SnapshotQuery | None:
        """What the snapshot is chosen by, None if the request names the source itself."""
        return None if self.source is None or self.source.of is not None else self.source


class ExportWork(Work):
    """One export with its target."""

    kind: Literal["export"]
    job: ExportSpec
    progress: ExportProgress = ExportProgress()

    def assumed_from(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return the status in which a planned job would leave an export of the same tables.

        Of any source, if the snapshot is not chosen yet.
        """
        tables, prefix = list(self.job.export_only), self.job.s3_prefix
        canceled = self.job.target is ExportTarget.CANCELED
        same = [
            entry
            for entry in entries
            if canceled
            or (entry.details.get("tables"), entry.details.get("s3_prefix")) == (tables, prefix)
        ]
        if self.job.source_arn is None:
            return {entry.id: entry.final_state for entry in same if entry.final_state is not None}
        return super().assumed_from(same)

    def resource_ids(self) -> Collection[str]:
        """Return the ARN of its source, or its database until that is known."""
        return (self.job.resource,)

    @property
    def deadline_seconds(self) -> int:
        """Seconds from the start of its stage until it fails."""
        return self.job.deadline_seconds

    @property
    def queued_for_room_since(self) -> float | None:
        """Epoch seconds since when the export has been queued."""
        return self.progress.queued_since

    def close(
        self,
        *,
        phase: EndPhase,
        reason: str,
        message: str,
        now: float,
        warnings: tuple[str, ...] = (),
        files: FileDetails | None = None,
    ) -> ExportWork:
        """End the export, with what its files say, at `now` in epoch seconds."""
        entry = Entry(
            job=self.job_label,
            kind=self.kind,
            id=self.job.resource,
            target=self.job.target,
            initial_state=self.progress.initial_state,
            final_state=self.progress.state,
            phase=phase,
            reason=reason,
            message=shorten(message),
            warnings=tuple(shorten(warning) for warning in warnings),
            details=self._details(files),
            polls=self.polling.polls,
            elapsed_seconds=round(self.polling.age(now), 3),
            ended_at=timestamp(now),
        )
        return self.replace(entries=(entry,))

    def polled(self, now: float) -> ExportWork:
        """Count a poll, at `now` in epoch seconds."""
        return self.replace(polling=self.polling.polled(now))

    def with_progress(self, progress: ExportProgress) -> ExportWork:
        """Return the work with the progress of its export."""
        return self.replace(progress=progress)

    @property
    def first_poll(self) -> bool:
        """Whether no poll before this one was of the source's exports."""
        return self.polling.polls == self.progress.polls_to_choose + 1

    def chosen(self, source_arn: str, data_at: float) -> ExportWork:
        """Record the snapshot that is exported, whatever is created later.

        Args:
            source_arn: of the snapshot.
            data_at: epoch seconds of its data.
        """
        progress = self.progress.replace(
            snapshot_created_at=timestamp(data_at), polls_to_choose=self.polling.polls
        )
        return self._of_source(source_arn, progress)

    def passed_over(self) -> ExportWork:
        """Record that the chosen snapshot does not exist any more, so that another is chosen."""
        gone = (*self.progress.passed_over, self.job.arn)
        progress = self.progress.replace(
            snapshot_created_at=None, passed_over=gone, queued_since=None, slot=None
        )
        return self._of_source(None, progress)

    def _of_source(self, source_arn: str | None, progress: ExportProgress) -> ExportWork:
        return self.replace(job=self.job.replace(source_arn=source_arn), progress=progress)

    def _details(self, files: FileDetails | None) -> dict[str, Any]:
        """Return the task's details, with its source, its files and the job's tables."""
        source = self._source_details()
        if self.dry_run:
            return {**source, "tables": list(self.job.export_only), "s3_prefix": self.job.s3_prefix}
        if self.progress.details is None:
            return source
        details = self.progress.details.as_payload()
        return {**details, **source, **(files or {}), "tables": self.job.export_only}

    def _source_details(self) -> dict[str, Any]:
        if self.job.source is None:
            return {}
        return {
            "source": self.job.source.as_requested(),
            "snapshot_created_at": self.progress.snapshot_created_at,
        }

    def fail_all(self, *, reason: str, message: str, now: float) -> ExportWork:
        """Fail the export, unless it has ended."""
        if self.entries:
            return self
        return self.close(phase=Phase.FAILED, reason=reason, message=message, now=now)
