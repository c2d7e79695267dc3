"""One reconcile pass for a batch of campaigns: poll, decide, change campaigns, return."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.campaigns import batch as campaign_batch
from lambdas.campaigns import dry_run
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.hints import hint_for_campaign_quota, hint_for_missing_campaign
from lambdas.campaigns.moves import Moves, MovesOfWork
from lambdas.campaigns.rates import CampaignLimits, campaign_limits
from lambdas.campaigns.transitions import (
    Act,
    CampaignState,
    Decision,
    Mutation,
    Reached,
    Refuse,
    Wait,
    changed_since,
)
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.jobs import measures, pass_result
from lambdas.jobs.history import Budget
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resource_result import EndPhase
from lambdas.rate_limit.limiter import Slots
from lambdas.rate_limit.quota import HORIZON_SECONDS
from lambdas.shared import clock
from lambdas.shared.aws import LAST_CALL_SECONDS
from lambdas.shared.environment import COORDINATION_TABLE, setting
from lambdas.shared.errors import (
    AwsError,
    InvalidCampaignStateException,
    PermanentError,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ServiceUnavailableException,
    ThrottlingException,
    TransientError,
    UnclassifiedException,
    ValidationException,
)
from lambdas.shared.observability import logger, observed
from lambdas.shared.texts import with_hint

MUTATIONS_PER_PASS: Final = 2
"""Of one campaign: a second one if the refusal of the first one returned the state."""

SCHEDULES_PER_PASS: Final = 10
"""Calls of DescribeCampaign, which has a quota of its own; they only improve when to poll."""


class Reading(Enum):
    """How the reading of a batch ended."""

    DONE = auto()
    """Everything was read that rate and time allowed."""
    FAILED = auto()
    """AWS stopped responding; the states read so far are kept, and no campaign is changed."""


class Attempt(Enum):
    """How AWS responded to a mutation."""

    ACCEPTED = auto()
    REFUSED = auto()
    """The campaign has ended because of it, or is polled again in the next pass."""
    REFUSED_WITH_STATE = auto()
    """The refusal returned the campaign's state, which is decided on at once."""
    THROTTLED = auto()


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one pass for the event's `work` and `trace`, and return a `PassResult`."""
    deadline = clock.now() + context.get_remaining_time_in_millis() / 1_000
    work = CampaignWork.model_validate(event["work"])
    campaigns = Campaigns(work.api_version)
    history_events = event.get("history_events", 0)
    moves = MovesOfWork(
        work,
        event["trace"]["execution_arn"],
        context.aws_request_id,
        Moves(setting(COORDINATION_TABLE)),
    )
    result = reconcile(work, campaigns, campaign_limits(), history_events, deadline, moves=moves)
    return measures.count_pass(result).as_payload()


def reconcile(
    work: CampaignWork,
    campaigns: Campaigns,
    limits: CampaignLimits,
    history_events: int,
    deadline: float,
    *,
    moves: MovesOfWork,
) -> PassResult:
    """Run one reconcile pass for a batch.

    Args:
        work: the batch and its progress.
        campaigns: of the batch's API version.
        limits: the rate limits that all executions share.
        history_events: in the history of this child execution so far.
        deadline: when this invocation times out, in epoch seconds.
        moves: where changes are noted that may be undone.

    Raises:
        TransientError: when nothing was read and a retry may succeed.
    """
    batch = _Pass(work, campaigns, limits, deadline, moves)
    batch.run()
    return batch.report(history_events)


class _Pass:
    """The batch during one pass."""

    def __init__(
        self,
        work: CampaignWork,
        campaigns: Campaigns,
        limits: CampaignLimits,
        deadline: float,
        moves: MovesOfWork,
    ) -> None:
        self._work = work.polled(clock.now())
        self._campaigns = campaigns
        self._limits = limits
        self._moves = moves
        self._calls_until = deadline - LAST_CALL_SECONDS
        self._polled: set[str] = set()
        self._rejected = False
        self._attempts: list[Attempt] = []
        self._throttle: ThrottlingException | None = None
        self._again_at: float | None = None

    def run(self) -> None:
        """Poll as time allows, make the mutations that are due, fail what is past its deadline.

        Raises:
            TransientError: nothing was read.
        """
        late = self._work.polling.age(clock.now()) >= self._work.deadline_seconds
        try:
            reading = self._observe()
        except PermanentError as error:
            self._fail_all(type(error).__name__, str(error))
            return
        if self._work.dry_run:
            self._foresee_all()
        else:
            self._act_on_all(may_act=reading is Reading.DONE and not late)
        self._learn_schedules()
        if late:
            self._fail_late()

    def report(self, history_events: int) -> PassResult:
        """Return the result of the pass."""
        work, now = self._work, clock.now()
        if not work.open:
            return pass_result.last_pass(work, campaign_batch.end_of(work))
        if self._again_at is None:
            wait = campaign_batch.wait_seconds(work, now, random.random())
        else:
            wait = campaign_batch.wait_until(work, self._again_at, now, random.random())
        budget = Budget(history_events, work.polling.age(now), work.deadline_seconds)
        wait = budget.stretch(wait)
        wake = campaign_batch.wake_of(work, now, wait) if budget.allows_wakes else None
        return pass_result.next_pass(work, campaign_batch.phase_of(work, now), wait, wake)

    def _observe(self) -> Reading:
        """Poll each campaign once, as far as rate and time allow.

        A group that AWS refuses to read is read again in smaller groups. What is not polled in
        this pass is polled in the next one.

        Raises:
            PermanentError: no campaign can be read.
            TransientError: nothing was read.
        """
        for campaign_id, state in self._work.assumed.items():
            if campaign_id in self._work.open:
                self._see(campaign_id, state)
        until = self._calls_until - HORIZON_SECONDS
        while unread := self._unread():
            if self._learned and clock.now() > until:
                self._request_next_pass(clock.now())
                return Reading.DONE
            groups = campaign_batch.read_groups(unread)
            slots = self._limits.reads.reserve(len(groups), until)
            for group in groups:
                if not slots.take():
                    self._request_next_pass(slots.again_at)
                    return Reading.DONE
                try:
                    self._read(group)
                except TransientError as error:
                    if isinstance(error, ThrottlingException):
                        slots.throttled()
                    if not self._learned:
                        raise
                    logger.warning("campaigns not read", error=str(error))
                    self._request_next_pass(slots.again_at)
                    return Reading.FAILED
        return Reading.DONE

    @property
    def _learned(self) -> bool:
        """Whether any read of this pass had a result."""
        return self._rejected or bool(self._polled)

    def _unread(self) -> dict[str, CampaignProgress]:
        still_open = self._work.open.items()
        return {name: progress for name, progress in still_open if name not in self._polled}

    def _read(self, group: Sequence[str]) -> None:
        """Poll campaigns with one call; if AWS refuses it, suspect each of them."""
        try:
            states = self._campaigns.states(group)
        except ValidationException as error:
            self._rejected = True
            if len(group) == 1:
                self._close(group[0], Phase.FAILED, type(error).__name__, str(error))
                return
            for campaign_id in group:
                progress = self._work.open[campaign_id]
                self._remember(campaign_id, campaign_batch.suspected(progress, len(group)))
            return
        for campaign_id, state in states.items():
            self._see(campaign_id, state)

    def _see(self, campaign_id: str, state: str | None) -> None:
        self._polled.add(campaign_id)
        before = self._work.open[campaign_id]
        after = campaign_batch.seen(before, state)
        self._remember(campaign_id, after)
        measures.count_progress(before.state, after.state)
        if before.state != after.state:
            logger.info(
                "campaign changed state",
                campaign_id=campaign_id,
                before=before.state,
                after=after.state,
            )

    def _foresee_all(self) -> None:
        """End the dry run of each campaign that was polled in this pass, without any mutation."""
        for campaign_id in self._polled_and_open():
            foreseen = dry_run.foresee(self._work, campaign_id, clock.now())
            if foreseen is not None:
                self._close(campaign_id, Phase.PLANNED, foreseen.reason, foreseen.message)
                self._work = self._work.foreseeing(foreseen)

    def _act_on_all(self, *, may_act: bool) -> None:
        """End or change each campaign that was polled in this pass."""
        due = self._due()
        slots = None
        if may_act and due:
            slots = self._limits.mutations.reserve(len(due), self._calls_until)
        for campaign_id in self._polled_and_open():
            self._act_on(campaign_id, slots)
        if set(self._attempts) - {Attempt.THROTTLED}:
            self._work = self._work.with_throttled_passes(0)
        elif self._throttle is not None:
            self._count_throttle(self._throttle)

    def _count_throttle(self, throttle: ThrottlingException) -> None:
        """Count a pass whose mutations were all throttled; fail after too many in a row."""
        self._work = campaign_batch.throttled(self._work)
        if self._work.throttled_passes < campaign_batch.MAX_THROTTLED_PASSES:
            return
        message = f"throttled in {self._work.throttled_passes} polls in a row: {throttle}"
        for campaign_id in self._due():
            self._close(campaign_id, Phase.FAILED, type(throttle).__name__, message)

    def _polled_and_open(self) -> list[str]:
        return [name for name in self._work.open if name in self._polled]

    def _due(self) -> list[str]:
        """Return the campaigns that need a mutation now."""
        return [name for name in self._polled_and_open() if isinstance(self._decision(name), Act)]

    def _decision(self, campaign_id: str) -> Decision:
        return campaign_batch.decide_for(self._work, campaign_id, clock.now())

    def _act_on(self, campaign_id: str, slots: Slots | None) -> None:
        """End a campaign, or make the mutations that are due."""
        for _ in range(MUTATIONS_PER_PASS):
            if not self._has_withdrawn(campaign_id):
                return
            decision = self._decision(campaign_id)
            if isinstance(decision, Reached | Refuse) and not self._has_forgotten(
                campaign_id, decision
            ):
                return
            match decision:
                case Wait():
                    return
                case Reached(reason, warning):
                    warnings = (warning,) if warning else ()
                    message = campaign_batch.describe(self._work.open[campaign_id])
                    self._close(campaign_id, Phase.COMPLETE, reason, message, warnings)
                    return
                case Refuse(Reason.CAMPAIGN_NOT_FOUND as reason, why):
                    hint = hint_for_missing_campaign(self._work.api_version)
                    self._close(campaign_id, Phase.FAILED, reason, with_hint(why, hint))
                    return
                case Refuse(reason, why):
                    self._close(campaign_id, Phase.FAILED, reason, why)
                    return
                case Act(mutation):
                    if slots is None:
                        return
                    if not slots.take():
                        self._request_next_pass(slots.again_at)
                        return
                    attempt = self._attempt(mutation, campaign_id, slots)
                    self._attempts.append(attempt)
                    if attempt is not Attempt.REFUSED_WITH_STATE:
                        return

    def _attempt(self, mutation: Mutation, campaign_id: str, slots: Slots) -> Attempt:
        """Note a mutation, try it, and record the response."""
        call = self._moves.next_call()
        try:
            if self._moves.are_undone(campaign_id):
                self._leave_undone(campaign_id)
                return Attempt.REFUSED
            self._moves.note_call(
                campaign_id, self._work.open[campaign_id].state or "", mutation, call
            )
        except AwsError as error:
            logger.warning("mutation not noted", campaign_id=campaign_id, error=str(error))
            progress = campaign_batch.refused(self._work.open[campaign_id], type(error).__name__)
            self._remember(campaign_id, campaign_batch.to_withdraw(progress, call))
            return Attempt.REFUSED
        try:
            self._campaigns.apply(mutation, campaign_id)
        except AwsError as error:
            if not isinstance(error, ServiceUnavailableException):
                self._withdraw(campaign_id, call)
            return self._refused(mutation, campaign_id, error, slots)
        progress = self._work.open[campaign_id]
        self._remember(campaign_id, campaign_batch.accepted(progress, mutation, clock.now()))
        logger.info("mutation accepted", campaign_id=campaign_id, operation=mutation)
        if self._work.undoes is not None:
            self._forget(campaign_id)
        return Attempt.ACCEPTED

    def _refused(
        self, mutation: Mutation, campaign_id: str, error: AwsError, slots: Slots
    ) -> Attempt:
        """Record how AWS refused a mutation, or that its response was lost."""
        progress = self._work.open[campaign_id]
        refusal = type(error).__name__
        match error:
            case ThrottlingException():
                self._throttle = error
                slots.throttled()
                self._request_next_pass(slots.again_at)
                return Attempt.THROTTLED
            case InvalidCampaignStateException():
                self._remember(campaign_id, campaign_batch.refused(progress, refusal, error.state))
                return Attempt.REFUSED_WITH_STATE
            case ResourceNotFoundException():
                gone = campaign_batch.refused(progress, refusal, CampaignState.GONE)
                self._remember(campaign_id, gone)
                return Attempt.REFUSED_WITH_STATE
        self._record_refusal(mutation, campaign_id, error)
        return Attempt.REFUSED

    def _withdraw(self, campaign_id: str, *calls: str) -> None:
        """Take out the note of calls that had no effect; remember those that could not be."""
        try:
            self._moves.withdraw(campaign_id, calls)
            calls = ()
        except AwsError as error:
            logger.warning("note not withdrawn", campaign_id=campaign_id, error=str(error))
        progress = self._work.open[campaign_id]
        self._remember(campaign_id, campaign_batch.to_withdraw(progress, *calls))

    def _has_withdrawn(self, campaign_id: str) -> bool:
        """Return whether nothing is noted of a campaign that had no effect on it."""
        calls = self._work.open[campaign_id].to_withdraw
        if calls:
            self._withdraw(campaign_id, *calls)
        return not self._work.open[campaign_id].to_withdraw

    def _forget(self, campaign_id: str) -> None:
        """Delete the notes of what has been undone, or is left for good."""
        try:
            self._moves.forget(campaign_id)
        except AwsError as error:
            logger.warning("note not deleted", campaign_id=campaign_id, error=str(error))
            return
        self._remember(campaign_id, campaign_batch.forgotten(self._work.open[campaign_id]))

    def _has_forgotten(self, campaign_id: str, decision: Reached | Refuse) -> bool:
        """Return whether no notes are left of a campaign that has been restored, or never will be.

        Those of one that could not be restored stay, so that a clean-up can do so.
        """
        final = isinstance(decision, Reached) or decision.reason is Reason.ILLEGAL_TRANSITION
        if self._work.undoes is None or not final:
            return True
        if not self._work.open[campaign_id].is_forgotten:
            self._forget(campaign_id)
        return self._work.open[campaign_id].is_forgotten

    def _leave_undone(self, campaign_id: str) -> None:
        """End a campaign whose notes are gone: another pass has restored it, or left it alone."""
        progress = self._work.open[campaign_id]
        if progress.move is not None:
            left = changed_since(progress.state or "", progress.move)
            warnings = (left.warning,) if left.warning else ()
            message = campaign_batch.describe(progress)
            self._close(campaign_id, Phase.COMPLETE, left.reason, message, warnings)

    def _request_next_pass(self, moment: float) -> None:
        """Request the next pass at a time, in epoch seconds, unless one is due earlier."""
        self._again_at = moment if self._again_at is None else min(moment, self._again_at)

    def _record_refusal(self, mutation: Mutation, campaign_id: str, error: AwsError) -> None:
        """Record a refusal after which to poll again, or end the campaign if it is final.

        Which error the deletion of an active campaign returns is not documented, and the guides
        contradict each other on whether there is one; so after such a refusal the campaign is
        polled again.
        """
        name, message = type(error).__name__, str(error)
        if self._work.open[campaign_id].to_withdraw:
            # Not ended before its note is right.
            self._remember(campaign_id, campaign_batch.refused(self._work.open[campaign_id], name))
            return
        unclear = isinstance(error, ValidationException | UnclassifiedException)
        poll_again = mutation is Mutation.DELETE and unclear
        if isinstance(error, ServiceQuotaExceededException):
            message = with_hint(message, hint_for_campaign_quota(message))
            self._close(campaign_id, Phase.FAILED, Reason.QUOTA_EXCEEDED, message)
        elif isinstance(error, PermanentError) and not poll_again:
            self._close(campaign_id, Phase.FAILED, name, message)
        else:
            self._remember(campaign_id, campaign_batch.refused(self._work.open[campaign_id], name))

    def _learn_schedules(self) -> None:
        """Read when the schedules of watched campaigns end, where that is not known."""
        unscheduled = [
            name for name in campaign_batch.unscheduled(self._work) if name in self._polled
        ]
        for campaign_id in unscheduled[:SCHEDULES_PER_PASS]:
            if clock.now() > self._calls_until:
                return
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
        self._work = self._work.with_progress(campaign_id, progress)

    def _fail_all(self, reason: str, message: str) -> None:
        self._work = self._work.fail_all(reason=reason, message=message, now=clock.now())

    def _fail_late(self) -> None:
        for campaign_id, progress in self._work.open.items():
            read = campaign_id in self._polled and not progress.unexplained_polls
            known = "" if read else "known to be "
            message = f"not {known}{self._work.target} after {self._work.deadline_seconds} s"
            self._close(campaign_id, Phase.FAILED, Reason.DEADLINE_EXCEEDED, message)

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
