"""One world: the models of its campaigns, snapshots and exports, and the APIs that serve them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from localcloud.clock import VirtualClock
from localcloud.simulators.actions import Actions
from localcloud.simulators.call_pipeline import CallPipeline
from localcloud.simulators.campaign_documents import CampaignDocuments
from localcloud.simulators.campaign_events import CampaignEvents
from localcloud.simulators.campaigns import Campaigns
from localcloud.simulators.campaigns_api import CampaignsApi, campaign_buckets
from localcloud.simulators.databases import Databases
from localcloud.simulators.events import Events, PublishEvent
from localcloud.simulators.export_files import PutObject
from localcloud.simulators.export_targets import AnyTargets, ExportTargets
from localcloud.simulators.exports import ExportParameters
from localcloud.simulators.exports_api import ExportsApi
from localcloud.simulators.faults import Faults
from localcloud.simulators.ledger import Change, Ledger
from localcloud.simulators.rds_api import Fallback, RdsApi
from localcloud.simulators.rds_events import RdsEvents
from localcloud.simulators.running_rds import RunningRds
from localcloud.simulators.server import Request, Response
from localcloud.simulators.shared_model import SharedModel
from localcloud.simulators.snapshot_documents import SnapshotDocuments
from localcloud.simulators.snapshots_api import SnapshotsApi
from localcloud.simulators.tagging_api import TaggingApi
from localcloud.simulators.world_time import WorldTime
from localcloud.world import Act, World


class Api(Protocol):
    """What answers the requests to a simulator."""

    def respond(self, request: Request) -> Response | None:
        """Return the response, None to close the connection without one."""


@dataclass(frozen=True)
class Surroundings:
    """What all worlds of one local AWS share.

    Attributes:
        clock: the clock that all parts share.
        account: 12 digits.
        region: for ARNs and events.
        publish_event: takes EventBridge envelopes, one after another, on its own thread.
        put_object: takes bucket, key and content of the files that exports write; should be
            quick, because it delays scheduled changes.
        targets: the buckets, roles and keys that exist; by default, all do.
        rds_fallback: serves the other operations of RDS; by default, they are not served.
        tagging_fallback: the same for the Resource Groups Tagging API.
        caller: returns the execution whose function makes the present call, None if unknown.
    """

    clock: VirtualClock
    account: str
    region: str
    publish_event: PublishEvent
    put_object: PutObject
    targets: ExportTargets = field(default_factory=AnyTargets)
    rds_fallback: Fallback | None = None
    tagging_fallback: Fallback | None = None
    caller: Callable[[], str | None] = lambda: None


class SimulatedWorld:
    """A world, whose time starts at `begin`.

    Attributes:
        ledger: the calls and the state changes since the beginning.
        faults: the faults in force.
        apis: of Amazon Connect campaigns, of RDS, and of Resource Groups Tagging.
    """

    def __init__(self, world: World, around: Surroundings) -> None:
        """Compose it from a world file."""
        self._world = world
        self._time = WorldTime(around.clock)
        self.ledger = Ledger()
        self.faults = Faults(world.faults, world.seed)
        events = Events(
            self._time,
            self.faults.events,
            around.publish_event,
            account=around.account,
            region=around.region,
        )
        campaign_events = CampaignEvents(events)
        self._databases = databases = Databases(world.databases)
        arn_prefix = f"arn:aws:rds:{around.region}:{around.account}"
        self._exports = RunningRds(
            world,
            databases,
            arn_prefix=arn_prefix,
            time=self._time,
            ledger=self.ledger,
            events=RdsEvents(events),
            put_object=around.put_object,
        )
        self._campaigns = SharedModel(
            Campaigns(world.campaigns, self.ledger.record_state), self._time
        )
        self._actions = Actions(self._time, self._campaigns, self._exports, campaign_events)
        pipeline = CallPipeline(self._time, self.faults.calls, self.ledger, around.caller)
        documents = CampaignDocuments(self._time, account=around.account, region=around.region)
        exports = ExportsApi(self._exports, self._time, targets=around.targets)
        snapshots = SnapshotsApi(
            self._exports, databases, SnapshotDocuments(self._time), world, arn_prefix=arn_prefix
        )
        campaigns_api = CampaignsApi(
            self._campaigns,
            pipeline,
            self.faults.calls,
            campaign_buckets(world.limits, around.clock.now),
            documents=documents,
            events=campaign_events,
        )
        rds_api = RdsApi(
            exports.operations() | snapshots.operations(), pipeline, around.rds_fallback
        )
        tagging_api = TaggingApi(
            self._campaigns,
            documents,
            pipeline,
            now=around.clock.now,
            knows_v2=world.tagging_knows_v2,
            fallback=around.tagging_fallback,
        )
        self.apis: tuple[Api, ...] = (campaigns_api, rds_api, tagging_api)

    def begin(self, *, export_bucket: str) -> None:
        """Start world time: ages, actions and the ledger's seconds count from here.

        Args:
            export_bucket: the deployed stack's bucket, which holds the world's completed exports.
        """
        self.ledger.begin()
        with self._campaigns.now() as (campaigns, _):
            for campaign in campaigns.all():
                self.ledger.record_state(0.0, campaign.spec.id, campaign.state)
        self._exports.begin(export_bucket)
        self._time.begin()
        self._actions.schedule(self._world.actions)
        for model in (self._campaigns, self._exports.shared):
            self._time.at(0, "the world", model.wake)

    def perform(self, act: Act) -> tuple[Change, ...]:
        """Do what another caller does, at this moment, and return what changed.

        Raises SimulatedError: it is refused, as any caller would be.
        """
        before = len(self.ledger.timeline)
        self._actions.perform(act)
        changes = self.ledger.timeline[before:]
        return tuple(change for change in changes if isinstance(change, Change))

    def existing(self) -> dict[str, list[dict[str, Any]]]:
        """Return what exists, with its states, as JSON types."""
        with self._campaigns.now() as (campaigns, _):
            of_campaigns = [
                {
                    "id": one.spec.id,
                    "name": one.spec.name or one.spec.id,
                    "api_version": one.spec.api_version,
                    "state": one.state,
                    "is_being_deleted": one.gone_at is not None,
                }
                for one in campaigns.all()
            ]
        return {"campaigns": of_campaigns, **self._exports.existing(self._databases)}

    def export_percents(self) -> dict[str, int]:
        """Return PercentProgress of each export that is IN_PROGRESS, by source."""
        return self._exports.percents()

    def export_parameters(self) -> list[ExportParameters]:
        """Return the parameters of every export, in the order of their starts."""
        return self._exports.parameters()
