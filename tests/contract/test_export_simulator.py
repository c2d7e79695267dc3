"""The export simulator follows the rules of RDS export tasks, over the Query protocol."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

RDS = "arn:aws:rds:us-east-1:123456789012"
ORDERS = f"{RDS}:snapshot:orders"
AURORA = f"{RDS}:cluster-snapshot:aurora"
CLUSTER = f"{RDS}:cluster:live"
NOT_FOUND = {
    f"{RDS}:snapshot:none": "DBSnapshotNotFound",
    f"{RDS}:cluster-snapshot:none": "DBClusterSnapshotNotFoundFault",
    f"{RDS}:cluster:none": "DBClusterNotFoundFault",
}


def start(running, export_id: str = "export-1", source_arn: str = ORDERS, **others):
    return running.rds.start_export_task(
        ExportTaskIdentifier=export_id,
        SourceArn=source_arn,
        S3BucketName="stack-bucket",
        IamRoleArn="arn:aws:iam::123456789012:role/any",
        KmsKeyId="any-key",
        **others,
    )


def describe(running, **query):
    return running.rds.describe_export_tasks(**query)["ExportTasks"]


def status(running, export_id: str = "export-1") -> str:
    return describe(running, ExportTaskIdentifier=export_id)[0]["Status"]


def refusal(call) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_an_export_passes_through_its_statuses(simulate):
    running = simulate(
        snapshots=[
            {"arn": ORDERS, "starting_s": 300, "export_s": 900, "size_gb": 40, "warning": "some"}
        ]
    )
    begun = start(running, ExportOnly=["shop.orders"], S3Prefix="exports")
    assert (begun["Status"], begun["PercentProgress"]) == ("STARTING", 0)
    assert "TaskStartTime" not in begun
    running.advance(300 + 450)
    (half,) = describe(running)
    assert (half["Status"], half["PercentProgress"]) == ("IN_PROGRESS", 50)
    assert half["TotalExtractedDataInGB"] == 20
    assert half["TaskStartTime"].timestamp() == running.clock.origin + 300
    assert "WarningMessage" not in half
    running.advance(450)
    assert status(running) == "COMPLETE"
    (done,) = describe(running)
    assert (done["PercentProgress"], done["TotalExtractedDataInGB"]) == (100, 40)
    assert done["WarningMessage"] == "some"
    assert done["TaskEndTime"].timestamp() == running.clock.origin + 1200
    assert done["ExportOnly"] == ["shop.orders"]
    assert (done["S3Bucket"], done["S3Prefix"]) == ("stack-bucket", "exports")
    assert done["SourceType"] == "SNAPSHOT"
    assert running.ledger.states[ORDERS] == (
        (0.0, "STARTING"),
        (300.0, "IN_PROGRESS"),
        (1200.0, "COMPLETE"),
    )


def test_a_complete_export_has_its_files(simulate):
    running = simulate(snapshots=[{"arn": ORDERS}])
    start(running, ExportOnly=["shop.orders", "shop.public.items"], S3Prefix="exports")
    running.advance(1100)
    assert running.objects == {}
    running.advance(100)
    assert status(running) == "COMPLETE"
    assert {bucket for bucket, _ in running.objects} == {"stack-bucket"}
    files = {
        key.removeprefix("exports/export-1/"): body for (_, key), body in running.objects.items()
    }
    assert json.loads(files["export_info_export-1.json"])["status"] == "COMPLETE"
    tables = json.loads(files["export_tables_info_export-1_from_1_to_2.json"])["perTableStatus"]
    assert [table["target"] for table in tables] == ["shop.orders", "shop.public.items"]
    assert {"shop/orders/1/_SUCCESS", "shop/public.items/1/_SUCCESS"} <= set(files)
    assert sum(name.endswith(".gz.parquet") for name in files) == 2


def test_an_export_that_cannot_write_its_files_fails(simulate):
    def refuse(bucket: str, key: str, body: bytes) -> None:
        raise ClientError({"Error": {"Code": "NoSuchBucket"}}, "PutObject")

    running = simulate(put_object=refuse, snapshots=[{"arn": ORDERS}])
    start(running)
    running.advance(1200)
    assert status(running) == "FAILED"
    assert "NoSuchBucket" in describe(running)[0]["FailureCause"]


@pytest.mark.parametrize(
    ("fails_in", "at_s", "percent"), [("STARTING", 300, 0), ("IN_PROGRESS", 1200, 99)]
)
def test_an_export_may_fail(simulate, fails_in, at_s, percent):
    running = simulate(
        snapshots=[
            {"arn": ORDERS, "outcome": "FAILED", "fails_in": fails_in, "failure_cause": "no key"}
        ]
    )
    start(running)
    running.advance(at_s)
    (failed,) = describe(running)
    assert (failed["Status"], failed["FailureCause"]) == ("FAILED", "no key")
    assert failed["PercentProgress"] == percent
    assert running.objects == {}


def test_successive_exports_take_the_outcomes_in_turn(simulate):
    running = simulate(
        snapshots=[
            {"arn": ORDERS, "starting_s": 0, "export_s": 1, "outcome": ["FAILED", "COMPLETE"]}
        ]
    )
    for export_id, end in (("a", "FAILED"), ("b", "COMPLETE"), ("c", "COMPLETE")):
        start(running, export_id)
        running.advance(1)
        assert status(running, export_id) == end


def test_a_canceled_export_is_canceling_first(simulate):
    running = simulate(snapshots=[{"arn": ORDERS, "canceling_s": 20}])
    start(running)
    assert running.rds.cancel_export_task(ExportTaskIdentifier="export-1")["Status"] == "CANCELING"
    running.advance(19)
    assert status(running) == "CANCELING"
    running.advance(1)
    assert status(running) == "CANCELED"


def test_a_cancel_may_lose_the_race_against_completion(simulate):
    running = simulate(snapshots=[{"arn": ORDERS, "cancel_outcome": "COMPLETE"}])
    start(running)
    running.rds.cancel_export_task(ExportTaskIdentifier="export-1")
    running.advance(20)
    assert status(running) == "COMPLETE"


def test_refuses_to_cancel_an_export_that_ended_or_does_not_exist(simulate):
    running = simulate(snapshots=[{"arn": ORDERS}])
    cancel = running.rds.cancel_export_task
    assert refusal(lambda: cancel(ExportTaskIdentifier="none")) == ("ExportTaskNotFound", 404)
    start(running)
    running.advance(1200)
    for _ in range(2):  # before its files are written, and after
        assert refusal(lambda: cancel(ExportTaskIdentifier="export-1")) == (
            "InvalidExportTaskStateFault",
            400,
        )
        assert status(running) == "COMPLETE"
    assert running.ledger.illegal == {"CancelExportTask": 2}


def test_five_exports_at_once_and_no_sixth(simulate):
    arns = [f"{RDS}:snapshot:s-{n}" for n in range(6)]
    running = simulate(snapshots=[{"arn": arn} for arn in arns])
    for n in range(5):
        start(running, f"export-{n}", arns[n])
    running.rds.cancel_export_task(ExportTaskIdentifier="export-0")
    assert refusal(lambda: start(running, "sixth", arns[5])) == ("ExportTaskLimitReachedFault", 400)
    running.advance(20)
    start(running, "sixth", arns[5])
    assert running.ledger.exports_started == 6
    assert running.ledger.max_concurrent_exports == 5


def test_one_export_per_source_and_a_cooldown_after_it(simulate):
    running = simulate(
        snapshots=[{"arn": ORDERS, "cooldown_s": 60}, {"arn": AURORA, "busy_error": "ThatIsBusy"}]
    )
    start(running)
    assert refusal(lambda: start(running, "other")) == ("InvalidExportSourceState", 400)
    start(running, "aurora-1", AURORA)
    assert refusal(lambda: start(running, "aurora-2", AURORA)) == ("ThatIsBusy", 400)
    running.advance(1200)
    assert status(running) == "COMPLETE"
    assert refusal(lambda: start(running, "other")) == ("InvalidExportSourceState", 400)
    running.advance(60)
    start(running, "other")


def test_an_identifier_is_never_used_twice(simulate):
    running = simulate(snapshots=[{"arn": ORDERS}, {"arn": AURORA}])
    start(running)
    assert refusal(lambda: start(running)) == ("ExportTaskAlreadyExists", 400)
    running.advance(1200)
    assert status(running) == "COMPLETE"
    assert refusal(lambda: start(running, source_arn=AURORA)) == ("ExportTaskAlreadyExists", 400)


@pytest.mark.parametrize(
    "bad", ["1st", "a_b", "a--b", "a-", "-a", "ä", "a.b", "a" * 61, "a b"], ids=repr
)
def test_refuses_bad_identifiers(simulate, bad):
    running = simulate(snapshots=[{"arn": ORDERS}])
    assert refusal(lambda: start(running, bad)) == ("InvalidParameterValue", 400)


def test_refuses_bad_parameters(simulate):
    running = simulate(snapshots=[{"arn": ORDERS}])
    assert refusal(lambda: start(running, S3Prefix="a:b")) == ("InvalidParameterValue", 400)
    too_much = ["t" * 1024] * 201
    assert refusal(lambda: start(running, ExportOnly=too_much)) == ("InvalidExportOnly", 400)
    assert refusal(lambda: start(running, source_arn="orders")) == ("InvalidParameterValue", 400)
    assert refusal(lambda: start(running, "")) == ("MissingParameter", 400)


@pytest.mark.parametrize(("arn", "code"), NOT_FOUND.items())
def test_an_unknown_source_has_the_error_of_its_kind(simulate, arn, code):
    running = simulate()
    assert refusal(lambda: start(running, source_arn=arn)) == (code, 404)


def test_describes_by_source_identifier_filters_and_pages(simulate):
    exports = [
        {"export_id": f"old-{n}", "source_arn": ORDERS, "status": "FAILED"} for n in range(25)
    ]
    running = simulate(snapshots=[{"arn": CLUSTER}], exports=exports)
    start(running, source_arn=CLUSTER)
    assert describe(running, ExportTaskIdentifier="none") == []
    assert [task["SourceType"] for task in describe(running, SourceArn=CLUSTER)] == ["CLUSTER"]
    by_status = [{"Name": "status", "Values": ["starting", "canceling"]}]
    assert [t["ExportTaskIdentifier"] for t in describe(running, Filters=by_status)] == ["export-1"]
    by_both = [*by_status, {"Name": "source-arn", "Values": [ORDERS]}]
    assert describe(running, Filters=by_both) == []
    assert len(describe(running, SourceType="SNAPSHOT")) == 25
    pages = running.rds.get_paginator("describe_export_tasks").paginate(
        PaginationConfig={"PageSize": 20}
    )
    assert [len(page["ExportTasks"]) for page in pages] == [20, 6]


def test_refuses_bad_queries(simulate):
    running = simulate()
    for query in (
        {"Filters": [{"Name": "status", "Values": ["STARTING"]}]},
        {"Filters": [{"Name": "colour", "Values": ["red"]}]},
        {"MaxRecords": 101},
        {"Marker": "other"},
        {"SourceType": "TABLE"},
    ):
        code = refusal(lambda query=query: describe(running, **query))
        assert code == ("InvalidParameterValue", 400)


def test_an_export_that_exists_at_the_start_continues(simulate):
    running = simulate(
        snapshots=[{"arn": ORDERS, "export_s": 900}],
        exports=[
            {"export_id": "going", "source_arn": ORDERS, "age_s": 300},
            {"export_id": "done", "source_arn": AURORA, "status": "COMPLETE", "age_s": 100},
        ],
    )
    tasks = {task["ExportTaskIdentifier"]: task for task in describe(running)}
    assert tasks["going"]["PercentProgress"] == 33
    assert tasks["going"]["S3Bucket"] == "stack-bucket"
    assert tasks["done"]["TaskEndTime"].timestamp() == running.clock.origin - 100
    assert ("stack-bucket", "done/export_info_done.json") in running.objects
    assert refusal(lambda: start(running)) == ("InvalidExportSourceState", 400)
    running.advance(600)
    assert status(running, "going") == "COMPLETE"
    assert running.ledger.states == {
        ORDERS: ((0.0, "IN_PROGRESS"), (600.0, "COMPLETE")),
        AURORA: ((0.0, "COMPLETE"),),
    }
    assert (running.ledger.exports_started, running.ledger.max_concurrent_exports) == (0, 1)


@pytest.mark.parametrize(
    ("arn", "outcome", "event_id", "detail_type"),
    [
        (ORDERS, "FAILED", "RDS-EVENT-0159", "RDS DB Snapshot Event"),
        (ORDERS, "CANCELED", "RDS-EVENT-0160", "RDS DB Snapshot Event"),
        (ORDERS, "COMPLETE", "RDS-EVENT-0161", "RDS DB Snapshot Event"),
        (AURORA, "FAILED", "RDS-EVENT-0162", "RDS DB Cluster Snapshot Event"),
        (AURORA, "CANCELED", "RDS-EVENT-0163", "RDS DB Cluster Snapshot Event"),
        (AURORA, "COMPLETE", "RDS-EVENT-0164", "RDS DB Cluster Snapshot Event"),
        (CLUSTER, "FAILED", "RDS-EVENT-0234", "RDS DB Cluster Event"),
        (CLUSTER, "CANCELED", "RDS-EVENT-0235", "RDS DB Cluster Event"),
        (CLUSTER, "COMPLETE", "RDS-EVENT-0236", "RDS DB Cluster Event"),
    ],
)
def test_the_end_of_an_export_is_an_event(simulate, arn, outcome, event_id, detail_type):
    fails = "FAILED" if outcome == "FAILED" else "COMPLETE"
    running = simulate(snapshots=[{"arn": arn, "outcome": fails, "canceling_s": 5}])
    start(running, source_arn=arn)
    if outcome == "CANCELED":
        running.rds.cancel_export_task(ExportTaskIdentifier="export-1")
    running.advance(1200)
    (event,) = running.events
    assert (event["source"], event["detail-type"]) == ("aws.rds", detail_type)
    assert event["resources"] == [arn] == [event["detail"]["SourceArn"]]
    assert event["detail"]["EventID"] == event_id
    assert event["detail"]["SourceIdentifier"] == arn.rpartition(":")[2]
    assert status(running) == outcome


def test_events_are_dropped_delayed_and_duplicated(simulate):
    running = simulate(
        snapshots=[{"arn": ORDERS, "outcome": "FAILED"}, {"arn": AURORA, "outcome": "FAILED"}],
        faults=[
            {"event": "RDS-EVENT-0159", "drop": 1.0},
            {"event": "RDS-EVENT-0162", "delay_s": 30, "duplicates": 2},
        ],
    )
    start(running)
    start(running, "aurora", AURORA)
    running.advance(1229)
    assert status(running) == status(running, "aurora") == "FAILED"
    assert running.events == []
    running.advance(1)
    assert len(running.events) == 3
    assert {event["detail"]["EventID"] for event in running.events} == {"RDS-EVENT-0162"}


def test_a_snapshot_exists_from_its_time_on(simulate):
    running = simulate(
        snapshots=[{"arn": ORDERS, "exists_from_s": 50}, {"arn": AURORA}],
        actions=[
            {"at_s": 60, "operation": "CreateSnapshot", "arn": AURORA},
            {"at_s": 70, "operation": "CreateSnapshot", "arn": f"{RDS}:snapshot:new"},
            {"at_s": 80, "operation": "CancelExportTask", "source_arn": ORDERS},
        ],
    )
    assert refusal(lambda: start(running))[0] == "DBSnapshotNotFound"
    running.advance(50)
    start(running)
    assert refusal(lambda: start(running, "a", AURORA))[0] == "DBClusterSnapshotNotFoundFault"
    running.advance(10)
    assert len(running.events) == 1
    start(running, "b", AURORA)
    running.advance(10)
    assert len(running.events) == 2
    start(running, "c", f"{RDS}:snapshot:new")
    ids = [event["detail"]["EventID"] for event in running.events]
    assert ids == ["RDS-EVENT-0075", "RDS-EVENT-0042"]
    running.advance(10)
    assert status(running) == "CANCELING"
    assert "CancelExportTask" not in running.ledger.calls
