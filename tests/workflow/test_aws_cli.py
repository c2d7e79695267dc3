"""The AWS CLI, in a shell with the environment that `up` prints."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from commandline.parser import WRONG_ARGUMENTS
from infra.project import ROOT
from localcloud.cli import main
from localcloud.cloud import PortError, require_free
from localcloud.orchestrator import LocalOrchestrator
from localcloud.usage import print_usage
from localcloud.world import World
from tests.workflow.requests import SNAPSHOT, campaign, snapshot

SERVICE_ERROR = {254, 255}
"""The exit codes of version 2 and version 1 of the AWS CLI."""


class Shell:
    """A shell in another terminal."""

    def __init__(self, orchestrator: LocalOrchestrator, printed: str) -> None:
        self.orchestrator = orchestrator
        self._exports = "\n".join(re.findall(r"^  (export .*)$", printed, re.MULTILINE))
        self.commands = re.findall(r"^  (aws .*(?:\n    .*)*)$", printed, re.MULTILINE)

    def start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "-c", f"{self._exports}\n{command}"],
            cwd=ROOT,
            # The shell has another Region, whose endpoints would be those of AWS.
            env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "AWS_REGION": "eu-west-1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answers(self, *commands: str) -> list[Any]:
        """Run commands in parallel: the AWS CLI is slow to start."""
        with self.orchestrator.clock.released():
            done = [(process, *process.communicate()) for process in map(self.start, commands)]
        assert [error for process, _, error in done if process.returncode != 0] == []
        return [json.loads(out) if out else None for _, out, _ in done]


def _free_port() -> int:
    """A port that nobody else is given meanwhile: below those that Linux gives to anybody."""
    for port in range(20_000 + os.getpid() % 10_000, 32_768):
        with suppress(PortError):
            require_free(port)
            return port
    raise AssertionError("no port is free")


@pytest.fixture(scope="module")
def shell(assembly: Path) -> Iterator[Shell]:
    world = {"campaigns": [campaign("mine", "Paused")], "snapshots": [snapshot()]}
    port = _free_port()
    with LocalOrchestrator(
        World.model_validate(world), assembly, speed=1000, port=port
    ) as orchestrator:
        assert orchestrator.aws.endpoint == f"http://localhost:{port}"
        orchestrator.begin()
        with redirect_stdout(StringIO()) as printed:
            print_usage(orchestrator, page="http://localhost:1")
        yield Shell(orchestrator, printed.getvalue())


def test_every_printed_command_works_in_another_world(shell: Shell) -> None:
    assert len(shell.commands) == 4
    shell.answers(*shell.commands)

    machine = shell.orchestrator.machine_arn
    states = shell.orchestrator.aws.client("stepfunctions")
    changed = shell.orchestrator.aws.execution_changed

    def statuses() -> list[str]:
        listed = states.list_executions(stateMachineArn=machine)["executions"]
        return [one["status"] for one in listed]

    while "RUNNING" in statuses():
        changed.wait()
        changed.clear()
    assert statuses() == ["SUCCEEDED", "SUCCEEDED"]
    resumed = shell.orchestrator.aws.client("connectcampaignsv2").get_campaign_state(id="mine")
    assert resumed["state"] == "Running"


def test_services_whose_endpoint_variable_the_aws_cli_ignores_are_reached(shell: Shell) -> None:
    bucket = shell.orchestrator.outputs["ExportBucketName"]
    shell.orchestrator.aws.client("sqs").create_queue(QueueName="mine", tags={"team": "sales"})
    exports, databases, queues, objects, campaigns, tagged, others = shell.answers(
        "aws rds describe-export-tasks",
        "aws rds describe-db-instances",
        "aws sqs list-queues",
        f"aws s3api list-objects-v2 --bucket {bucket}",
        "aws connectcampaignsv2 list-campaigns",
        "aws resourcegroupstaggingapi get-resources"
        " --resource-type-filters connect-campaigns:campaign",
        "aws resourcegroupstaggingapi get-resources --resource-type-filters sqs",
    )
    assert exports == {"ExportTasks": []}
    assert databases == {"DBInstances": []}
    assert shell.orchestrator.aws.endpoint in queues["QueueUrls"][0]
    assert "Contents" not in objects
    assert [one["id"] for one in campaigns["campaignSummaryList"]] == ["mine"]
    assert tagged["ResourceTagMappingList"] == []
    assert [one["Tags"] for one in others["ResourceTagMappingList"]] == [
        [{"Key": "team", "Value": "sales"}]
    ]


def test_an_operation_that_is_not_served_fails_without_retries(
    shell: Shell, capfd: pytest.CaptureFixture[str]
) -> None:
    execution = shell.orchestrator.machine_arn.replace("stateMachine", "execution") + ":any"
    commands = {
        f"aws stepfunctions redrive-execution --execution-arn {execution}": "RedriveExecution",
        "aws rds describe-certificates": "DescribeCertificates",
        "aws connectcampaignsv2 update-campaign-name --id mine --name new": "POST /v2/campaigns",
    }
    with shell.orchestrator.clock.released():
        started = {name: shell.start(command) for command, name in commands.items()}
        answers = {name: (process, *process.communicate()) for name, process in started.items()}
    for name, (process, _, error) in answers.items():
        assert process.returncode in SERVICE_ERROR, error
        assert "(NotImplemented)" in error
        assert f"does not serve {name}" in error
        assert "reached max retries" not in error
    assert "Traceback" not in capfd.readouterr().err


def test_an_export_needs_a_bucket_a_role_and_a_key_that_exist(shell: Shell) -> None:
    aws = shell.orchestrator.aws
    function = next(
        variables
        for one in aws.client("lambda").list_functions()["Functions"]
        if "EXPORT_BUCKET" in (variables := one["Environment"]["Variables"])
    )
    order = {
        "ExportTaskIdentifier": "by-hand",
        "SourceArn": SNAPSHOT,
        "S3BucketName": function["EXPORT_BUCKET"],
        "IamRoleArn": function["EXPORT_ROLE_ARN"],
        "KmsKeyId": function["EXPORT_KEY_ARN"],
    }
    rds = aws.client("rds")
    for field, value, error in (
        ("S3BucketName", "nobodys", rds.exceptions.InvalidS3BucketFault),
        ("IamRoleArn", "arn:aws:iam::123456789012:role/no", rds.exceptions.IamRoleNotFoundFault),
        ("KmsKeyId", "alias/nobodys", rds.exceptions.KMSKeyNotAccessibleFault),
    ):
        with pytest.raises(error):
            rds.start_export_task(**{**order, field: value})
    assert rds.start_export_task(**order)["Status"] == "STARTING"


def test_a_port_can_be_chosen_and_one_that_is_in_use_is_a_one_line_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code = main(["up", "--port", str(taken.getsockname()[1])])
    lines = capsys.readouterr().err.splitlines()
    assert code == WRONG_ARGUMENTS
    assert len(lines) == 1
    assert "Address already in use" in lines[0]
