"""RDS exports: the function that reconciles them, and the rules that wake their waiters."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.exports.store import ExportStore
from infra.platform.platform import Platform
from infra.rds import grant_describe_snapshots, rds_arns
from infra.settings import Settings
from infra.waiting import Waiting
from lambdas.exports.wakes import (
    CLUSTER_SNAPSHOT_CREATED,
    EXPORT_ENDED,
    INSTANCE_SNAPSHOT_CREATED,
)
from lambdas.shared.environment import EXPORT_POINTERS


class Exports(Construct):
    """The function, the destination and the rules of exports.

    Attributes:
        store: their destination.
        function: reconciles an export.
        rules: those whose events wake waiters for exports, for slots and for snapshots.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        platform: Platform,
        waiting: Waiting,
    ) -> None:
        super().__init__(scope, construct_id)
        self.store = ExportStore(
            self,
            "Store",
            prefix=settings.export_prefix,
            existing=settings.existing_store,
            noncurrent_version_days=settings.noncurrent_version_days,
        )
        self.function = platform.functions.add(
            self,
            "ReconcileExport",
            package="exports",
            environment={
                **platform.coordination.environment,
                **self.store.environment,
                **({EXPORT_POINTERS: "true"} if settings.export_pointers else {}),
            },
        )
        self._grant_export_tasks(self.function)
        grant_describe_snapshots(self, self.function)
        self.store.grant_start_exports(self.function)
        self.store.grant_read_results(self.function)
        if settings.export_pointers:
            self.store.grant_replace_pointers(self.function)
        platform.coordination.grant_note_starts(self.function)
        self.rules = [self._ended(waiting), self._snapshot_available(waiting)]

    def _grant_export_tasks(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to start, cancel and describe exports of this account and Region."""
        sources = rds_arns(self, "snapshot", "cluster-snapshot", "cluster")
        start = iam.Grant.add_to_principal(
            grantee=grantee, actions=["rds:StartExportTask"], resource_arns=sources
        )
        cancel_and_describe = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["rds:CancelExportTask", "rds:DescribeExportTasks"],
            # A task has no ARN: both operations take its identifier, or a filter.
            resource_arns=["*"],
        )
        return start.combine(cancel_and_describe)

    def _snapshot_available(self, waiting: Waiting) -> events.Rule:
        return events.Rule(
            self,
            "SnapshotAvailable",
            event_pattern=events.EventPattern(
                source=["aws.rds"],
                detail={"EventID": [*INSTANCE_SNAPSHOT_CREATED, *CLUSTER_SNAPSHOT_CREATED]},
            ),
            targets=[waiting.target()],
            description="Wakes the waiters for a new snapshot",
        )

    def _ended(self, waiting: Waiting) -> events.Rule:
        return events.Rule(
            self,
            "ExportEnded",
            event_pattern=events.EventPattern(
                source=["aws.rds"], detail={"EventID": list(EXPORT_ENDED)}
            ),
            targets=[waiting.target()],
            description="Wakes the waiters for the export, and one for its slot",
        )
