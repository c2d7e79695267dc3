"""RDS snapshots: the function that creates and deletes them, and the rule of their changes."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.platform.platform import Platform
from infra.rds import grant_describe_snapshots, rds_arns
from infra.settings import Settings
from infra.waiting import Waiting
from lambdas.shared.environment import SNAPSHOT_OWNER
from lambdas.snapshots.ownership import NAME_PREFIX, OWNER_TAG
from lambdas.snapshots.wakes import SNAPSHOT_CHANGED


class Snapshots(Construct):
    """Everything about snapshots, of DB instances and of DB clusters alike.

    Attributes:
        function: reconciles a snapshot.
        rules: whose events end waits for snapshots.
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
        self.function = platform.functions.add(
            self,
            "ReconcileSnapshot",
            package="snapshots",
            environment={
                **platform.coordination.environment,
                SNAPSHOT_OWNER: settings.stack_name,
            },
        )
        self._grant_snapshots(self.function, owner=settings.stack_name)
        # An identifier may be taken by a snapshot that is not the stack's.
        grant_describe_snapshots(self, self.function)
        platform.coordination.grant_note_snapshots(self.function)
        self.rules = [self._changed(waiting)]

    def _grant_snapshots(self, grantee: iam.IGrantable, *, owner: str) -> iam.Grant:
        """Grant to create snapshots with the owner's tag, and to delete those that have it."""
        named_as_own = rds_arns(self, "snapshot", "cluster-snapshot", name=f"{NAME_PREFIX}*")
        tagged = {"StringEquals": {f"aws:RequestTag/{OWNER_TAG}": owner}}
        create = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot"],
            # Both the database and the snapshot are authorized.
            resource_arns=[*rds_arns(self, "db", "cluster"), *named_as_own],
            conditions=tagged,
        )
        tag = iam.Grant.add_to_principal(
            grantee=grantee,
            # Tags at creation need it. No condition key limits it to a creation.
            actions=["rds:AddTagsToResource"],
            resource_arns=named_as_own,
            conditions={
                **tagged,
                "ForAllValues:StringEquals": {"aws:TagKeys": [OWNER_TAG]},
            },
        )
        delete = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["rds:DeleteDBSnapshot", "rds:DeleteDBClusterSnapshot"],
            resource_arns=named_as_own,
            conditions={"StringEquals": {f"aws:ResourceTag/{OWNER_TAG}": owner}},
        )
        return create.combine(tag).combine(delete)

    def _changed(self, waiting: Waiting) -> events.Rule:
        return events.Rule(
            self,
            "SnapshotChanged",
            event_pattern=events.EventPattern(
                source=["aws.rds"],
                detail={
                    "EventID": list(SNAPSHOT_CHANGED),
                    "SourceIdentifier": [{"prefix": NAME_PREFIX}],
                },
            ),
            targets=[waiting.target()],
            description="Wakes the waiters for a snapshot that was created or deleted",
        )
