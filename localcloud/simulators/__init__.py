"""Strict simulators of Amazon Connect campaigns and of RDS, with the real wire protocols."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self

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
from localcloud.simulators.server import Server
from localcloud.simulators.shared_model import SharedModel
from localcloud.simulators.snapshot_documents import SnapshotDocuments
from localcloud.simulators.snapshots_api import SnapshotsApi
from localcloud.simulators.tagging_api import TaggingApi
from localcloud.simulators.world_time import WorldTime
from localcloud.world import Act, World

__all__ = ["Ledger", "Simulators"]


class Simulators:
    """A context manager that serves the simulators until it exits.

    World time starts at `begin`, after the deployment.

    Attributes:
        ledger: the calls and the state changes since the beginning.
        faults: the faults in force.
        endpoints: the environment variables that make boto3 and the AWS CLI use the simulators.
    """

    def __init__(
        self,
        world: World,
        clock: VirtualClock,
        *,
        account: str,
        region: str,
        publish_event: PublishEvent,
        put_object: PutObject,
        targets: ExportTargets | None = None,
        rds_fallback: Fallback | None = None,
        tagging_fallback: Fallback | None = None,
    ) -> None:
        """Compose the simulators.

        Args:
            world: what exists and what goes wrong.
            clock: the clock that all parts share.
            account: 12 digits.
            region: for ARNs and events.
            publish_event: takes EventBridge envelopes, one after another, on its own thread.
            put_object: takes bucket, key and content of the files that exports write; should be
                quick, because it delays scheduled changes.
            targets: the buckets, roles and keys that exist; by default, all do.
            rds_fallback: serves the other operations of RDS; by default, they are not served.
            tagging_fallback: the same for the Resource Groups Tagging API.
        """
        self._world = world
        self._time = WorldTime(clock)
        self._stack = ExitStack()
        self.ledger = Ledger()
        self.faults = Faults(world.faults, world.seed)
        events = Events(
            self._time, self.faults.events, publish_event, account=account, region=region
        )
        self._campaign_events = CampaignEvents(events)
        self._databases = databases = Databases(world.databases)
        arn_prefix = f"arn:aws:rds:{region}:{account}"
        self._exports = RunningRds(
            world,
            databases,
            arn_prefix=arn_prefix,
            time=self._time,
            ledger=self.ledger,
            events=RdsEvents(events),
            put_object=put_object,
        )
        self._campaigns = SharedModel(
            Campaigns(world.campaigns, self.ledger.record_state), self._time
        )
        self._actions = Actions(self._time, self._campaigns, self._exports, self._campaign_events)
        pipeline = CallPipeline(self._time, self.faults.calls, self.ledger)
        documents = CampaignDocuments(self._time, account=account, region=region)
        exports = ExportsApi(self._exports, self._time, targets=targets or AnyTargets())
        snapshots = SnapshotsApi(
            self._exports, databases, SnapshotDocuments(self._time), world, arn_prefix=arn_prefix
        )
        campaigns_api = CampaignsApi(
            self._campaigns,
            pipeline,
            self.faults.calls,
            campaign_buckets(world.limits, clock.now),
            documents=documents,
            events=self._campaign_events,
        )
        rds_api = RdsApi(exports.operations() | snapshots.operations(), pipeline, rds_fallback)
        tagging_api = TaggingApi(
            self._campaigns,
            documents,
            pipeline,
            now=clock.now,
            knows_v2=world.tagging_knows_v2,
            fallback=tagging_fallback,
        )
        campaigns, rds, tagging = self._servers = tuple(
            Server(api.respond, clock) for api in (campaigns_api, rds_api, tagging_api)
        )
        self.endpoints = {
            "AWS_ENDPOINT_URL_CONNECTCAMPAIGNS": campaigns.url,
            "AWS_ENDPOINT_URL_CONNECTCAMPAIGNSV2": campaigns.url,
            "AWS_ENDPOINT_URL_RDS": rds.url,
            "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API": tagging.url,
        }

    def __enter__(self) -> Self:
        for server in self._servers:
            self._stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

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

    def export_percents(self) -> dict[str, int]:
        """Return PercentProgress of each export that is IN_PROGRESS, by source."""
        return self._exports.percents()

    def export_parameters(self) -> list[ExportParameters]:
        """Return the parameters of every export, in the order of their starts."""
        return self._exports.parameters()

    def act(self, act: Act) -> tuple[Change, ...]:
        """Do what another caller does, except AbortExecution; return what changed.

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
