"""How the snapshots of a database are listed, and which events wake those who wait for one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.exports.newest import Snapshot
from lambdas.exports.snapshots import Snapshots
from lambdas.exports.wakes import CLUSTER_SNAPSHOT, INSTANCE_SNAPSHOT
from lambdas.exports.work import SnapshotQuery
from lambdas.shared.errors import ThrottlingException, ValidationException
from lambdas.waiting.events import waiters_for
from lambdas.waiting.handles import WaiterSelector
from tests.unit.builders import ACCOUNT, NOW, SNAPSHOT
from tests.unit.builders import CLUSTER_SNAPSHOT as CLUSTER_ARN
from tests.unit.fakes import client_error

AT = datetime.fromtimestamp(NOW, tz=UTC)


class Rds:
    """Stands for boto3's client: answers listings by type, page by page."""

    def __init__(self, **pages: Any) -> None:
        self.pages = {name: list(found) for name, found in pages.items()}
        self.calls: list[dict[str, str]] = []

    def describe_db_snapshots(self, **parameters: str) -> dict[str, Any]:
        return self._page("DBSnapshots", parameters)

    def describe_db_cluster_snapshots(self, **parameters: str) -> dict[str, Any]:
        return self._page("DBClusterSnapshots", parameters)

    def _page(self, name: str, parameters: dict[str, str]) -> dict[str, Any]:
        self.calls.append(dict(parameters))
        pages = self.pages.get(parameters.get("SnapshotType", "default"), [[]])
        found = pages.pop(0)
        if isinstance(found, Exception):
            raise found
        return {name: found} | ({"Marker": str(len(pages))} if pages else {})


def listed(rds: Rds, **query: Any) -> list[str]:
    snapshots = Snapshots(ACCOUNT, connect=lambda _service: rds)
    return [one.arn.split(":", 6)[6] for one in snapshots.of_database(SnapshotQuery(**query))]


def db(name: str, **fields: Any) -> dict[str, Any]:
    arn = f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:{name}"
    return {"DBSnapshotArn": arn, "Status": "available", "Engine": "mysql"} | fields


def test_aws_backups_snapshots_are_listed_separately_and_each_once():
    rds = Rds(
        default=[[db("rds:shop-1"), db("awsbackup:job-1")], [db("manual")]],
        awsbackup=[[db("awsbackup:job-1")], [db("awsbackup:job-2")]],
    )
    names = ["rds:shop-1", "awsbackup:job-1", "manual", "awsbackup:job-2"]
    assert listed(rds, db_instance="shop") == names
    assert rds.calls == [
        {"DBInstanceIdentifier": "shop"},
        {"DBInstanceIdentifier": "shop", "Marker": "1"},
        {"DBInstanceIdentifier": "shop", "SnapshotType": "awsbackup"},
        {"DBInstanceIdentifier": "shop", "SnapshotType": "awsbackup", "Marker": "1"},
    ]


@pytest.mark.parametrize("of_type", ["automated", "manual", "awsbackup"])
def test_a_type_is_listed_by_itself(of_type):
    rds = Rds(**{of_type: [[db("one")]]})
    assert listed(rds, db_instance="shop", type=of_type) == ["one"]
    assert rds.calls == [{"DBInstanceIdentifier": "shop", "SnapshotType": of_type}]


@pytest.mark.parametrize("awsbackup", [[], client_error("InvalidParameterValue")])
def test_aws_backups_snapshots_of_clusters_may_not_be_listed_separately(awsbackup):
    one = {"DBClusterSnapshotArn": CLUSTER_ARN, "SnapshotCreateTime": AT}
    rds = Rds(default=[[one]], awsbackup=[awsbackup])
    assert listed(rds, db_cluster="shop") == ["orders"]
    assert rds.calls == [
        {"DBClusterIdentifier": "shop"},
        {"DBClusterIdentifier": "shop", "SnapshotType": "awsbackup"},
    ]


@pytest.mark.parametrize(
    "query", [{"db_cluster": "shop", "type": "awsbackup"}, {"db_instance": "shop"}]
)
def test_a_refusal_of_what_was_requested_is_an_error(query):
    with pytest.raises(ValidationException):
        listed(Rds(awsbackup=[client_error("InvalidParameterValue")]), **query)


def test_a_snapshot_that_is_not_available_yet_has_no_time():
    creating = db("new", Status="creating", SnapshotType="manual")
    old = db(
        "old", SnapshotCreateTime=AT, OriginalSnapshotCreateTime=datetime(2020, 1, 1, tzinfo=UTC)
    )
    rds = Rds(default=[[creating, old]])
    snapshots = Snapshots(ACCOUNT, connect=lambda _service: rds)
    first, second = snapshots.of_database(SnapshotQuery(db_instance="shop"))
    assert first == Snapshot(creating["DBSnapshotArn"], "manual", "creating", "mysql", None)
    assert (second.created_at, second.data_at) == (NOW, 1_577_836_800.0)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"db_instance": "shop"}, "DBInstanceNotFound"),
        ({"db_instance": "shop"}, "DBSnapshotNotFound"),
        ({"db_cluster": "shop"}, "DBClusterNotFoundFault"),
        ({"db_cluster": "shop"}, "DBClusterSnapshotNotFoundFault"),
    ],
)
def test_an_unknown_database_has_no_snapshots(query, code):
    assert listed(Rds(default=[client_error(code, 404)]), **query) == []


def test_a_page_that_is_throttled_is_not_left_out():
    with pytest.raises(ThrottlingException):
        listed(Rds(default=[[db("one")], client_error("Throttling")]), db_instance="shop")


@pytest.mark.parametrize(
    ("event_id", "arn", "key"),
    [
        ("RDS-EVENT-0042", SNAPSHOT, INSTANCE_SNAPSHOT),
        ("RDS-EVENT-0091", SNAPSHOT, INSTANCE_SNAPSHOT),
        ("RDS-EVENT-0075", CLUSTER_ARN, CLUSTER_SNAPSHOT),
        ("RDS-EVENT-0169", CLUSTER_ARN, CLUSTER_SNAPSHOT),
    ],
)
def test_a_new_snapshot_wakes_everything_that_waits_for_one_of_its_kind(event_id, arn, key):
    """An event does not name the database."""
    event = {"source": "aws.rds", "detail": {"EventID": event_id, "SourceArn": arn}}
    assert WaiterSelector(key) in waiters_for(event)
    assert INSTANCE_SNAPSHOT != CLUSTER_SNAPSHOT
