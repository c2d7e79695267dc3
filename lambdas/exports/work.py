"""An export with its target, and its progress between polls."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal

from lambdas.exports.contract import ExportTarget
from lambdas.exports.details import ExportAttempt, ExportDetails, FileDetails
from lambdas.exports.slots import SlotWait
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


class ExportSpec(Internal):
    """An export job; `contract.ExportJob` has validated it."""

    source_arn: str
    target: ExportTarget
    export_only: tuple[str, ...] = ()
    s3_prefix: str = ""
    export_id: str | None = None
    max_attempts: int = 1
    deadline_seconds: int = DEFAULT_EXPORT_DEADLINE_SECONDS
    on_deadline: Literal["leave", "cancel"] = "leave"
    on_abort: Literal["leave", "cancel"] = "leave"


class ExportWork(Work):
    """One export with its target."""

    kind: Literal["export"]
    job: ExportSpec
    progress: ExportProgress = ExportProgress()

    def assumed_from(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return the status in which a planned job would leave an export of the same tables."""
        tables, prefix = list(self.job.export_only), self.job.s3_prefix
        canceled = self.job.target is ExportTarget.CANCELED
        return super().assumed_from(
            entry
            for entry in entries
            if canceled
            or (entry.details.get("tables"), entry.details.get("s3_prefix")) == (tables, prefix)
        )

    def resource_ids(self) -> Collection[str]:
        """Return the ARN of its source."""
        return (self.job.source_arn,)

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
            id=self.job.source_arn,
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

    def _details(self, files: FileDetails | None) -> dict[str, Any]:
        """Return the task's details, with its files and the job's tables."""
        if self.dry_run:
            return {"tables": list(self.job.export_only), "s3_prefix": self.job.s3_prefix}
        if self.progress.details is None:
            return {}
        details = self.progress.details.as_payload()
        return {**details, **(files or {}), "tables": self.job.export_only}

    def fail_all(self, *, reason: str, message: str, now: float) -> ExportWork:
        """Fail the export, unless it has ended."""
        if self.entries:
            return self
        return self.close(phase=Phase.FAILED, reason=reason, message=message, now=now)
