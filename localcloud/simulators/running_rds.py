"""Snapshots and export tasks: recorded, announced by events, exported once their files exist."""

from __future__ import annotations

from typing import Any, get_args

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.simulators.databases import Databases, state
from localcloud.simulators.export_files import PutObject, export_files
from localcloud.simulators.export_sources import ExportSources
from localcloud.simulators.exports import Export, ExportParameters, Exports
from localcloud.simulators.ledger import Ledger
from localcloud.simulators.rds_events import RdsEvents
from localcloud.simulators.shared_model import SharedModel
from localcloud.simulators.snapshots import LiveSnapshot, SnapshotKind, Snapshots
from localcloud.simulators.world_time import WorldTime
from localcloud.world import DatabaseKind, World, source_kind


class RunningRds:
    """The models of snapshots and exports with their ledger entries, events and files.

    Attributes:
        bucket: the stack's bucket, None until it is known.
        shared: the access to the model.
    """

    def __init__(
        self,
        world: World,
        databases: Databases,
        *,
        arn_prefix: str,
        time: WorldTime,
        ledger: Ledger,
        events: RdsEvents,
        put_object: PutObject,
    ) -> None:
        self.bucket: str | None = None
        self._time = time
        self._ledger = ledger
        self._events = events
        self._put_object = put_object
        snapshots = Snapshots(
            (spec for spec in world.snapshots if source_kind(spec.arn) != "cluster"),
            databases,
            created_by_actions=frozenset(
                action.arn
                for action in world.actions
                if action.operation == "CreateSnapshot" and action.arn
            ),
            quota=world.limits.manual_snapshots,
            arn_prefix=arn_prefix,
            on_change=self._snapshot_changed,
        )
        self._model = Exports(
            ExportSources(world.snapshots, snapshots, databases),
            world.exports,
            slots=world.limits.concurrent_exports,
            on_change=self._changed,
        )
        self.shared = SharedModel(self._model, time, after_advance=self._complete_ready)

    def begin(self, bucket: str) -> None:
        """Record the exports that exist, and write the files of those that are COMPLETE."""
        self.bucket = bucket
        with self.shared.now() as (exports, _):
            present = sorted(exports.all(), key=lambda export: export.entered_at)
            self._ledger.record_concurrent_exports(exports.count_active())
        for export in present:
            self._ledger.record_state(0.0, export.parameters.source_arn, export.status)
            if export.status == "COMPLETE":
                self._write_files(export)

    def percents(self) -> dict[str, int]:
        """Return PercentProgress of each export that is IN_PROGRESS, by source.

        It does not advance the model.
        """
        now = self._time.seconds()
        return {
            export.parameters.source_arn: export.percent(now)
            for export in self._model.all()
            if export.status == "IN_PROGRESS"
        }

    def parameters(self) -> list[ExportParameters]:
        """Return the parameters of every export, in the order of their starts."""
        return [export.parameters for export in self._model.all()]

    def existing(self, databases: Databases) -> dict[str, list[dict[str, Any]]]:
        """Return the databases, snapshots and exports with their states, as JSON types."""
        with self.shared.now() as (exports, now):
            snapshots = exports.sources.snapshots
            return {
                "databases": [
                    {
                        "id": one.id,
                        "kind": one.kind,
                        "state": "backing-up" if snapshots.is_backing_up(one) else state(one, now),
                    }
                    for kind in get_args(DatabaseKind)
                    for one in databases.all(kind)
                ],
                "snapshots": [
                    {
                        "arn": one.arn,
                        "type": one.type,
                        "state": one.status,
                        "percent": one.percent(now),
                    }
                    for kind in get_args(SnapshotKind)
                    for one in snapshots.all(kind)
                ],
                "exports": [
                    {
                        "id": one.parameters.export_id,
                        "source_arn": one.parameters.source_arn,
                        "state": one.status,
                        "percent": one.percent(now),
                    }
                    for one in exports.all()
                ],
            }

    def create_snapshot(self, arn: str) -> None:
        """Have a snapshot become available, as another caller does."""
        with self.shared.now() as (exports, now):
            exports.sources.snapshots.create_at_once(arn, now)

    def delete_snapshot(self, arn: str) -> None:
        """Start to delete a snapshot of any type, as its owner or the end of its retention does."""
        with self.shared.now() as (exports, now):
            exports.sources.snapshots.delete_any(arn, now)

    def _snapshot_changed(
        self, at_s: float, snapshot: LiveSnapshot, *, is_first: bool = False
    ) -> None:
        if not is_first:
            self._ledger.record_state(at_s, snapshot.arn, snapshot.status)
        if not snapshot.is_foreign:
            # Which events AWS Backup's snapshots have is not documented; those of manual ones.
            by = "automated" if snapshot.type == "automated" else "manual"
            self._events.announce(snapshot.arn, f"{by} {snapshot.status.lower()}", at_s)

    def _changed(self, at_s: float, export: Export) -> None:
        self._ledger.record_state(at_s, export.parameters.source_arn, export.status)
        self._ledger.record_concurrent_exports(self._model.count_active())
        self._events.announce(export.parameters.source_arn, export.status, at_s)

    def _complete_ready(self) -> None:
        """Write files without the lock, and only then complete: COMPLETE means that they exist."""
        with self.shared.now() as (exports, now):
            ready = [export for export in exports.all() if export.is_ready(now)]
        for export in ready:
            try:
                self._write_files(export)
            except (ClientError, BotoCoreError) as error:
                with self.shared.now() as (exports, now):
                    exports.fail(export, str(error), now)
            else:
                with self.shared.now() as (exports, now):
                    exports.complete(export, now)

    def _write_files(self, export: Export) -> None:
        bucket = export.parameters.bucket or self.bucket
        if bucket:
            for key, content in export_files(export):
                self._put_object(bucket, key, content)
