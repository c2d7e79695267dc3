"""Exports to a bucket, with a role and a key, that somebody else has made."""

from __future__ import annotations

from pathlib import Path

from localcloud.orchestrator import synthesise
from tests.workflow.conftest import SPEED
from tests.workflow.export_scenes import watched
from tests.workflow.requests import SNAPSHOT, export, snapshot

ROLE = "arn:aws:iam::123456789012:role/rds-export"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BUCKET = "company-exports"


def test_an_export_goes_to_the_store_that_exists_and_tells_of_itself_there(tmp_path: Path) -> None:
    settings = {
        "export_bucket_name": BUCKET,
        "export_role_arn": ROLE,
        "export_key_arn": KEY,
    }
    stack = synthesise(tmp_path, settings)
    with watched(stack, export(), speed=SPEED, snapshots=[snapshot()]) as run:
        run.orchestrator.aws.client("s3").create_bucket(Bucket=BUCKET)
        run.until_nothing_runs()

        [task] = run.orchestrator.aws.client("rds").describe_export_tasks(SourceArn=SNAPSHOT)[
            "ExportTasks"
        ]
        [done] = run.executions()
        outcome = run.orchestrator.outcome(done["executionArn"])
    assert (task["S3Bucket"], task["IamRoleArn"], task["KmsKeyId"]) == (BUCKET, ROLE, KEY)
    assert outcome is not None
    [job] = outcome["jobs"]
    assert job["phase"] == "COMPLETE"
    assert job["details"]["s3_location"].startswith(f"s3://{BUCKET}/exports/")
    assert job["details"]["files_found"] is True
