"""What one child execution is given to do, and what it remembers from look to look."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from lambdas.domain.export_slots import SlotWait
from lambdas.domain.limits import CAMPAIGNS_PER_BATCH, DEFAULT_EXPORT_DEADLINE_SECONDS
from lambdas.domain.model import Internal
from lambdas.domain.outcomes import EndPhase, Entry
from lambdas.domain.phases import Phase
from lambdas.domain.requests import ApiVersion, CampaignTarget, ExportTarget
from lambdas.domain.texts import shorten, timestamp


class Memo(Internal):
    """The times and counts that every kind of work keeps.

    Attributes:
        started_at: epoch seconds since when the stage of this work runs.
        looks: how many looks were taken.
    """

    started_at: float | None = None
    looks: int = 0

    def looked(self, now: float) -> Memo:
        """Count one more look, at `now` in epoch seconds."""
        started_at = now if self.started_at is None else self.started_at
        return self.model_copy(update={"started_at": started_at, "looks": self.looks + 1})

    def age(self, now: float) -> float:
        """Return the seconds since the stage of this work began."""
        return 0.0 if self.started_at is None else now - self.started_at


class CampaignProgress(Internal):
    """What is remembered of one campaign.

    Attributes:
        previous_state: the first state that was seen.
        state: the last one.
        looks: at this campaign.
        attempts: mutations tried, refused ones included.
        odd_looks: looks in a row that showed an unknown state or none.
        delete_accepted_at: epoch seconds since when all that is left is to see it disappear.
        schedule_ends_at: epoch seconds; 0 where it has no end, None while that is not known.
        refusal: how AWS refused the last mutation, None where it accepted it.
        group_size: how many campaigns one call reads with it at most, itself included; fewer after
            AWS has rejected such a call.
    """

    previous_state: str | None = None
    state: str | None = None
    looks: int = 0
    attempts: int = 0
    odd_looks: int = 0
    delete_accepted_at: float | None = None
    schedule_ends_at: float | None = None
    refusal: str | None = None
    group_size: int = CAMPAIGNS_PER_BATCH


class CampaignWork(Internal):
    """One batch of campaigns on the way to one target.

    Attributes:
        throttled_passes: in a row in which all mutations that were tried were throttled.
    """

    kind: Literal["campaigns"]
    key: str
    job_label: str = ""
    api_version: ApiVersion
    target: CampaignTarget
    deadline_seconds: int
    open: dict[str, CampaignProgress]
    settled: tuple[Entry, ...] = ()
    memo: Memo = Memo()
    throttled_passes: int = 0

    def close(
        self,
        campaign_id: str,
        *,
        phase: EndPhase,
        reason: str,
        message: str,
        now: float,
        warnings: tuple[str, ...] = (),
    ) -> CampaignWork:
        """Move one campaign from open to settled, at `now` in epoch seconds."""
        progress = self.open[campaign_id]
        entry = Entry(
            job=self.job_label,
            kind=self.kind,
            id=campaign_id,
            target=self.target,
            previous_state=progress.previous_state,
            final_state=progress.state,
            phase=phase,
            reason=reason,
            message=shorten(message),
            warnings=warnings,
            polls=progress.looks,
            elapsed_seconds=round(self.memo.age(now), 3),
            ended_at=timestamp(now),
        )
        still_open = {name: state for name, state in self.open.items() if name != campaign_id}
        return self.model_copy(update={"open": still_open, "settled": (*self.settled, entry)})

    def fail_all(self, *, reason: str, message: str, now: float) -> CampaignWork:
        """Settle every open campaign as failed."""
        work = self
        for campaign_id in self.open:
            work = work.close(
                campaign_id, phase=Phase.FAILED, reason=reason, message=message, now=now
            )
        return work


class ExportProgress(Internal):
    """What is remembered of an export.

    Attributes:
        previous_state: the task's status at the first look, None where there was no task.
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
        details: what the outcome tells of the task.
    """

    previous_state: str | None = None
    state: str | None = None
    task_id: str | None = None
    asked_for: str | None = None
    generation: int = 1
    refusals: int = 0
    throttles: int = 0
    odd_looks: int = 0
    queued_since: float | None = None
    slot: SlotWait | None = None
    nothing_else: bool = False
    cancel_asked: bool = False
    failed: tuple[dict[str, Any], ...] = ()
    details: dict[str, Any] = Field(default_factory=dict)


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


class ExportWork(Internal):
    """One export on the way to its target."""

    kind: Literal["export"]
    key: str
    job_label: str = ""
    job: ExportSpec
    progress: ExportProgress = ExportProgress()
    settled: tuple[Entry, ...] = ()
    memo: Memo = Memo()

    @property
    def deadline_seconds(self) -> int:
        """Seconds from the start of its stage until it is given up."""
        return self.job.deadline_seconds

    def close(
        self,
        *,
        phase: EndPhase,
        reason: str,
        message: str,
        now: float,
        warnings: tuple[str, ...] = (),
    ) -> ExportWork:
        """Settle the export, at `now` in epoch seconds."""
        entry = Entry(
            job=self.job_label,
            kind=self.kind,
            id=self.job.source_arn,
            target=self.job.target,
            previous_state=self.progress.previous_state,
            final_state=self.progress.state,
            phase=phase,
            reason=reason,
            message=shorten(message),
            warnings=tuple(shorten(warning) for warning in warnings),
            details=self._details(),
            polls=self.memo.looks,
            elapsed_seconds=round(self.memo.age(now), 3),
            ended_at=timestamp(now),
        )
        return self.model_copy(update={"settled": (entry,)})

    def _details(self) -> dict[str, Any]:
        """Return what is remembered of the task, and the tables, which the job remembers."""
        if not self.progress.details:
            return {}
        return self.progress.details | {"tables": self.job.export_only}

    def fail_all(self, *, reason: str, message: str, now: float) -> ExportWork:
        """Settle the export as failed, unless it is settled."""
        if self.settled:
            return self
        return self.close(phase=Phase.FAILED, reason=reason, message=message, now=now)


Work = Annotated[CampaignWork | ExportWork, Field(discriminator="kind")]
