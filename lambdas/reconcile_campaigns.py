"""One look at a batch of campaigns: observe, decide, act where it is legal, report."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import clock, measures
from lambdas.aws.campaign_limits import CampaignLimits, campaign_limits
from lambdas.aws.campaigns import Campaigns
from lambdas.aws.errors import (
    AwsError,
    InvalidCampaignStateException,
    PermanentError,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ThrottlingException,
    UnclassifiedException,
    ValidationException,
)
from lambdas.aws.rate_limiter import Slots
from lambdas.domain import campaign_batch, looks
from lambdas.domain.campaign_states import (
    Act,
    CampaignState,
    Decision,
    Mutation,
    Reached,
    Refuse,
    Wait,
)
from lambdas.domain.hints import hint_for_campaign_quota, with_hint
from lambdas.domain.history import Budget
from lambdas.domain.looks import Look
from lambdas.domain.outcomes import EndPhase
from lambdas.domain.phases import Phase, Reason
from lambdas.domain.work import CampaignProgress, CampaignWork
from lambdas.observability import logger, observed

MOVES_PER_LOOK: Final = 2
"""Of one campaign: the second one when the first one's refusal told its state."""

SCHEDULES_PER_LOOK: Final = 10
"""Descriptions asked for, which only help to look at the right moment: a quota of their own."""


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take one look at the event's `work` and return a `Look`."""
    work = CampaignWork.model_validate(event["work"])
    look = reconcile(
        work, Campaigns(work.api_version), campaign_limits(), event.get("history_events", 0)
    )
    return measures.looked(look).as_payload()


def reconcile(
    work: CampaignWork, campaigns: Campaigns, limits: CampaignLimits, history_events: int
) -> Look:
    """Bring a batch one look closer to its target.

    Args:
        work: the batch, and what is remembered of it.
        campaigns: of the batch's API version.
        limits: that all executions keep to together.
        history_events: in the history of this child execution so far.

    Raises:
        TransientError: when nothing was changed and another try is worth it.
    """
    batch = _Batch(work, campaigns, limits)
    batch.look()
    return batch.report(history_events)


class _Batch:
    """The batch as it changes in the course of one look."""

    def __init__(self, work: CampaignWork, campaigns: Campaigns, limits: CampaignLimits) -> None:
        self._work = work.model_copy(update={"memo": work.memo.looked(clock.now())})
        self._campaigns = campaigns
        self._limits = limits
        self._changed = False
        self._again_at: float | None = None

    def look(self) -> None:
        """Observe once, move whatever has to be moved and may be, and give up what is late."""
        late = self._work.memo.age(clock.now()) >= self._work.deadline_seconds
        read = self._limits.reads.reserve(1)
        if read.take():
            try:
                self._observe()
            except PermanentError as error:
                self._give_up(type(error).__name__, str(error))
                return
            self._move_all(may_act=not late)
            self._learn_schedules()
        else:
            self._again_at = read.again_at
        if late:
            message = f"not {self._work.target} after {self._work.deadline_seconds} s"
            self._give_up(Reason.DEADLINE_EXCEEDED, message)

    def report(self, history_events: int) -> Look:
        """Return the look: settled, or when to look again."""
        work, now = self._work, clock.now()
        if not work.open:
            return looks.settled(work, campaign_batch.end_of(work))
        if self._again_at is None:
            wait = campaign_batch.wait_seconds(work, now, random.random())
        else:
            wait = campaign_batch.wait_until(work, self._again_at, now)
        budget = Budget(history_events, work.memo.age(now), work.deadline_seconds)
        wait = budget.stretch(wait)
        wake = campaign_batch.wake_of(work, now, wait) if budget.allows_wakes else None
        return looks.look_again(work, campaign_batch.phase_of(work, now), wait, wake)

    def _observe(self) -> None:
        for campaign_id, state in self._states(list(self._work.open)).items():
            before = self._work.open[campaign_id]
            after = campaign_batch.seen(before, state)
            self._remember(campaign_id, after)
            measures.campaign_seen(before.state, after.state)
            if before.state != after.state:
                logger.info(
                    "campaign changed state",
                    campaign_id=campaign_id,
                    before=before.state,
                    after=after.state,
                )

    def _states(self, campaign_ids: Sequence[str]) -> dict[str, str | None]:
        """Look at campaigns; where AWS rejects them as a whole, find out which one it rejects."""
        try:
            return dict(self._campaigns.states(campaign_ids))
        except ValidationException as error:
            if len(campaign_ids) == 1:
                reason = type(error).__name__
                self._close(campaign_ids[0], Phase.FAILED, reason, str(error))
                return {}
        half = len(campaign_ids) // 2
        states: dict[str, str | None] = {}
        for ids in (campaign_ids[:half], campaign_ids[half:]):
            self._limits.reads.reserve(1).take()
            states |= self._states(ids)
        return states

    def _move_all(self, *, may_act: bool) -> None:
        """Settle or move each campaign.

        Raises:
            ThrottlingException: nothing was changed.
        """
        wanted = sum(isinstance(self._next_move(name), Act) for name in self._work.open)
        slots = self._limits.mutations.reserve(wanted) if may_act and wanted else None
        throttle: ThrottlingException | None = None
        for campaign_id in list(self._work.open):
            try:
                self._move(campaign_id, slots)
            except ThrottlingException as error:
                throttle = error
        if throttle is not None and not self._changed:
            raise throttle

    def _next_move(self, campaign_id: str) -> Decision:
        return campaign_batch.next_move(
            self._work.open[campaign_id], self._work.target, clock.now()
        )

    def _move(self, campaign_id: str, slots: Slots | None) -> None:
        """Settle a campaign, or make the moves that are due.

        Raises:
            ThrottlingException: the move was not made.
        """
        for _ in range(MOVES_PER_LOOK):
            progress = self._work.open[campaign_id]
            match self._next_move(campaign_id):
                case Wait():
                    return
                case Reached(reason, warning):
                    warnings = (warning,) if warning else ()
                    message = f"the campaign is {progress.state}"
                    self._close(campaign_id, Phase.COMPLETE, reason, message, warnings)
                    return
                case Refuse(reason, why):
                    self._close(campaign_id, Phase.FAILED, reason, why)
                    return
                case Act(mutation):
                    if slots is None:
                        return
                    if not slots.take():
                        self._again_at = slots.again_at
                        return
                    if self._settled_by(mutation, campaign_id, slots):
                        return

    def _settled_by(self, mutation: Mutation, campaign_id: str, slots: Slots) -> bool:
        """Try a mutation; return whether there is nothing more to do in this look.

        Raises:
            ThrottlingException: nothing was changed.
        """
        progress = self._work.open[campaign_id]
        try:
            self._campaigns.apply(mutation, campaign_id)
        except ThrottlingException:
            slots.throttled()
            self._again_at = slots.again_at
            raise
        except InvalidCampaignStateException as error:
            refusal = type(error).__name__
            self._remember(campaign_id, campaign_batch.refused(progress, refusal, error.state))
            return False
        except ResourceNotFoundException as error:
            refusal = type(error).__name__
            gone = campaign_batch.refused(progress, refusal, CampaignState.GONE)
            self._remember(campaign_id, gone)
            return False
        except AwsError as error:
            self._take_refusal(mutation, campaign_id, error)
            return True
        self._changed = True
        self._remember(campaign_id, campaign_batch.accepted(progress, mutation, clock.now()))
        logger.info("campaign moved", campaign_id=campaign_id, operation=mutation)
        return True

    def _take_refusal(self, mutation: Mutation, campaign_id: str, error: AwsError) -> None:
        """Remember a refusal to look again after, or settle the campaign when it is final.

        Which error a delete of an active campaign gives is documented nowhere, and the guides
        contradict each other on whether there is one; so its refusal is always looked at again.
        """
        name, message = type(error).__name__, str(error)
        unclear = isinstance(error, ValidationException | UnclassifiedException)
        look_again = mutation is Mutation.DELETE and unclear
        if isinstance(error, ServiceQuotaExceededException):
            message = with_hint(message, hint_for_campaign_quota(message))
            self._close(campaign_id, Phase.FAILED, Reason.QUOTA_EXCEEDED, message)
        elif isinstance(error, PermanentError) and not look_again:
            self._close(campaign_id, Phase.FAILED, name, message)
        else:
            self._changed = True
            self._remember(campaign_id, campaign_batch.refused(self._work.open[campaign_id], name))

    def _learn_schedules(self) -> None:
        """Ask when the schedules of watched campaigns end, as far as that is not known."""
        for campaign_id in campaign_batch.unscheduled(self._work)[:SCHEDULES_PER_LOOK]:
            try:
                end = self._campaigns.schedule_end(campaign_id)
            except ThrottlingException:
                return
            except AwsError as error:
                logger.warning("schedule not known", campaign_id=campaign_id, error=str(error))
                end = None
            progress = self._work.open[campaign_id]
            self._remember(campaign_id, campaign_batch.scheduled(progress, end))

    def _remember(self, campaign_id: str, progress: CampaignProgress) -> None:
        still_open = self._work.open | {campaign_id: progress}
        self._work = self._work.model_copy(update={"open": still_open})

    def _give_up(self, reason: str, message: str) -> None:
        self._work = self._work.fail_all(reason=reason, message=message, now=clock.now())

    def _close(
        self,
        campaign_id: str,
        phase: EndPhase,
        reason: str,
        message: str,
        warnings: tuple[str, ...] = (),
    ) -> None:
        self._work = self._work.close(
            campaign_id,
            phase=phase,
            reason=reason,
            message=message,
            warnings=warnings,
            now=clock.now(),
        )
