"""The RDS simulator follows the rules of snapshots, over the Query protocol."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

RDS = "arn:aws:rds:us-east-1:123456789012"
SHOP = {"id": "shop", "snapshot_s": 100, "snapshot_deletion_s": 30}
CLUSTER = {"id": "crm", "kind": "cluster", "snapshot_s": 100, "snapshot_deletion_s": 30}
DATABASES = [SHOP, CLUSTER]


def refusal(call, **arguments) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def create(running, name: str = "mine", database: str = "shop", **others):
    return running.rds.create_db_snapshot(
        DBSnapshotIdentifier=name, DBInstanceIdentifier=database, **others
    )["DBSnapshot"]


def create_of_cluster(running, name: str = "mine", cluster: str = "crm", **others):
    return running.rds.create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier=name, DBClusterIdentifier=cluster, **others
    )["DBClusterSnapshot"]


def snapshots(running, **query):
    return running.rds.describe_db_snapshots(**query)["DBSnapshots"]


def cluster_snapshots(running, **query):
    return running.rds.describe_db_cluster_snapshots(**query)["DBClusterSnapshots"]


def names(found) -> set[str]:
    return {one.get("DBSnapshotIdentifier") or one["DBClusterSnapshotIdentifier"] for one in found}


def events(running) -> list[str]:
    return [event["detail"]["EventID"] for event in running.events]


def start_export(running, arn: str, export_id: str = "export-1"):
    return running.rds.start_export_task(
        ExportTaskIdentifier=export_id,
        SourceArn=arn,
        S3BucketName="stack-bucket",
        IamRoleArn="any",
        KmsKeyId="any",
    )


def test_a_snapshot_is_created_tagged_exported_and_deleted(simulate):
    running = simulate(databases=DATABASES)
    begun = create(running, "Mine", "SHOP", Tags=[{"Key": "owner", "Value": "me"}])
    arn = f"{RDS}:snapshot:mine"
    assert (begun["DBSnapshotArn"], begun["DBSnapshotIdentifier"]) == (arn, "mine")
    assert (begun["Status"], begun["PercentProgress"]) == ("creating", 0)
    assert "SnapshotCreateTime" not in begun
    assert refusal(lambda: start_export(running, arn)) == ("InvalidExportSourceState", 400)
    running.advance(50)
    (half,) = snapshots(running, DBInstanceIdentifier="Shop")
    assert (half["Status"], half["PercentProgress"]) == ("creating", 50)
    assert half["TagList"] == [{"Key": "owner", "Value": "me"}]
    assert half["DBInstanceIdentifier"] == "shop"
    running.advance(50)
    (done,) = snapshots(running, DBSnapshotIdentifier="MINE")
    assert (done["Status"], done["PercentProgress"], done["SnapshotType"]) == (
        "available",
        100,
        "manual",
    )
    assert done["SnapshotCreateTime"].timestamp() == running.clock.origin + 100
    assert done["Engine"] == "postgres"
    start_export(running, arn)
    deleted = running.rds.delete_db_snapshot(DBSnapshotIdentifier="mine")["DBSnapshot"]
    assert deleted["Status"] == "deleting"
    assert refusal(lambda: running.rds.delete_db_snapshot(DBSnapshotIdentifier="mine")) == (
        "InvalidDBSnapshotState",
        400,
    )
    running.advance(30)
    assert refusal(lambda: snapshots(running, DBSnapshotIdentifier="mine")) == (
        "DBSnapshotNotFound",
        404,
    )
    assert snapshots(running, DBInstanceIdentifier="shop") == []
    running.advance(1200)
    (export,) = running.rds.describe_export_tasks()["ExportTasks"]
    assert export["Status"] == "COMPLETE"
    assert events(running) == [
        "RDS-EVENT-0040",
        "RDS-EVENT-0042",
        "RDS-EVENT-0041",
        "RDS-EVENT-0161",
    ]
    of_snapshot = [state for _, state in running.ledger.states[arn]][:3]
    assert of_snapshot == ["creating", "available", "STARTING"]
    assert running.ledger.illegal == {"StartExportTask": 1, "DeleteDBSnapshot": 1}


def test_a_cluster_snapshot_is_created_and_deleted_with_the_codes_of_clusters(simulate):
    running = simulate(databases=DATABASES)
    begun = create_of_cluster(running, Tags=[{"Key": "owner", "Value": "me"}])
    assert begun["DBClusterSnapshotArn"] == f"{RDS}:cluster-snapshot:mine"
    assert begun["Engine"] == "aurora-postgresql"
    assert not {"Encrypted", "OriginalSnapshotCreateTime", "SourceRegion"} & set(begun)
    again = refusal(lambda: create_of_cluster(running))
    assert again == ("DBClusterSnapshotAlreadyExistsFault", 400)
    running.advance(100)
    (done,) = cluster_snapshots(running, DBClusterSnapshotIdentifier="mine")
    assert done["Status"] == "available"
    running.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="mine")
    running.advance(30)
    for call in (
        lambda: running.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="mine"),
        lambda: cluster_snapshots(running, DBClusterSnapshotIdentifier="mine"),
    ):
        assert refusal(call) == ("DBClusterSnapshotNotFoundFault", 404)
    assert events(running) == ["RDS-EVENT-0074", "RDS-EVENT-0075"]
    categories = {tuple(event["detail"]["EventCategories"]) for event in running.events}
    assert categories == {("backup",)}


@pytest.mark.parametrize("name", ["1st", "a_b", "a--b", "a-", "rds:shop", "a" * 256])
def test_an_identifier_has_rules(simulate, name):
    running = simulate(databases=DATABASES)
    assert refusal(lambda: create(running, name)) == ("InvalidParameterValue", 400)


def test_the_identifier_of_a_cluster_snapshot_is_shorter(simulate):
    running = simulate(databases=DATABASES)
    create(running, "a" * 255)
    create_of_cluster(running, "a" * 63)
    assert refusal(lambda: create_of_cluster(running, "a" * 64))[0] == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("databases", "create", "error"),
    [
        ([], create, ("DBInstanceNotFound", 404)),
        ([], create_of_cluster, ("DBClusterNotFoundFault", 404)),
        ([SHOP | {"state": "stopped"}], create, ("InvalidDBInstanceState", 400)),
        ([CLUSTER | {"state": "stopped"}], create_of_cluster, ("InvalidDBClusterStateFault", 400)),
        ([SHOP | {"cluster": "crm"}, CLUSTER], create, ("InvalidParameterValue", 400)),
    ],
)
def test_a_database_may_refuse(simulate, databases, create, error):
    running = simulate(databases=databases)
    assert refusal(lambda: create(running)) == error
    assert snapshots(running) == cluster_snapshots(running) == []


def test_an_instance_is_backing_up_while_a_snapshot_is_created_and_a_cluster_is_not(simulate):
    running = simulate(databases=[*DATABASES, SHOP | {"id": "lax", "backing_up": False}])
    create(running)
    (shop,) = running.rds.describe_db_instances(DBInstanceIdentifier="shop")["DBInstances"]
    assert shop["DBInstanceStatus"] == "backing-up"
    assert refusal(lambda: create(running, "other")) == ("InvalidDBInstanceState", 400)
    for call, database in ((create_of_cluster, "crm"), (create, "lax")):
        call(running, "first", database)
        call(running, "second", database)
    running.advance(100)
    create(running, "other")


def test_a_database_becomes_available(simulate):
    running = simulate(databases=[SHOP | {"state": "starting", "available_from_s": 60}])
    assert refusal(lambda: create(running))[0] == "InvalidDBInstanceState"
    running.advance(60)
    create(running)


def test_each_kind_has_a_quota_of_manual_snapshots(simulate):
    running = simulate(
        databases=[SHOP, CLUSTER],
        snapshots=[
            {"arn": f"{RDS}:snapshot:one"},
            {"arn": f"{RDS}:snapshot:rds:shop-1", "type": "automated"},
            {"arn": f"{RDS}:snapshot:awsbackup:job-1", "type": "awsbackup"},
        ],
        limits={"manual_snapshots": 2},
    )
    create(running)
    running.advance(100)
    assert refusal(lambda: create(running, "third")) == ("SnapshotQuotaExceeded", 400)
    create_of_cluster(running)
    running.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    running.advance(30)
    create(running, "third")


def test_a_creation_may_fail(simulate):
    running = simulate(databases=[SHOP | {"snapshot_outcome": ["failed", "available"]}])
    create(running)
    running.advance(100)
    (failed,) = snapshots(running)
    assert failed["Status"] == "failed"
    assert "SnapshotCreateTime" not in failed
    create(running, "second")
    running.advance(100)
    assert {one["Status"] for one in snapshots(running)} == {"failed", "available"}
    assert events(running) == ["RDS-EVENT-0040", "RDS-EVENT-0040", "RDS-EVENT-0042"]


def test_a_new_snapshot_may_not_be_listed_yet_and_exists_all_the_same(simulate):
    running = simulate(databases=[SHOP | {"snapshot_listed_after_s": 10}])
    create(running)
    assert snapshots(running) == []
    assert refusal(lambda: snapshots(running, DBSnapshotIdentifier="mine"))[1] == 404
    assert refusal(lambda: create(running))[0] == "DBSnapshotAlreadyExists"
    running.advance(10)
    assert names(snapshots(running)) == {"mine"}


def test_a_lost_response_means_that_the_snapshot_is_created(simulate):
    fault = {"error": "lost_response", "times": 1}
    running = simulate(
        databases=DATABASES,
        faults=[
            fault | {"operation": "CreateDBSnapshot", "source_arn": f"{RDS}:db:shop"},
            fault | {"operation": "DeleteDBSnapshot", "source_arn": f"{RDS}:snapshot:mine"},
        ],
    )
    with pytest.raises(ConnectionClosedError):
        create(running)
    assert refusal(lambda: create(running)) == ("DBSnapshotAlreadyExists", 400)
    running.advance(100)
    with pytest.raises(ConnectionClosedError):
        running.rds.delete_db_snapshot(DBSnapshotIdentifier="mine")
    assert snapshots(running)[0]["Status"] == "deleting"
    assert running.ledger.calls == {
        "CreateDBSnapshot": 2,
        "DeleteDBSnapshot": 1,
        "DescribeDBSnapshots": 1,
    }


TYPES: list[dict[str, Any]] = [
    {"arn": f"{RDS}:snapshot:manual", "db_instance": "shop", "tags": {"a": "b"}},
    {"arn": f"{RDS}:snapshot:rds:shop-1", "db_instance": "shop", "type": "automated"},
    {"arn": f"{RDS}:snapshot:awsbackup:job-1", "db_instance": "shop", "type": "awsbackup"},
    {
        "arn": "arn:aws:rds:us-east-1:999999999999:snapshot:shared",
        "db_instance": "shop",
        "type": "shared",
    },
    {
        "arn": "arn:aws:rds:us-east-1:888888888888:snapshot:public",
        "db_instance": "other",
        "type": "public",
    },
]
SHARED, PUBLIC = TYPES[3]["arn"], TYPES[4]["arn"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"manual", "rds:shop-1"}),
        ({"SnapshotType": "manual"}, {"manual"}),
        ({"SnapshotType": "automated", "IncludeShared": True}, {"rds:shop-1"}),
        ({"SnapshotType": "awsbackup"}, {"awsbackup:job-1"}),
        ({"SnapshotType": "shared"}, {SHARED}),
        ({"SnapshotType": "public"}, {PUBLIC}),
        ({"IncludeShared": True, "IncludePublic": True}, {"manual", "rds:shop-1", SHARED, PUBLIC}),
        ({"DBSnapshotIdentifier": "rds:shop-1", "SnapshotType": "automated"}, {"rds:shop-1"}),
        ({"DBInstanceIdentifier": "nobody"}, set()),
        ({"Filters": [{"Name": "db-instance-id", "Values": [f"{RDS}:db:shop"]}]}, None),
        ({"Filters": [{"Name": "engine", "Values": ["mysql"]}]}, set()),
        ({"Filters": [{"Name": "snapshot-type", "Values": ["manual"]}]}, {"manual"}),
        ({"Filters": [{"Name": "db-snapshot-id", "Values": ["rds:shop-1"]}]}, {"rds:shop-1"}),
    ],
)
def test_lists_by_type_database_and_filter(simulate, query, found):
    running = simulate(snapshots=TYPES)
    assert names(snapshots(running, **query)) == (
        {"manual", "rds:shop-1"} if found is None else found
    )


def test_lists_by_resource_id(simulate):
    running = simulate(snapshots=TYPES)
    resource = snapshots(running, DBSnapshotIdentifier="manual")[0]["DbiResourceId"]
    assert names(snapshots(running, DbiResourceId=resource)) == {"manual", "rds:shop-1"}


def test_snapshots_of_aws_backup_may_be_listed_by_default(simulate):
    running = simulate(snapshots=TYPES, awsbackup_listed_by_default=True)
    assert names(snapshots(running)) == {"manual", "rds:shop-1", "awsbackup:job-1"}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"DBSnapshotIdentifier": "none"}, ("DBSnapshotNotFound", 404)),
        ({"DBSnapshotIdentifier": "rds:shop-1", "SnapshotType": "manual"}, None),
        ({"SnapshotType": "nightly"}, ("InvalidParameterValue", 400)),
        ({"MaxRecords": 19}, ("InvalidParameterValue", 400)),
        ({"Filters": [{"Name": "status", "Values": ["x"]}]}, ("InvalidParameterValue", 400)),
    ],
)
def test_refuses_a_bad_query(simulate, query, error):
    running = simulate(snapshots=TYPES)
    assert refusal(lambda: snapshots(running, **query)) == (error or ("DBSnapshotNotFound", 404))


def test_an_automated_snapshot_is_found_by_its_identifier_only_with_its_type(simulate):
    running = simulate(
        snapshots=[
            TYPES[1],
            {"arn": f"{RDS}:cluster-snapshot:rds:crm-1", "type": "automated"},
        ]
    )
    for call in (
        lambda: snapshots(running, DBSnapshotIdentifier="rds:shop-1"),
        lambda: cluster_snapshots(running, DBClusterSnapshotIdentifier="rds:crm-1"),
    ):
        assert refusal(call)[1] == 404


def test_a_cluster_and_its_snapshot_cannot_both_be_named(simulate):
    running = simulate(databases=DATABASES)
    call = {"DBClusterIdentifier": "crm", "DBClusterSnapshotIdentifier": "mine"}
    assert refusal(lambda: cluster_snapshots(running, **call)) == (
        "InvalidParameterCombination",
        400,
    )


def test_only_manual_snapshots_of_the_account_can_be_deleted(simulate):
    running = simulate(
        snapshots=[*TYPES, {"arn": f"{RDS}:cluster-snapshot:rds:crm-1", "type": "automated"}]
    )
    delete, delete_of_cluster = (
        running.rds.delete_db_snapshot,
        running.rds.delete_db_cluster_snapshot,
    )
    for name in ("rds:shop-1", "awsbackup:job-1"):
        answer = refusal(delete, DBSnapshotIdentifier=name)
        assert answer == ("InvalidDBSnapshotState", 400)
    assert refusal(delete, DBSnapshotIdentifier=SHARED) == ("DBSnapshotNotFound", 404)
    answer = refusal(delete_of_cluster, DBClusterSnapshotIdentifier="rds:crm-1")
    assert answer == ("InvalidDBClusterSnapshotStateFault", 400)
    assert events(running) == []


def test_pages_have_no_order_of_names_or_times_and_lose_nothing(simulate):
    many = [
        {"arn": f"{RDS}:snapshot:night-{night:03}", "created_at_s": -night * 10.0}
        for night in range(105)
    ]
    orders = []
    for seed in (1, 2):
        running = simulate(snapshots=many, seed=seed)
        pages = running.rds.get_paginator("describe_db_snapshots").paginate(
            PaginationConfig={"PageSize": 50}
        )
        listed = [[one["DBSnapshotIdentifier"] for one in page["DBSnapshots"]] for page in pages]
        assert [len(page) for page in listed] == [50, 50, 5]
        orders.append([name for page in listed for name in page])
    in_order = sorted(orders[0])
    assert in_order == sorted(orders[1]) == [f"night-{night:03}" for night in range(105)]
    assert orders[0] != orders[1]
    assert in_order not in orders
    assert in_order[::-1] not in orders


def test_a_snapshot_of_the_world_is_created_in_its_time_with_its_events(simulate):
    night = {"arn": f"{RDS}:snapshot:rds:shop-2", "type": "automated", "db_instance": "shop"}
    running = simulate(
        databases=DATABASES,
        snapshots=[
            {"arn": f"{RDS}:snapshot:old", "created_at_s": -7200, "db_instance": "shop"},
            night | {"created_at_s": 100, "creating_s": 40},
            {"arn": f"{RDS}:cluster-snapshot:rds:crm", "type": "automated", "created_at_s": 200},
        ],
    )
    (old,) = snapshots(running)
    assert old["SnapshotCreateTime"].timestamp() == running.clock.origin - 7200
    running.advance(60)
    by_name = {one["DBSnapshotIdentifier"]: one for one in snapshots(running)}
    assert by_name["rds:shop-2"]["Status"] == "creating"
    assert "SnapshotCreateTime" not in by_name["rds:shop-2"]
    running.advance(40)
    (new,) = snapshots(running, SnapshotType="automated")
    assert new["Status"] == "available"
    assert new["SnapshotCreateTime"].timestamp() == running.clock.origin + 100
    assert cluster_snapshots(running) == []
    running.advance(100)
    assert names(cluster_snapshots(running)) == {"rds:crm"}
    assert events(running) == ["RDS-EVENT-0090", "RDS-EVENT-0091", "RDS-EVENT-0169"]


def test_others_create_and_delete_snapshots(simulate):
    rival = f"{RDS}:snapshot:rival"
    running = simulate(
        databases=DATABASES,
        snapshots=[
            {"arn": rival, "db_instance": "shop", "deletion_s": 10},
            {"arn": f"{RDS}:snapshot:rds:shop-1", "type": "automated", "db_instance": "shop"},
        ],
        actions=[
            {"at_s": 5, "operation": "CreateSnapshot", "arn": rival},
            {"at_s": 10, "operation": "DeleteSnapshot", "arn": f"{RDS}:snapshot:rds:shop-1"},
            {"at_s": 40, "operation": "DeleteSnapshot", "arn": rival},
        ],
    )
    assert names(snapshots(running)) == {"rds:shop-1"}
    running.advance(30)
    assert names(snapshots(running, DBInstanceIdentifier="shop")) == {"rival"}
    running.advance(10)
    assert snapshots(running)[0]["Status"] == "deleting"
    running.advance(10)
    assert snapshots(running) == []
    assert events(running) == ["RDS-EVENT-0042", "RDS-EVENT-0041"]
    assert running.ledger.calls == {"DescribeDBSnapshots": 4}


def test_a_status_of_the_world_is_shown_and_cannot_be_exported(simulate):
    arn = f"{RDS}:snapshot:broken"
    running = simulate(snapshots=[{"arn": arn, "status": "incompatible-restore"}])
    assert snapshots(running)[0]["Status"] == "incompatible-restore"
    assert refusal(lambda: start_export(running, arn)) == ("InvalidExportSourceState", 400)


@pytest.mark.parametrize(
    ("snapshot", "can_be_exported"),
    [
        ({"arn": f"{RDS}:snapshot:a", "engine": "mariadb"}, True),
        ({"arn": f"{RDS}:snapshot:a", "engine": "oracle-ee"}, False),
        ({"arn": f"{RDS}:snapshot:a", "engine": "sqlserver-se"}, False),
        ({"arn": f"{RDS}:snapshot:a", "engine": "db2-se"}, False),
        ({"arn": f"{RDS}:snapshot:a", "type": "awsbackup"}, True),
        ({"arn": SHARED, "type": "shared"}, False),
        ({"arn": f"{RDS}:cluster-snapshot:a", "engine": "aurora-mysql"}, True),
        ({"arn": f"{RDS}:cluster-snapshot:a", "engine": "postgres"}, True),
        ({"arn": f"{RDS}:cluster-snapshot:a", "engine": "docdb"}, False),
        ({"arn": f"{RDS}:cluster:a"}, True),
        ({"arn": f"{RDS}:cluster:a", "engine": "postgres"}, False),
    ],
)
def test_what_can_be_exported_depends_on_engine_and_owner(simulate, snapshot, can_be_exported):
    running = simulate(snapshots=[snapshot])
    if can_be_exported:
        assert start_export(running, snapshot["arn"])["Status"] == "STARTING"
    else:
        answer = refusal(lambda: start_export(running, snapshot["arn"]))
        assert answer == ("InvalidExportSourceState", 400)


def test_exports_of_a_database_proceed_as_the_database_says(simulate):
    running = simulate(
        databases=[
            SHOP | {"snapshot_s": 0, "starting_s": 5, "export_s": 5, "outcome": "FAILED"},
            CLUSTER | {"starting_s": 5, "export_s": 20},
        ]
    )
    create(running)
    start_export(running, f"{RDS}:snapshot:mine")
    start_export(running, f"{RDS}:cluster:crm", "export-2")
    running.advance(10)
    tasks = running.rds.describe_export_tasks()["ExportTasks"]
    assert [task["Status"] for task in tasks] == ["FAILED", "IN_PROGRESS"]


def test_describes_databases(simulate):
    running = simulate(
        databases=[
            SHOP | {"engine": "mysql", "tags": {"team": "sales"}},
            {"id": "crm-1", "cluster": "crm", "engine": "aurora-postgresql"},
            CLUSTER,
        ]
    )
    instances = running.rds.describe_db_instances()["DBInstances"]
    by_name = {one["DBInstanceIdentifier"]: one for one in instances}
    assert by_name["shop"]["Engine"] == "mysql"
    assert by_name["shop"]["TagList"] == [{"Key": "team", "Value": "sales"}]
    assert by_name["crm-1"]["DBClusterIdentifier"] == "crm"
    members = running.rds.describe_db_instances(
        Filters=[{"Name": "db-cluster-id", "Values": [f"{RDS}:cluster:crm"]}]
    )["DBInstances"]
    assert [one["DBInstanceIdentifier"] for one in members] == ["crm-1"]
    (cluster,) = running.rds.describe_db_clusters(DBClusterIdentifier="CRM")["DBClusters"]
    assert (cluster["Status"], cluster["DBClusterArn"]) == ("available", f"{RDS}:cluster:crm")
    assert cluster["DBClusterMembers"] == [
        {"DBInstanceIdentifier": "crm-1", "IsClusterWriter": True}
    ]
    assert refusal(lambda: running.rds.describe_db_instances(DBInstanceIdentifier="no")) == (
        "DBInstanceNotFound",
        404,
    )
    assert refusal(lambda: running.rds.describe_db_clusters(DBClusterIdentifier="no")) == (
        "DBClusterNotFoundFault",
        404,
    )


def test_tags_are_added_listed_and_removed(simulate):
    running = simulate(databases=[SHOP | {"tags": {"team": "sales"}}], snapshots=TYPES)
    arn = TYPES[0]["arn"]
    running.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "c", "Value": "d"}])
    running.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    assert running.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [
        {"Key": "c", "Value": "d"}
    ]
    assert snapshots(running, SnapshotType="manual")[0]["TagList"] == [{"Key": "c", "Value": "d"}]
    of_database = running.rds.list_tags_for_resource(ResourceName=f"{RDS}:db:shop")["TagList"]
    assert of_database == [{"Key": "team", "Value": "sales"}]
    for name, code in (
        (f"{RDS}:snapshot:none", "DBSnapshotNotFound"),
        (f"{RDS}:cluster-snapshot:none", "DBClusterSnapshotNotFoundFault"),
        (f"{RDS}:db:none", "DBInstanceNotFound"),
        ("shop", "InvalidParameterValue"),
    ):
        assert refusal(running.rds.list_tags_for_resource, ResourceName=name)[0] == code
