"""What the orchestrator is compared with: a state machine that polls every 30 seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Self

from lambdas.jobs.phases import Phase
from lambdas.shared.environment import EXPORT_BUCKET, EXPORT_KEY_ARN, EXPORT_ROLE_ARN
from lambdas.shared.texts import timestamp
from localcloud.cloud import LocalAws
from localcloud.orchestrator import LocalOrchestrator

SECONDS_BETWEEN_POLLS: Final = 30
TIMEOUT_SECONDS: Final = 86_400
TASK_ID: Final = "fixed-poller"
COMPLETE: Final = "COMPLETE"

_SDK: Final = "arn:aws:states:::aws-sdk:rds"
_ROLE: Final = f"arn:aws:iam::{LocalAws.account}:role/fixed-poller"
_OF_THIS_EXPORT: Final = {"ExportTaskIdentifier": TASK_ID}
_DESCRIBE: Final = {
    "Type": "Task",
    "Resource": f"{_SDK}:describeExportTasks",
    "Arguments": _OF_THIS_EXPORT,
}


class FixedPoller(LocalOrchestrator):
    """The same local AWS, with another state machine in the orchestrator's place.

    A request is the source's ARN.
    """

    def __enter__(self) -> Self:
        super().__enter__()
        self._machine_arn = self._create(definition(self._export_store()))
        return self

    @property
    def machine_arn(self) -> str:
        """The poller's state machine."""
        return self._machine_arn

    def outcome(self, execution_arn: str) -> dict[str, Any]:
        """Return an ended execution's outcome, as far as a report needs it."""
        states = self.aws.client("stepfunctions")
        execution = states.describe_execution(executionArn=execution_arn)
        started_at, ended_at = (execution[date].timestamp() for date in ("startDate", "stopDate"))
        job = {
            "job": "0.0",
            "kind": "export",
            "id": json.loads(execution["input"]),
            "phase": Phase.COMPLETE if execution["status"] == "SUCCEEDED" else Phase.FAILED,
            "polls": self.simulators.ledger.calls.get("DescribeExportTasks", 0),
            "elapsed_seconds": ended_at - started_at,
            "ended_at": timestamp(ended_at),
        }
        return {"resources": [job]}

    def progress(self) -> list[tuple[float, int]]:
        """Return the PercentProgress of each poll, with its second since the beginning."""
        states = self.aws.client("stepfunctions")
        [execution] = states.list_executions(stateMachineArn=self.machine_arn)["executions"]
        pages = states.get_paginator("get_execution_history").paginate(
            executionArn=execution["executionArn"]
        )
        return [
            (self.world_seconds(event["timestamp"].timestamp()), _percent(event))
            for page in pages
            for event in page["events"]
            if _is_poll(event)
        ]

    def _export_store(self) -> dict[str, str]:
        """Return the environment in which the deployed functions find bucket, role and key."""
        functions = self.aws.client("lambda").list_functions()["Functions"]
        environments = (function["Environment"]["Variables"] for function in functions)
        return next(variables for variables in environments if EXPORT_BUCKET in variables)

    def _create(self, machine: dict[str, Any]) -> str:
        created = self.aws.client("stepfunctions").create_state_machine(
            name=machine["StartAt"], definition=json.dumps(machine), roleArn=_ROLE
        )
        return str(created["stateMachineArn"])


def definition(store: Mapping[str, str]) -> dict[str, Any]:
    """Return a machine that starts an export and polls it until it has ended."""
    return {
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "StartExport",
        "States": {
            "StartExport": {
                "Type": "Task",
                "Resource": f"{_SDK}:startExportTask",
                "Arguments": {
                    **_OF_THIS_EXPORT,
                    "SourceArn": "{% $states.input %}",
                    "S3BucketName": store[EXPORT_BUCKET],
                    "IamRoleArn": store[EXPORT_ROLE_ARN],
                    "KmsKeyId": store[EXPORT_KEY_ARN],
                },
                "Next": "AwaitNextPoll",
            },
            "AwaitNextPoll": {
                "Type": "Wait",
                "Seconds": SECONDS_BETWEEN_POLLS,
                "Next": "DescribeExport",
            },
            "DescribeExport": {**_DESCRIBE, "Next": "IsExportComplete"},
            "IsExportComplete": {
                "Type": "Choice",
                "Choices": [{"Condition": _status_is(COMPLETE), "Next": "ExportComplete"}],
                "Default": "AwaitNextPoll",
            },
            "ExportComplete": {"Type": "Succeed"},
        },
    }


def _status_is(status: str) -> str:
    return f"{{% $states.input.ExportTasks[0].Status = '{status}' %}}"


def _is_poll(event: dict[str, Any]) -> bool:
    details: dict[str, Any] = event.get("taskSucceededEventDetails", {})
    return details.get("resource") == "describeExportTasks"


def _percent(event: dict[str, Any]) -> int:
    [task] = json.loads(event["taskSucceededEventDetails"]["output"])["ExportTasks"]
    return int(task["PercentProgress"])
