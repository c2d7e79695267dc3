"""With the setting, readers find the latest COMPLETE export of a source at one key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localcloud.runs import Runs
from tests.stacks import in_world
from tests.workflow.conftest import Orchestrate
from tests.workflow.export_scenes import source
from tests.workflow.requests import export, snapshot
from tests.workflow.test_callers import python

SHOP = source("shop", "cluster")
KEY = "exports/latest/cluster/shop.json"


def test_each_complete_export_of_a_cluster_replaces_its_pointer(
    assembly_with_every_trigger: Path,
) -> None:
    jobs = [export(source_arn=SHOP, export_only=[table]) for table in ("shop.orders", "shop.items")]
    request = {"stages": [{"jobs": [job]} for job in jobs]}
    world = {"snapshots": [snapshot(SHOP)]}
    with in_world(assembly_with_every_trigger, world) as orchestrator:
        s3 = orchestrator.aws.client("s3")
        bucket = orchestrator.outputs["ExportBucketName"]
        seen: list[dict[str, Any]] = []

        def read() -> None:
            body = s3.get_object(Bucket=bucket, Key=KEY)["Body"].read()
            seen.append(json.loads(body))

        orchestrator.begin()
        orchestrator.clock.at(orchestrator.clock.now() + 250, "ReadPointer", read)
        runs = Runs(orchestrator, [request])
        runs.finish()
        read()
        [run] = runs.all

        assert [entry["details"]["pointer"] for entry in run.outcome["resources"]] == [KEY, KEY]
        ids = [e["details"]["export_task_identifier"] for e in run.outcome["resources"]]
        assert [pointer["export_task_identifier"] for pointer in seen] == ids
        [table] = seen[-1]["tables"]
        assert (table["database"], table["table"]) == ("shop", "items")
        data = s3.list_objects_v2(Bucket=bucket, Prefix=table["prefix"])
        assert data["KeyCount"] > 0
        printed = python(orchestrator, "Read the latest export")
        assert printed.split() == ["shop", "items", f"s3://{bucket}/{table['prefix']}"]


def test_an_older_snapshot_of_a_database_does_not_replace_the_pointer_of_a_newer_one(
    assembly_with_every_trigger: Path, orchestrate: Orchestrate
) -> None:
    newer, older = source("rds:shop-2026-01-02-00-00"), source("shop-before-the-upgrade")
    done = orchestrate(
        {"stages": [{"jobs": [export(source_arn=arn)]} for arn in (newer, older)]},
        stack=assembly_with_every_trigger,
        snapshots=[
            snapshot(newer, db_instance="shop", type="automated", created_at_s=-3600),
            snapshot(older, db_instance="shop", created_at_s=-7200),
        ],
    )

    assert done.statuses == ["SUCCEEDED"]
    assert [job["details"]["pointer"] for job in done.jobs] == [
        "exports/latest/instance/shop.json",
        None,
    ]
    assert [job["warnings"] for job in done.jobs] == [[], []]


def test_the_local_s3_refuses_a_write_whose_condition_is_not_met(assembly: Path) -> None:
    with in_world(assembly, {}) as orchestrator:
        s3 = orchestrator.aws.client("s3")
        s3.create_bucket(Bucket="any-bucket")

        def put(**condition: str) -> str:
            try:
                done = s3.put_object(Bucket="any-bucket", Key="any", Body=b"any", **condition)
            except ClientError as error:
                return str(error.response["Error"]["Code"])
            return str(done["ETag"])

        assert put(IfMatch='"any"') == "NoSuchKey"
        etag = put(IfNoneMatch="*")
        assert put(IfNoneMatch="*") == "PreconditionFailed"
        assert put(IfMatch='"another"') == "PreconditionFailed"
        assert put(IfMatch=etag) == etag
