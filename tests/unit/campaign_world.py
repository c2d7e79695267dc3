"""Campaigns in simulated time, with other callers and faults, as `Campaigns` shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from lambdas.campaigns.transitions import CampaignState, Mutation
from lambdas.shared import clock, errors
from localcloud.simulators.campaigns import Campaigns as Model
from localcloud.simulators.errors import SimulatedError
from localcloud.world import ApiVersion, Campaign
from tests.unit.fakes import aws_error

UNANSWERED_SECONDS = 25
"""After which a call times out: 5 to connect and 20 to read, in `lambdas.shared.aws`."""


class OtherCall(NamedTuple):
    """A call of someone else, at a number of seconds since the beginning."""

    at: float
    operation: str
    campaign_id: str


class Fault(StrEnum):
    """How a call fails."""

    THROTTLED = "throttled"
    CONFLICT = "conflict"
    LOST_BEFORE = "lost before it took effect"
    LOST_AFTER = "lost after it took effect"
    DENIED = "denied"


class Call(NamedTuple):
    """A mutation that was requested.

    Attributes:
        at: epoch seconds.
        last_seen: the campaign's state as the caller was shown it last.
    """

    at: float
    mutation: Mutation
    campaign_id: str
    last_seen: str | None


class CampaignWorld:
    """Has the methods of `Campaigns`, for one API version.

    Attributes:
        mutations: all that were requested, the refused ones too.
        reads: the moments of all reads.
    """

    def __init__(
        self,
        began_at: float,
        campaigns: Iterable[Campaign],
        *,
        other_calls: Iterable[OtherCall] = (),
        faults: Mapping[str, Sequence[Fault | None]] | None = None,
        unknown: Iterable[str] = (),
        rejected: Iterable[str] = (),
        latency: float = 0.0,
    ) -> None:
        self._began_at = began_at
        self._version: ApiVersion = "v2"
        self._model = Model(campaigns, lambda *_: None)
        self._other_calls = sorted(other_calls)
        self._faults = {name: list(queue) for name, queue in (faults or {}).items()}
        self._unknown = frozenset(unknown)
        self._rejected = frozenset(rejected)
        self._latency = latency
        self._shown: dict[str, str | None] = {}
        self.mutations: list[Call] = []
        self.reads: list[float] = []

    def states(self, campaign_ids: Sequence[str]) -> dict[str, str | None]:
        assert 1 <= len(campaign_ids) == len(set(campaign_ids)) <= 25
        self.reads.append(clock.now())
        fault = self._arrive("states")
        if fault is not None:
            raise fault
        if self._rejected & set(campaign_ids):
            raise aws_error(errors.ValidationException)
        states = {name: self._state(name) for name in campaign_ids}
        self._shown |= states
        return states

    def schedule_end(self, campaign_id: str) -> float | None:
        fault = self._arrive("schedule_end")
        if fault is not None:
            raise fault
        campaign = self._model.find(self._version, campaign_id)
        if campaign is None:
            raise aws_error(errors.ResourceNotFoundException)
        end = campaign.spec.schedule_end_s
        return None if end is None else self._began_at + end

    def apply(self, mutation: Mutation, campaign_id: str) -> None:
        shown = self._shown.get(campaign_id)
        self.mutations.append(Call(clock.now(), mutation, campaign_id, shown))
        fault = self._arrive("apply")
        if fault is not None and fault.args != (Fault.LOST_AFTER,):
            raise fault
        try:
            self._model.mutate(mutation, self._version, campaign_id, self._seconds())
        except SimulatedError as refusal:
            error = aws_error(getattr(errors, refusal.code), state=refusal.state or "")
            if isinstance(error, errors.InvalidCampaignStateException):
                self._shown[campaign_id] = error.state
            raise error from refusal
        if fault is not None:
            raise fault

    def _state(self, campaign_id: str) -> str | None:
        if campaign_id in self._unknown:
            return None
        campaign = self._model.find(self._version, campaign_id)
        return campaign.state if campaign else CampaignState.GONE

    def _arrive(self, operation: str) -> errors.AwsError | None:
        """Let time pass and others act; return how this call fails, if it does."""
        clock.sleep(self._latency)
        while self._other_calls and self._other_calls[0].at <= self._seconds():
            self._make(self._other_calls.pop(0))
        self._model.advance(self._seconds())
        queue = self._faults.get(operation)
        match queue.pop(0) if queue else None:
            case None:
                return None
            case Fault.THROTTLED:
                return aws_error(errors.ThrottlingException)
            case Fault.CONFLICT:
                return aws_error(errors.ConflictException)
            case Fault.DENIED:
                return aws_error(errors.AccessDeniedException)
            case lost:
                clock.sleep(UNANSWERED_SECONDS)
                error = aws_error(errors.ServiceUnavailableException)
                error.args = (lost,)
                return error

    def _make(self, call: OtherCall) -> None:
        self._model.advance(call.at)
        try:
            self._model.act(call.operation, call.campaign_id, call.at)
        except SimulatedError:
            return

    def _seconds(self) -> float:
        return clock.now() - self._began_at
