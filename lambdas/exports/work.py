"""An export on the way to its target, and what is remembered of it between polls."""

from __future__ import annotations

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
    """What is remembered of an export.

    Attributes:
        initial_state: the task's status at the first look, None where there was no task.
        state: the last status.
        task_id: the export task that this work watches.
        asked_for: the task that this work has asked RDS to start, whether or not RDS answered.
        generation: which of the deterministic identifiers is next.
        refusals: starts and cancels in a row that RDS refused or did not answer.
        throttles: starts and cancels in a row that were throttled.
        odd_looks: looks in a row that showed an unknown status, or the task missing.
        queued_since: epoch seconds since when there has been no room for it.
        slot: its wait for a slot of the account, None where it waits for its source or not at all.
        nothing_else: whether it is about the task asked for alone, and adopts no other.
        cancel_asked: whether this work has asked for it to be canceled.
        failed: earlier attempts, as the outcome tells of them.
        details: what the outcome tells of the task, None where there is none.
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


class ExportSpec(Internal):
    """What an export job asks for; see `requests.ExportJob`, which has validated it."""

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
    """One export on the way to its target."""

    kind: Literal["export"]
    job: ExportSpec
    progress: ExportProgress = ExportProgress()

    @property
    def deadline_seconds(self) -> int:
        """Seconds from the start of its stage until it is given up."""
        return self.job.deadline_seconds

    @property
    def queued_for_room_since(self) -> float | None:
        """Epoch seconds since when there has been no room for the export."""
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
        """Settle the export, with what its files tell, at `now` in epoch seconds."""
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
        return self.model_copy(update={"entries": (entry,)})

    def polled(self, now: float) -> ExportWork:
        """Count a poll, at `now` in epoch seconds."""
        return self.model_copy(update={"polling": self.polling.polled(now)})

    def with_progress(self, progress: ExportProgress) -> ExportWork:
        """Return the work with what is remembered of its export."""
        return self.model_copy(update={"progress": progress})

    def _details(self, files: FileDetails | None) -> dict[str, Any]:
        """Return what is remembered of the task, and the tables, which the job remembers."""
        if self.progress.details is None:
            return {}
        details = self.progress.details.as_payload()
        return {**details, **(files or {}), "tables": self.job.export_only}

    def fail_all(self, *, reason: str, message: str, now: float) -> ExportWork:
        """Settle the export as failed, unless it is settled."""
        if self.entries:
            return self
        return self.close(phase=Phase.FAILED, reason=reason, message=message, now=now)
