"""A script as teams write it: boto3, a loop that polls every 30 seconds, and try/finally."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

import boto3
from botocore.config import Config

POLL_SECONDS: Final = 30
RETRIES: Final = Config(retries={"mode": "standard", "max_attempts": 5})


def pause_export_resume(
    campaign_ids: Sequence[str], snapshot_arn: str, store: Mapping[str, str], name: str
) -> None:
    """Pause the campaigns, export the snapshot, and resume the campaigns in any case."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    try:
        for campaign_id in campaign_ids:
            try:
                campaigns.pause_campaign(id=campaign_id)
            except campaigns.exceptions.InvalidCampaignStateException:
                print(f"{campaign_id} is not running")
        export_snapshot(snapshot_arn, store, name)
    finally:
        for campaign_id in campaign_ids:
            try:
                campaigns.resume_campaign(id=campaign_id)
            except campaigns.exceptions.InvalidCampaignStateException:
                print(f"{campaign_id} cannot be resumed")


def export_snapshots(snapshot_arns: Sequence[str], store: Mapping[str, str], name: str) -> None:
    """Export one snapshot after the other."""
    for number, snapshot_arn in enumerate(snapshot_arns):
        export_snapshot(snapshot_arn, store, f"{name}-{number}")


def stop_campaigns(campaign_ids: Sequence[str]) -> None:
    """Stop each campaign."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    for campaign_id in campaign_ids:
        try:
            campaigns.stop_campaign(id=campaign_id)
        except campaigns.exceptions.InvalidCampaignStateException:
            print(f"{campaign_id} cannot be stopped")


def export_new_snapshot(database: str, store: Mapping[str, str], name: str) -> None:
    """Create a snapshot, export it, and delete it in any case."""
    rds = boto3.client("rds", config=RETRIES)
    created = rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=name)
    try:
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=name)
        export_snapshot(created["DBSnapshot"]["DBSnapshotArn"], store, name)
    finally:
        rds.delete_db_snapshot(DBSnapshotIdentifier=name)


def export_snapshot(snapshot_arn: str, store: Mapping[str, str], name: str) -> None:
    """Start an export and poll it until it has ended."""
    rds = boto3.client("rds", config=RETRIES)
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
