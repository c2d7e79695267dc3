"""The items of the coordination table: keys, attributes, and how long they are kept.

All keys and attribute names are defined here, for the functions and the states that write items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "sk"
EXPIRES_AT: Final = "expires_at"
"""Epoch seconds; the table's time to live."""

Attributes = dict[str, dict[str, Any]]
"""An item or a key as DynamoDB's API has it."""

KEPT_FOR_CLEAN_UP_SECONDS: Final = (365 + 90) * 86_400
"""As long as an execution may run, and may be cleaned up after. Source: Step Functions quotas."""


@dataclass(frozen=True)
class ItemType:
    """One type of item.

    Attributes:
        name: what an item represents.
        partition: the format of its partition key.
        sort: the format of its sort key.
        attributes: besides the keys and `expires_at`.
        written_by: states and functions.
        read_by: functions.
        kept: until when.
    """

    name: str
    partition: str
    sort: str
    attributes: tuple[str, ...]
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    kept: str

    def key(self, **parts: str) -> Attributes:
        """Return the key of an item from its parts."""
        return key(self.partition.format(**parts), self.sort.format(**parts))


TOKEN: Final = "token"
CAMPAIGN_IDS: Final = "ids"
WAITER: Final = ItemType(
    name="a child execution that waits with a task token",
    partition="waiter#{awaited}",
    sort="{order}#{child_execution_arn}",
    attributes=(TOKEN, CAMPAIGN_IDS),
    written_by=(
        "AwaitExportEvent",
        "AwaitExportSlot",
        "AwaitSnapshot",
        "AwaitSnapshotEvent",
        "AwaitCampaigns",
        "AwaitDeletion",
    ),
    read_by=("WakeWaiters",),
    kept="an hour after the wait's timeout; deleted when it is woken",
)

SOURCE_ARN: Final = "source_arn"
CANCEL_ON_ABORT: Final = "cancel_on_abort"
STARTED_EXPORT: Final = ItemType(
    name="an export that a job has started, or is about to start",
    partition="started#{execution_arn}",
    sort="{job}#{task_id}",
    attributes=(SOURCE_ARN, CANCEL_ON_ABORT),
    written_by=("ReconcileExport",),
    read_by=("ReconcileExport", "PlanCleanUp"),
    kept="a day after the job's deadline",
)

FOUND: Final = "found"
ASKED: Final = "asked"
CALLS: Final = "calls"
RESTORE_ON_ABORT: Final = "restore_on_abort"
API_VERSION: Final = "api_version"
NOTED_AT: Final = "noted_at"
MOVE: Final = ItemType(
    name="a campaign that a job has started, paused or resumed, or is about to",
    partition="moved#{execution_arn}",
    sort="{job}#{campaign_id}",
    attributes=(FOUND, ASKED, CALLS, RESTORE_ON_ABORT, API_VERSION, NOTED_AT),
    written_by=("ReconcileCampaigns",),
    read_by=("ReconcileCampaigns", "ResolveJobs", "PlanCleanUp"),
    kept="455 days; deleted when the campaign is restored, or left alone for good",
)

JOB: Final = "job"
DB_INSTANCE: Final = "db_instance"
DB_CLUSTER: Final = "db_cluster"
CREATED_SNAPSHOT: Final = ItemType(
    name="a snapshot that must not outlive the execution that creates it",
    partition="created#{execution_arn}",
    sort="{snapshot_id}",
    attributes=(JOB, DB_INSTANCE, DB_CLUSTER),
    written_by=("ReconcileSnapshot",),
    read_by=("PlanCleanUp",),
    kept="455 days",
)

RESERVED_UNTIL: Final = "until"
SLOWED_UNTIL: Final = "slowed_until"
RATE: Final = ItemType(
    name="the calls that are reserved of a rate",
    partition="rate#{rate}",
    sort="{rate}",
    attributes=(RESERVED_UNTIL, SLOWED_UNTIL),
    written_by=("ReconcileCampaigns", "ResolveJobs"),
    read_by=("ReconcileCampaigns", "ResolveJobs"),
    kept="a day after its last use",
)

HOLDER: Final = "holder"
OUTCOME_CLAIM: Final = ItemType(
    name="the clean-up that publishes the outcome of an execution",
    partition="outcome#{execution_arn}",
    sort="claim",
    attributes=(HOLDER,),
    written_by=("PlanCleanUp",),
    read_by=("PlanCleanUp",),
    kept="90 days",
)

ITEM_TYPES: Final = (WAITER, STARTED_EXPORT, CREATED_SNAPSHOT, MOVE, RATE, OUTCOME_CLAIM)


def key(partition: str, sort: str) -> Attributes:
    """Return an item's key."""
    return {PARTITION_KEY: {"S": partition}, SORT_KEY: {"S": sort}}


def expiry(epoch_seconds: float) -> Attributes:
    """Return the attribute that says when an item may be removed."""
    return {EXPIRES_AT: {"N": str(int(epoch_seconds))}}
