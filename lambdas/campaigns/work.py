"""A batch of campaigns with one target, and its progress between polls."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Self

from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.transitions import Move
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.jobs.work import Work
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH
from lambdas.shared.model import Internal
from lambdas.shared.texts import shorten, timestamp


class CampaignProgress(Internal):
    """The progress of one campaign.

    Attributes:
        name: for people, None if not known.
        initial_state: the first state that was read.
        state: the last state that was read.
        polls: of this campaign.
        attempts: mutations tried, including refused ones.
        unexplained_polls: consecutive polls that returned an unknown state or none.
        delete_accepted_at: epoch seconds at which AWS accepted its deletion.
        schedule_ends_at: epoch seconds; 0 if it has no end, None while that is not known.
        refusal: how AWS refused the last mutation, None if it accepted it.
        group_size: how many campaigns one call may read together with it, itself included; fewer
            after AWS has refused such a call.
        move: what is to be undone; None if nothing is.
        restored_at: epoch seconds at which AWS accepted the mutation that undoes it.
        is_forgotten: whether the notes about it are deleted.
        to_withdraw: calls that had no effect and are still noted.
    """

    name: str | None = None
    initial_state: str | None = None
    state: str | None = None
    polls: int = 0
    attempts: int = 0
    unexplained_polls: int = 0
    delete_accepted_at: float | None = None
    schedule_ends_at: float | None = None
    refusal: str | None = None
    group_size: int = CAMPAIGNS_PER_BATCH
    move: Move | None = None
    restored_at: float | None = None
    is_forgotten: bool = False
    to_withdraw: tuple[str, ...] = ()


class Undoes(Internal):
    """Which notes a unit of work undoes.

    Attributes:
        execution_arn: of the request that made them.
        jobs: what the outcome calls the jobs that made them; their notes are about the same
            campaigns.
    """

    execution_arn: str
    jobs: tuple[str, ...]


class CampaignWork(Work):
    """A batch of campaigns with one target.

    Attributes:
        throttled_passes: consecutive passes in which all mutations were throttled.
        if_ended: whether a campaign that has ended by itself counts as paused or stopped.
        on_abort: whether a clean-up undoes what is done here.
        is_restored_later: whether a later job undoes what is done here.
        undoes: the notes about what is to be undone here, None if the target is not RESTORED.
    """

    kind: Literal["campaigns"]
    api_version: ApiVersion
    target: CampaignTarget
    deadline_seconds: int
    open: dict[str, CampaignProgress]
    throttled_passes: int = 0
    if_ended: Literal["fail", "accept"] = "fail"
    on_abort: Literal["leave", "restore"] = "leave"
    is_restored_later: bool = False
    undoes: Undoes | None = None

    @property
    def notes_moves(self) -> bool:
        """Whether each mutation is noted before it is made, so that it can be undone."""
        return self.is_restored_later or self.on_abort == "restore"

    def resource_ids(self) -> Collection[str]:
        """Return the ids of its open campaigns."""
        return self.open.keys()

    @property
    def only_watches(self) -> bool:
        """Whether nothing is to be changed."""
        return self.target is CampaignTarget.FINISHED

    def restored_later(self) -> Self:
        """Return the same work of a job whose changes a later job of the request undoes."""
        return self.replace(is_restored_later=True)

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
        """End one campaign with a result, at `now` in epoch seconds."""
        progress = self.open[campaign_id]
        entry = Entry(
            job=self.job_label,
            kind=self.kind,
            id=campaign_id,
            name=progress.name,
            target=self.target,
            initial_state=progress.initial_state,
            final_state=progress.state,
            phase=phase,
            reason=reason,
            message=shorten(message),
            warnings=warnings,
            polls=progress.polls,
            elapsed_seconds=round(self.polling.age(now), 3),
            ended_at=timestamp(now),
        )
        still_open = {name: state for name, state in self.open.items() if name != campaign_id}
        return self.replace(open=still_open, entries=(*self.entries, entry))

    def polled(self, now: float) -> CampaignWork:
        """Count a pass, at `now` in epoch seconds."""
        return self.replace(polling=self.polling.polled(now))

    def with_progress(self, campaign_id: str, progress: CampaignProgress) -> CampaignWork:
        """Return the work with the progress of one of its open campaigns."""
        return self.replace(open=self.open | {campaign_id: progress})

    def with_throttled_passes(self, count: int) -> CampaignWork:
        """Return the work after a number of consecutive throttled passes."""
        return self.replace(throttled_passes=count)

    def fail_all(self, *, reason: str, message: str, now: float) -> CampaignWork:
        """Fail every open campaign."""
        work = self
        for campaign_id in self.open:
            work = work.close(
                campaign_id, phase=Phase.FAILED, reason=reason, message=message, now=now
            )
        return work
