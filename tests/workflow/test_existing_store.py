"""Exports to an existing bucket, with an existing role and key, and to ones that do not exist."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stack_settings import EXISTING_STORE
from tests.stacks import in_world
from tests.workflow.export_scenes import source, watched
from tests.workflow.requests import SNAPSHOT, export, snapshot

BUCKET, ROLE, KEY = EXISTING_STORE.values()


def test_an_export_uses_the_existing_bucket_role_and_key(
    assembly_with_given_resources: Path,
) -> None:
    with watched(assembly_with_given_resources, export(), snapshots=[snapshot()]) as run:
        run.until_nothing_runs()

        [task] = run.orchestrator.aws.client("rds").describe_export_tasks(SourceArn=SNAPSHOT)[
            "ExportTasks"
        ]
        [done] = run.executions()
        outcome = run.orchestrator.outcome(done["executionArn"])
    assert (task["S3Bucket"], task["IamRoleArn"], task["KmsKeyId"]) == (BUCKET, ROLE, KEY)
    assert outcome is not None
    [job] = outcome["resources"]
    assert job["phase"] == "COMPLETE"
    assert job["details"]["s3_location"].startswith(f"s3://{BUCKET}/exports/")
    assert job["details"]["files_found"] is True


def test_a_missing_bucket_role_or_key_is_a_reason_of_its_own(
    assembly: Path,
) -> None:
    world = {
        "snapshots": [snapshot()],
        "exports": [
            {
                "export_id": "theirs",
                "source_arn": source("other"),
                "status": "COMPLETE",
                "s3_bucket": "their-bucket",
            }
        ],
    }
    with in_world(assembly, world, changes_stack=True) as orchestrator:
        orchestrator.begin()
        client = orchestrator.aws.client

        def reason() -> str:
            started = client("stepfunctions").start_execution(
                stateMachineArn=orchestrator.machine_arn, input=json.dumps(export())
            )
            while (outcome := orchestrator.outcome(started["executionArn"])) is None:
                orchestrator.aws.execution_changed.wait()
                orchestrator.aws.execution_changed.clear()
            [job] = outcome["resources"]
            return str(job["reason"])

        store = next(
            variables
            for one in client("lambda").list_functions()["Functions"]
            if "EXPORT_BUCKET" in (variables := one["Environment"]["Variables"])
        )
        role = store["EXPORT_ROLE_ARN"].rpartition("/")[2]
        client("kms").disable_key(KeyId=store["EXPORT_KEY_ARN"].rpartition("/")[2])
        without_key = reason()
        [policy] = client("iam").list_role_policies(RoleName=role)["PolicyNames"]
        client("iam").delete_role_policy(RoleName=role, PolicyName=policy)
        client("iam").delete_role(RoleName=role)
        without_role = reason()
        client("s3").delete_bucket(Bucket=store["EXPORT_BUCKET"])
        without_bucket = reason()
        theirs = client("s3").list_objects_v2(Bucket="their-bucket")

    assert (without_key, without_role, without_bucket) == (
        "KmsKeyNotAccessibleException",
        "IamRoleNotFoundException",
        "InvalidS3BucketException",
    )
    assert theirs["KeyCount"] > 0
