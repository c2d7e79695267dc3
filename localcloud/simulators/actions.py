"""What other callers do: the world's actions, each at its time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from localcloud.simulators.campaign_events import CampaignEvents
from localcloud.simulators.campaigns import Campaigns
from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.running_rds import RunningRds
from localcloud.simulators.shared_model import SharedModel
from localcloud.simulators.world_time import WorldTime
from localcloud.world import CAMPAIGN_MUTATIONS, Act, Action


class Actions:
    """Acts as another caller than the orchestrator: not throttled, and not in the ledger."""

    def __init__(
        self,
        time: WorldTime,
        campaigns: SharedModel[Campaigns],
        exports: RunningRds,
        campaign_events: CampaignEvents,
    ) -> None:
        self._time = time
        self._campaigns = campaigns
        self._exports = exports
        self._campaign_events = campaign_events

    def schedule(self, actions: Iterable[Action]) -> None:
        """Schedule the actions except AbortExecution, which is not an operation of a simulator."""
        for action in actions:
            if action.operation != "AbortExecution":
                self._schedule(action, action.at_s)

    def act(self, action: Action) -> None:
        """Act at this moment; as for any caller, what is illegal is refused and changes nothing."""
        with contextlib.suppress(SimulatedError):
            self.perform(action)

    def _schedule(self, action: Action, at_s: float) -> None:
        def act() -> None:
            self.act(action)
            if action.every_s is not None:
                self._schedule(action, at_s + action.every_s)

        self._time.at(at_s, action.operation, act)

    def perform(self, action: Act) -> None:
        """Act at this moment.

        Raises SimulatedError: what is illegal is refused, and changes nothing.
        """
        if action.arn is not None:
            change = {
                "CreateSnapshot": self._exports.create_snapshot,
                "DeleteSnapshot": self._exports.delete_snapshot,
            }[action.operation]
            change(action.arn)
        elif action.source_arn is not None:
            with self._exports.shared.now() as (exports, now):
                exports.cancel_of_source(action.source_arn, now)
        elif action.campaign_id is not None:
            with self._campaigns.now() as (campaigns, now):
                campaigns.act(action.operation, action.campaign_id, now)
            if action.operation in CAMPAIGN_MUTATIONS:
                self._campaign_events.announce(action.operation, action.campaign_id, now)
