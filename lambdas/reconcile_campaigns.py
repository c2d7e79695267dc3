"""One look at a batch of campaigns: observe, decide, act where it is legal, report."""

from __future__ import annotations

import random
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import clock, measures
from lambdas.aws.campaigns import Campaigns
from lambdas.aws.errors import (
    AwsError,
    InvalidCampaignStateException,
    PermanentError,
    ResourceNotFoundException,
    ThrottlingException,
    UnclassifiedException,
    ValidationException,
)
from lambdas.domain import campaign_batch, looks
from lambdas.domain.campaign_states import Act, CampaignState, Mutation, Reached, Refuse, Wait
from lambdas.domain.looks import Look
from lambdas.domain.outcomes import EndPhase
from lambdas.domain.phases import Phase, Reason
from lambdas.domain.work import CampaignProgress, CampaignWork
from lambdas.environment import looks_per_child
from lambdas.observability import logger, observed

MOVES_PER_LOOK: Final = 2
"""Of one campaign: the second one when the first one's refusal told its state."""


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take one look at the event's `work` and return a `Look`."""
    work = CampaignWork.model_validate(event["work"])
    look = reconcile(work, Campaigns(work.api_version), looks_per_child())
    return measures.looked(look).as_payload()


def reconcile(work: CampaignWork, campaigns: Campaigns, budget: int) -> Look:
    """Bring a batch one look closer to its target.

    Args:
        work: the batch, and what is remembered of it.
        campaigns: of the batch's API version.
        budget: looks that this child execution may take.

    Raises:
        TransientError: when nothing was changed and another try is worth it.
    """
    batch = _Batch(work, campaigns)
    try:
        batch.observe()
    except PermanentError as error:
        batch.give_up(type(error).__name__, str(error))
    else:
        batch.move_all()
    return _report(batch.work, budget)


class _Batch:
    """The batch as it changes in the course of one look."""

    def __init__(self, work: CampaignWork, campaigns: Campaigns) -> None:
        self.work = work.model_copy(update={"memo": work.memo.looked(clock.now())})
        self._campaigns = campaigns
        self._changed = False

    def observe(self) -> None:
        states = self._campaigns.states(list(self.work.open))
        for campaign_id, state in states.items():
            before = self.work.open[campaign_id]
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

    def move_all(self) -> None:
        late = self.work.memo.age(clock.now()) >= self.work.deadline_seconds
        throttle: ThrottlingException | None = None
        for campaign_id in list(self.work.open):
            try:
                self._move(campaign_id, may_act=not late and throttle is None)
            except ThrottlingException as error:
                throttle = error
        if throttle is not None and not self._changed:
            raise throttle
        if late:
            self.give_up(
                Reason.DEADLINE_EXCEEDED,
                f"not {self.work.target} after {self.work.deadline_seconds} s",
            )

    def give_up(self, reason: str, message: str) -> None:
        self.work = self.work.fail_all(reason=reason, message=message, now=clock.now())

    def _move(self, campaign_id: str, *, may_act: bool) -> None:
        for _ in range(MOVES_PER_LOOK):
            progress = self.work.open[campaign_id]
            match campaign_batch.next_move(progress, self.work.target):
                case Wait():
                    return
                case Reached(reason, warning):
                    self._close(
                        campaign_id,
                        Phase.COMPLETE,
                        reason,
                        f"the campaign is {progress.state}",
                        warnings=(warning,) if warning else (),
                    )
                    return
                case Refuse(reason, why):
                    self._close(campaign_id, Phase.FAILED, reason, why)
                    return
                case Act(mutation):
                    if not may_act or self._settled_by(mutation, campaign_id, progress):
                        return

    def _settled_by(self, mutation: Mutation, campaign_id: str, progress: CampaignProgress) -> bool:
        """Try a mutation; return whether there is nothing more to do in this look.

        Raises:
            ThrottlingException: nothing was changed.
        """
        try:
            self._campaigns.apply(mutation, campaign_id)
        except ThrottlingException:
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
            self._take_refusal(mutation, campaign_id, progress, error)
            return True
        self._changed = True
        self._remember(campaign_id, campaign_batch.accepted(progress, mutation))
        logger.info("campaign moved", campaign_id=campaign_id, operation=mutation)
        return True

    def _take_refusal(
        self, mutation: Mutation, campaign_id: str, progress: CampaignProgress, error: AwsError
    ) -> None:
        """Remember a refusal to look again after, or settle the campaign when it is final.

        Which error a delete of an active campaign gives is documented nowhere, and the guides
        contradict each other on whether there is one; so its refusal is always looked at again.
        """
        unclear = isinstance(error, ValidationException | UnclassifiedException)
        look_again = mutation is Mutation.DELETE and unclear
        if isinstance(error, PermanentError) and not look_again:
            self._close(campaign_id, Phase.FAILED, type(error).__name__, str(error))
        else:
            self._changed = True
            refusal = type(error).__name__
            self._remember(campaign_id, campaign_batch.refused(progress, refusal))

    def _remember(self, campaign_id: str, progress: CampaignProgress) -> None:
        still_open = self.work.open | {campaign_id: progress}
        self.work = self.work.model_copy(update={"open": still_open})

    def _close(
        self,
        campaign_id: str,
        phase: EndPhase,
        reason: str,
        message: str,
        *,
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.work = self.work.close(
            campaign_id,
            phase=phase,
            reason=reason,
            message=message,
            warnings=warnings,
            now=clock.now(),
        )


def _report(work: CampaignWork, budget: int) -> Look:
    if not work.open:
        return looks.settled(work, campaign_batch.end_of(work))
    if work.memo.child_looks >= budget:
        return looks.out_of_looks(work)
    wait = campaign_batch.wait_seconds(work, clock.now(), random.random())
    return looks.look_again(work, campaign_batch.phase_of(work), wait)
