"""The same script by a careful author: it reads before it acts, and undoes what it has begun.

It resumes only what it has paused, cancels its export if it fails or is interrupted, and has more
of the SDK's attempts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

POLL_SECONDS: Final = 30
RETRIES: Final = Config(retries={"mode": "standard", "max_attempts": 10})


def pause_export_resume(
    campaign_ids: Sequence[str], snapshot_arn: str, store: Mapping[str, str], name: str
) -> None:
    """Pause the campaigns that run, export the snapshot, and resume them in any case."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    paused: list[str] = []
    try:
        for campaign_id in campaign_ids:
            if campaigns.get_campaign_state(id=campaign_id)["state"] == "Running":
                paused.append(campaign_id)
                _unless_there(campaigns, "Paused", campaigns.pause_campaign, campaign_id)
        export_snapshot(snapshot_arn, store, name)
    finally:
        for campaign_id in paused:
            if campaigns.get_campaign_state(id=campaign_id)["state"] == "Paused":
                _unless_there(campaigns, "Running", campaigns.resume_campaign, campaign_id)


def export_snapshots(snapshot_arns: Sequence[str], store: Mapping[str, str], name: str) -> None:
    """Export one snapshot after the other."""
    for number, snapshot_arn in enumerate(snapshot_arns):
        export_snapshot(snapshot_arn, store, f"{name}-{number}")


def stop_campaigns(campaign_ids: Sequence[str]) -> None:
    """Stop each campaign that is not stopped."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    for campaign_id in campaign_ids:
        if campaigns.get_campaign_state(id=campaign_id)["state"] != "Stopped":
            _unless_there(campaigns, "Stopped", campaigns.stop_campaign, campaign_id)


def export_new_snapshot(database: str, store: Mapping[str, str], name: str) -> None:
    """Create a snapshot, export it, and delete it in any case."""
    rds = boto3.client("rds", config=RETRIES)
    with suppress(rds.exceptions.DBSnapshotAlreadyExistsFault):  # of an attempt before
        rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=name)
    try:
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=name)
        [snapshot] = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
        export_snapshot(snapshot["DBSnapshotArn"], store, name)
    finally:
        rds.delete_db_snapshot(DBSnapshotIdentifier=name)


def export_snapshot(snapshot_arn: str, store: Mapping[str, str], name: str) -> None:
    """Start an export and poll it until it has ended; cancel it if that does not succeed."""
    rds = boto3.client("rds", config=RETRIES)
    try:
        with suppress(rds.exceptions.ExportTaskAlreadyExistsFault):  # of an attempt before
            rds.start_export_task(
                ExportTaskIdentifier=name,
                SourceArn=snapshot_arn,
                S3BucketName=store["bucket"],
                IamRoleArn=store["role_arn"],
                KmsKeyId=store["key_arn"],
            )
        while True:
            time.sleep(POLL_SECONDS)
            [task] = rds.describe_export_tasks(ExportTaskIdentifier=name)["ExportTasks"]
            if task["Status"] == "COMPLETE":
                return
            if task["Status"] in ("FAILED", "CANCELED"):
                raise RuntimeError(f"{name}: {task['Status']}: {task.get('FailureCause')}")
    except BaseException:
        with suppress(ClientError):
            rds.cancel_export_task(ExportTaskIdentifier=name)
        raise


def _unless_there(campaigns: Any, state: str, change: Any, campaign_id: str) -> None:  # noqa: ANN401
    """Change a campaign; that it is in the new state already is no error."""
    try:
        change(id=campaign_id)
    except campaigns.exceptions.InvalidCampaignStateException:
        if campaigns.get_campaign_state(id=campaign_id)["state"] != state:
            raise
