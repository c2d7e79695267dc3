"""The requests that events of new snapshots stand for, if the settings name a database."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.events import SnapshotExport, input_of_event
from tests.unit.builders import ACCOUNT, REGION

INSTANCE = SnapshotExport(db_instance="shop", export_only=("shop.orders",))
CLUSTER = SnapshotExport(db_cluster="shop")


def jobs(name: str, *settings: SnapshotExport, kind: str = "snapshot") -> list[dict[str, Any]]:
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:{kind}:{name}"
    number = {"snapshot": "0042", "cluster-snapshot": "0075"}[kind]
    detail = {"EventID": f"RDS-EVENT-{number}", "SourceArn": arn, "SourceIdentifier": name}
    event = {"source": "aws.rds", "detail": detail}
    request = parse(input_of_event(event, settings), region=REGION, account=ACCOUNT)
    return [
        job.model_dump(mode="json", exclude_unset=True)
        for stage in request.stages
        for job in stage.jobs
    ]


@pytest.mark.parametrize(
    "name", ["rds:shop-2026-11-21-03-00", "awsbackup:job-0d5b", "any-manual-one"]
)
def test_every_snapshot_that_may_be_the_databases_is_checked_by_the_job(name):
    (job,) = jobs(name, INSTANCE)
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}"
    assert job["source"] == {"db_instance": "shop", "snapshot_arn": arn}
    assert job["export_only"] == ["shop.orders"]


def test_an_automated_snapshot_of_another_database_is_not_exported():
    with pytest.raises(RequestRejected):
        jobs("rds:bookings-2026-11-21-03-00", INSTANCE)


def test_snapshots_of_instances_and_of_clusters_are_distinguished():
    (job,) = jobs("manual", INSTANCE, CLUSTER, kind="cluster-snapshot")
    assert set(job["source"]) == {"db_cluster", "snapshot_arn"}
    with pytest.raises(RequestRejected):
        jobs("manual", INSTANCE, kind="cluster-snapshot")


def test_a_prefix_and_a_database_are_two_exports():
    named, found = jobs("shop-1", SnapshotExport(source_prefix="shop-"), INSTANCE)
    assert named["source_arn"] == found["source"]["snapshot_arn"]
    assert "source" not in named


@pytest.mark.parametrize("fields", [{}, {"source_prefix": "a", "db_instance": "b"}])
def test_an_entry_names_exactly_one_thing(fields):
    with pytest.raises(ValidationError, match="one of source_prefix, db_instance, db_cluster"):
        SnapshotExport(**fields)
