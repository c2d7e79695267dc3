"""Every response about export tasks has its meaning."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambdas.exports.decisions import ExportTask
from tests.contract.aws_clients.calls import (
    KEY,
    ROLE,
    SNAPSHOT,
    any_exports,
)

STARTED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ENDED = datetime(2026, 11, 1, 12, 40, tzinfo=UTC)
ANSWER = {
    "ExportTaskIdentifier": "any-task",
    "SourceArn": SNAPSHOT,
    "Status": "COMPLETE",
    "S3Bucket": "stack-bucket",
    "S3Prefix": "exports",
    "ExportOnly": ["shop.orders"],
    "PercentProgress": 100,
    "TaskStartTime": STARTED,
    "TaskEndTime": ENDED,
    "TotalExtractedDataInGB": 40,
    "FailureCause": "any cause",
    "WarningMessage": "any warning",
}
TASK = ExportTask(
    "any-task",
    SNAPSHOT,
    "COMPLETE",
    "stack-bucket",
    "exports",
    ("shop.orders",),
    100,
    STARTED.timestamp(),
    ENDED.timestamp(),
    40,
    "any cause",
    "any warning",
)


def test_reads_every_field_of_a_task(stub):
    stub("rds").add_response(
        "describe_export_tasks", {"ExportTasks": [ANSWER]}, {"SourceArn": SNAPSHOT}
    )
    assert any_exports().of_source(SNAPSHOT) == (TASK,)


def test_reads_a_task_with_hardly_any_fields(stub):
    sparse = {"ExportTaskIdentifier": "any-task", "FailureCause": "", "WarningMessage": ""}
    stub("rds").add_response("describe_export_tasks", {"ExportTasks": [sparse]})
    (task,) = any_exports().of_source(SNAPSHOT)
    assert task == ExportTask("any-task", "", "", "", "")


def test_reads_every_page_of_the_tasks_of_a_source(stub):
    stubber = stub("rds")
    tasks = [{"ExportTaskIdentifier": f"task-{number}"} for number in range(3)]
    stubber.add_response(
        "describe_export_tasks",
        {"ExportTasks": tasks[:2], "Marker": "next"},
        {"SourceArn": SNAPSHOT},
    )
    stubber.add_response(
        "describe_export_tasks",
        {"ExportTasks": tasks[2:]},
        {"SourceArn": SNAPSHOT, "Marker": "next"},
    )
    shown = any_exports().of_source(SNAPSHOT)
    assert [task.task_id for task in shown] == ["task-0", "task-1", "task-2"]


def test_finds_a_task_by_its_identifier(stub):
    stub("rds").add_response(
        "describe_export_tasks", {"ExportTasks": [ANSWER]}, {"ExportTaskIdentifier": "any-task"}
    )
    assert any_exports().find("any-task") == TASK


def test_finds_no_task_by_an_empty_list_or_by_an_error(stub):
    stubber = stub("rds")
    stubber.add_response("describe_export_tasks", {"ExportTasks": []})
    stubber.add_client_error("describe_export_tasks", "ExportTaskNotFound", http_status_code=404)
    assert any_exports().find("any-task") is None
    assert any_exports().find("any-task") is None


def test_lists_no_task_of_a_source_by_an_empty_list_or_by_an_error(stub):
    stubber = stub("rds")
    stubber.add_response("describe_export_tasks", {"ExportTasks": []})
    stubber.add_client_error("describe_export_tasks", "ExportTaskNotFound", http_status_code=404)
    assert any_exports().of_source(SNAPSHOT) == ()
    assert any_exports().of_source(SNAPSHOT) == ()


def test_filters_running_tasks_by_lower_case_statuses(stub):
    """Source: botocore, Filters of DescribeExportTasks; responses are in upper case."""
    running = {"Name": "status", "Values": ["starting", "in_progress", "canceling"]}
    stub("rds").add_response(
        "describe_export_tasks", {"ExportTasks": [ANSWER]}, {"Filters": [running]}
    )
    assert any_exports().running() == (TASK,)


@pytest.mark.parametrize(
    ("prefix", "tables", "optional"),
    [
        ("", (), {}),
        ("exports", (), {"S3Prefix": "exports"}),
        ("exports", ("a", "b"), {"S3Prefix": "exports", "ExportOnly": ["a", "b"]}),
    ],
)
def test_starts_an_export_to_the_stacks_own_destination(stub, prefix, tables, optional):
    stub("rds").add_response(
        "start_export_task",
        ANSWER,
        {
            "ExportTaskIdentifier": "any-task",
            "SourceArn": SNAPSHOT,
            "S3BucketName": "stack-bucket",
            "IamRoleArn": ROLE,
            "KmsKeyId": KEY,
            **optional,
        },
    )
    assert any_exports(prefix).start("any-task", SNAPSHOT, tables) == TASK


def test_cancels_a_task(stub):
    stub("rds").add_response(
        "cancel_export_task",
        ANSWER | {"Status": "CANCELING"},
        {"ExportTaskIdentifier": "any-task"},
    )
    assert any_exports().cancel("any-task") == TASK._replace(status="CANCELING")
