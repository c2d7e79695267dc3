"""A pointer always shows the newest COMPLETE export of its source, as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.exports.client import _task
from lambdas.exports.decisions import ExportTask
from lambdas.exports.pointer import Pointer
from lambdas.exports.pointers import MAX_LISTINGS, MAX_WRITES, Pointed, Pointers
from lambdas.exports.progress import folder
from lambdas.exports.snapshots import Snapshots
from lambdas.shared.errors import (
    AccessDeniedException,
    ConflictException,
    ServiceQuotaExceededException,
    ServiceUnavailableException,
)
from tests.unit.builders import (
    ACCOUNT,
    CLUSTER,
    CLUSTER_SNAPSHOT,
    DESTINATION,
    NOW,
    REGION,
    SNAPSHOT,
    export_task,
)
from tests.unit.examples import examples
from tests.unit.fakes import client_error

KEY = "exports/latest/instance/shop.json"
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/any"


class FakeBucket:
    """Stands for boto3's S3 client with one bucket; writes are conditional, as in S3.

    Attributes:
        objects: ETag and body by key.
        writes: every pointer that was written, in order.
        before_write: called once, just before the next write.
        errors: raised by the next calls, by operation.
        page: folders that one listing returns.
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, bytes]] = {}
        self.writes: list[dict[str, Any]] = []
        self.before_write: Callable[[], object] = lambda: None
        self.errors: dict[str, list[Exception | None]] = {}
        self.page = 1_000

    def add(self, task: ExportTask, *tables: str) -> None:
        for table in tables:
            self._put(f"{folder(task)}{table}/1/part-0.gz.parquet", b"")
        self._put(f"{folder(task)}export_info_{task.task_id}.json", b"{}")

    def pointer(self, key: str = KEY) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.objects[key][1])
        return loaded

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        self._fail("list")
        assert asked["Bucket"] == DESTINATION.bucket
        prefix = asked["Prefix"]
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        if "Delimiter" not in asked:
            return {"Contents": [{"Key": key} for key in keys[: asked["MaxKeys"]]]}
        folders = sorted(
            {prefix + key[len(prefix) :].split("/")[0] + "/" for key in keys
             if "/" in key[len(prefix) :]}
        )  # fmt: skip
        begin = int(asked.get("ContinuationToken", 0))
        end = begin + self.page
        more = {"NextContinuationToken": str(end)} if end < len(folders) else {}
        return {"CommonPrefixes": [{"Prefix": one} for one in folders[begin:end]], **more}

    def get_object(self, **asked: str) -> dict[str, Any]:
        self._fail("get")
        if asked["Key"] not in self.objects:
            raise client_error("NoSuchKey", 404)
        etag, body = self.objects[asked["Key"]]
        return {"ETag": etag, "Body": BytesIO(body)}

    def put_object(self, **asked: Any) -> dict[str, Any]:
        before, self.before_write = self.before_write, lambda: None
        before()
        failure = self._next("put")
        if failure is not None and not isinstance(failure, LostError):
            raise failure
        assert (asked["ServerSideEncryption"], asked["SSEKMSKeyId"]) == ("aws:kms", KMS_KEY)
        current = self.objects.get(asked["Key"])
        if asked.get("IfNoneMatch") == "*":
            assert "IfMatch" not in asked
            if current is not None:
                raise client_error("PreconditionFailed", 412)
        elif current is None:
            raise client_error("NoSuchKey", 404)
        elif asked["IfMatch"] != current[0]:
            raise client_error("PreconditionFailed", 412)
        self._put(asked["Key"], asked["Body"])
        self.writes.append(json.loads(asked["Body"]))
        if failure is not None:
            raise client_error("InternalFailure", 500)
        return {}

    def _put(self, key: str, body: bytes) -> None:
        self.objects[key] = (f'"{len(self.writes)}-{len(self.objects)}-{hash(body)}"', body)

    def _next(self, operation: str) -> Exception | None:
        queue = self.errors.get(operation)
        return queue.pop(0) if queue else None

    def _fail(self, operation: str) -> None:
        failure = self._next(operation)
        if failure is not None:
            raise failure


class LostError(Exception):
    """The write takes effect, and its response is lost."""


class FakeSnapshots:
    """Stands for boto3's RDS client; knows which databases snapshots are of."""

    def __init__(self, **databases: str) -> None:
        self.databases = {name.replace("_", "-"): of for name, of in databases.items()}
        self.asked: list[dict[str, str]] = []

    def describe_db_snapshots(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        name = asked["DBSnapshotIdentifier"]
        if name not in self.databases:
            raise client_error("DBSnapshotNotFound", 404)
        return {"DBSnapshots": [{"DBInstanceIdentifier": self.databases[name]}]}

    def describe_db_cluster_snapshots(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        of = self.databases.get(asked["DBClusterSnapshotIdentifier"])
        return {"DBClusterSnapshots": [{"DBClusterIdentifier": of}] if of else []}


@pytest.fixture
def bucket() -> FakeBucket:
    return FakeBucket()


@pytest.fixture
def snapshots() -> FakeSnapshots:
    return FakeSnapshots(orders="Shop")


@pytest.fixture
def pointers(bucket, snapshots) -> Pointers:
    return pointers_of(bucket, snapshots)


def pointers_of(bucket: FakeBucket, snapshots: FakeSnapshots) -> Pointers:
    return Pointers(
        DESTINATION.bucket,
        DESTINATION.prefix,
        KMS_KEY,
        snapshots=Snapshots(ACCOUNT, connect={"rds": snapshots}.__getitem__),
        connect={"s3": bucket}.__getitem__,
    )


def exported(bucket: FakeBucket, task_id: str = "any", **fields: Any) -> ExportTask:
    times = {"snapshot_at": NOW, "started_at": NOW, "ended_at": NOW}
    task = export_task("COMPLETE", task_id=task_id, **times | fields)
    bucket.add(task, "shop/shop.orders", "shop/shop.items", "crm/crm.people")
    return task


def test_the_first_export_of_a_source_creates_its_pointer(bucket, pointers):
    task = exported(bucket, "night-1", started_at=NOW + 60, ended_at=NOW + 3600, warning="one gone")
    assert pointers.point_to(task, NOW + 4000) == Pointed(KEY)
    prefix = "exports/night-1/"
    assert bucket.pointer() == {
        "source": "instance/shop",
        "source_arn": SNAPSHOT,
        "data_at": "2027-01-15T08:00:00.000Z",
        "export_task_identifier": "night-1",
        "started_at": "2027-01-15T08:01:00.000Z",
        "ended_at": "2027-01-15T09:00:00.000Z",
        "bucket": DESTINATION.bucket,
        "prefix": prefix,
        "export_only": [],
        "tables": [
            {"database": "crm", "table": "crm.people", "prefix": f"{prefix}crm/crm.people/"},
            {"database": "shop", "table": "shop.items", "prefix": f"{prefix}shop/shop.items/"},
            {"database": "shop", "table": "shop.orders", "prefix": f"{prefix}shop/shop.orders/"},
        ],
        "warning": "one gone",
    }


@pytest.mark.parametrize(
    ("fields", "is_replaced"),
    [
        ({"snapshot_at": NOW + 1, "ended_at": NOW - 1}, True),
        ({"snapshot_at": NOW - 1, "ended_at": NOW + 999}, False),
        ({"ended_at": NOW + 1}, True),
        ({"ended_at": NOW - 1}, False),
        ({}, False),
    ],
    ids=["newer data", "older data", "exported later", "exported earlier", "at the same moment"],
)
def test_only_a_newer_export_replaces_a_pointer(bucket, pointers, fields, is_replaced):
    pointers.point_to(exported(bucket, "first"), NOW)
    pointed = pointers.point_to(exported(bucket, "second", **fields), NOW)
    assert pointed == Pointed(KEY if is_replaced else None)
    expected = "second" if is_replaced else "first"
    assert bucket.pointer()["export_task_identifier"] == expected
    assert len(bucket.writes) == 1 + is_replaced


def test_a_second_job_that_adopts_the_export_writes_nothing(bucket, pointers):
    task = exported(bucket)
    assert pointers.point_to(task, NOW) == pointers.point_to(task, NOW + 900) == Pointed(KEY)
    assert len(bucket.writes) == 1


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(("rival_at", "winner"), [(NOW + 5, "rival"), (NOW + 1, "mine")])
def test_a_rival_that_writes_first_is_read_again(bucket, pointers, exists, rival_at, winner):
    if exists:
        pointers.point_to(exported(bucket, "old"), NOW)
    mine = exported(bucket, "mine", snapshot_at=NOW + 2)
    rival = exported(bucket, "rival", snapshot_at=rival_at)
    bucket.before_write = lambda: pointers.point_to(rival, NOW)
    assert pointers.point_to(mine, NOW) == Pointed(KEY if winner == "mine" else None)
    assert bucket.pointer()["export_task_identifier"] == winner


def test_a_pointer_that_is_deleted_meanwhile_is_created_again(bucket, pointers):
    pointers.point_to(exported(bucket, "old"), NOW)
    bucket.before_write = lambda: bucket.objects.pop(KEY)
    assert pointers.point_to(exported(bucket, "new", snapshot_at=NOW + 1), NOW) == Pointed(KEY)
    assert bucket.pointer()["export_task_identifier"] == "new"


def test_a_pass_does_not_try_for_ever(bucket, pointers):
    bucket.errors["put"] = [client_error("PreconditionFailed", 412)] * (MAX_WRITES + 1)
    with pytest.raises(ConflictException):
        pointers.point_to(exported(bucket), NOW)
    assert len(bucket.errors["put"]) == 1
    bucket.errors["put"] = [client_error("ConditionalRequestConflict", 409)]
    with pytest.raises(ConflictException):
        pointers.point_to(exported(bucket), NOW)


def test_a_write_whose_response_was_lost_is_found_by_the_next_pass(bucket, pointers):
    task = exported(bucket)
    bucket.errors["put"] = [LostError()]
    with pytest.raises(ServiceUnavailableException):
        pointers.point_to(task, NOW)
    assert pointers.point_to(task, NOW) == Pointed(KEY)
    assert len(bucket.writes) == 1


@pytest.mark.parametrize("found", [b"", b"[]", b'{"source": 1}', b"\xff"])
def test_what_is_not_a_pointer_is_replaced(bucket, pointers, found):
    bucket._put(KEY, found)
    assert pointers.point_to(exported(bucket), NOW) == Pointed(KEY)
    assert bucket.pointer()["export_task_identifier"] == "any"


def test_a_pointer_of_a_later_version_is_read(bucket, pointers):
    pointers.point_to(exported(bucket, "first", snapshot_at=NOW + 1), NOW)
    later = {**bucket.pointer(), "added_later": {"any": 1}}
    bucket._put(KEY, json.dumps(later).encode())
    assert pointers.point_to(exported(bucket, "second"), NOW) == Pointed()
    assert bucket.pointer() == later


@pytest.mark.parametrize(
    ("arn", "key", "asked"),
    [
        (SNAPSHOT, "instance/shop", {"DBSnapshotIdentifier": "orders"}),
        (
            f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:rds:shop-2026-01-01-00-00",
            "instance/shop",
            {
                "DBSnapshotIdentifier": "rds:shop-2026-01-01-00-00",
                "SnapshotType": "automated",
            },
        ),
        (
            f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:awsbackup:job-1",
            "instance/shop",
            {"DBSnapshotIdentifier": "awsbackup:job-1", "SnapshotType": "awsbackup"},
        ),
        (CLUSTER_SNAPSHOT, "cluster/shop", {"DBClusterSnapshotIdentifier": "orders"}),
        (CLUSTER, "cluster/orders", None),
    ],
    ids=["manual", "automated", "AWS Backup", "cluster snapshot", "cluster"],
)
def test_a_pointer_is_that_of_the_database(bucket, snapshots, pointers, arn, key, asked):
    snapshots.databases |= {"rds:shop-2026-01-01-00-00": "shop", "awsbackup:job-1": "shop"}
    pointed = pointers.point_to(exported(bucket, source_arn=arn), NOW)
    assert pointed == Pointed(f"exports/latest/{key}.json")
    assert snapshots.asked == ([] if asked is None else [asked])


@pytest.mark.parametrize("kind", ["snapshot", "cluster-snapshot"])
def test_the_pointer_of_a_snapshot_that_is_gone_has_the_snapshots_name(bucket, pointers, kind):
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:{kind}:Gone"
    key = "exports/latest/snapshot/gone.json"
    assert pointers.point_to(exported(bucket, source_arn=arn), NOW) == Pointed(
        key, (f"its database is not known; its pointer: {key}",)
    )


def test_a_cluster_has_the_data_of_the_exports_start(bucket, pointers):
    task = exported(bucket, source_arn=CLUSTER, snapshot_at=None, started_at=NOW - 60)
    pointers.point_to(task, NOW)
    assert bucket.pointer("exports/latest/cluster/orders.json")["data_at"] == (
        "2027-01-15T07:59:00.000Z"
    )


def test_the_time_of_the_snapshot_is_rds_own():
    at = datetime.fromtimestamp(NOW, UTC)
    assert _task({"ExportTaskIdentifier": "any", "SnapshotTime": at}).snapshot_at == NOW


def test_all_tables_are_listed_however_many_pages_they_take(bucket, pointers):
    bucket.page = 2
    task = exported(bucket)
    bucket.add(task, *(f"shop/shop.t{number}" for number in range(5)))
    pointers.point_to(task, NOW)
    assert len(bucket.pointer()["tables"]) == 8


def test_there_is_no_pointer_to_an_export_without_tables(bucket, pointers):
    task = export_task(status="COMPLETE")
    with pytest.raises(ServiceUnavailableException, match="NoTables"):
        pointers.point_to(task, NOW)
    bucket.page = 1
    bucket.add(task, *(f"shop/shop.t{number}" for number in range(MAX_LISTINGS + 1)))
    with pytest.raises(ServiceQuotaExceededException, match="TooManyTables"):
        pointers.point_to(task, NOW)
    assert bucket.writes == []


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from([None, 412, 409, 500, "lost"]), max_size=6),
)
@examples(100)
def test_whatever_the_order_readers_see_newer_exports_only(times, faults):
    """Each export begins to write just before the previous one's write takes effect."""
    bucket = FakeBucket()
    pointers = pointers_of(bucket, FakeSnapshots(orders="shop"))
    codes = {412: "PreconditionFailed", 409: "ConditionalRequestConflict", 500: "InternalFailure"}
    bucket.errors["put"] = [
        LostError() if fault == "lost" else fault and client_error(codes[fault], fault)
        for fault in faults
    ]
    waiting = [
        exported(bucket, f"task-{n}", snapshot_at=NOW + data, ended_at=NOW + ended)
        for n, (data, ended) in enumerate(times)
    ]

    def write_next() -> None:
        if not waiting:
            return
        task = waiting.pop()
        for _ in range(len(faults) + len(times) + 1):
            bucket.before_write = write_next
            try:
                pointers.point_to(task, NOW)
            except (ConflictException, ServiceUnavailableException):
                continue
            return
        raise AssertionError("never written")

    while waiting:
        write_next()
    written = [Pointer.model_validate(pointer) for pointer in bucket.writes]
    assert all(b.replaces(a) for a, b in pairwise(written))
    newest = max(range(len(times)), key=lambda n: times[n])
    assert bucket.pointer()["export_task_identifier"] == f"task-{newest}"


def test_a_role_that_may_not_write_is_an_error_of_its_own(bucket, pointers):
    bucket.errors["put"] = [client_error("AccessDenied", 403)]
    with pytest.raises(AccessDeniedException):
        pointers.point_to(exported(bucket), NOW)
