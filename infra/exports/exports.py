"""RDS exports: the function that reconciles them, and the rules that wake their waiters."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.exports.store import ExportStore
from infra.platform.platform import Platform
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
        self._grant_list_snapshots(self.function)
        self.store.grant_start_exports(self.function)
        self.store.grant_read_results(self.function)
        if settings.export_pointers:
            self.store.grant_replace_pointers(self.function)
        platform.coordination.grant_note_starts(self.function)
        self.rules = [self._ended(waiting), self._snapshot_available(waiting)]

    def _grant_export_tasks(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to start, cancel and describe exports of this account and Region."""
        sources = self._all("snapshot", "cluster-snapshot", "cluster")
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

    def _grant_list_snapshots(self, grantee: iam.IGrantable) -> None:
        """Grant to list the snapshots of this account's and Region's databases."""
        for action, kinds in (
            ("rds:DescribeDBSnapshots", ("db", "snapshot")),
            ("rds:DescribeDBClusterSnapshots", ("cluster", "cluster-snapshot")),
        ):
            iam.Grant.add_to_principal(
                grantee=grantee, actions=[action], resource_arns=self._all(*kinds)
            )

    def _all(self, *kinds: str) -> list[str]:
        """Return the ARNs of all of RDS's resources of some kinds, in this account and Region."""
        return [
            Stack.of(self).format_arn(
                service="rds",
                resource=kind,
                resource_name="*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for kind in kinds
        ]

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
