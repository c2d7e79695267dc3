"""The AWS CLI works with the simulators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ORDERS = "arn:aws:rds:us-east-1:123456789012:snapshot:orders"


def test_the_aws_cli_works_with_both_simulators(simulate):
    running = simulate(
        campaigns=[{"id": "c-1", "state": "Paused"}],
        exports=[{"export_id": "e-1", "source_arn": ORDERS}],
    )
    # Version 1 of the AWS CLI overrides the RDS endpoint of some Regions, us-east-1 among them,
    # unless the option names one (awscli/customizations/overridesslcommonname.py).
    rds_url = running.simulators.endpoints["AWS_ENDPOINT_URL_RDS"]
    commands = [
        ["connectcampaignsv2", "get-campaign-state-batch", "--campaign-ids", "c-1", "c-2"],
        ["rds", "describe-export-tasks", "--source-arn", ORDERS, "--endpoint-url", rds_url],
    ]
    environment = {
        **os.environ,
        **running.simulators.endpoints,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }
    aws = [sys.executable, str(Path(sys.executable).with_name("aws")), "--output", "json"]
    with running.clock.held():
        started = [
            subprocess.Popen([*aws, *command], env=environment, stdout=subprocess.PIPE)
            for command in commands
        ]
        campaigns, exports = (json.loads(process.communicate()[0]) for process in started)
    assert campaigns["successfulRequests"] == [{"campaignId": "c-1", "state": "Paused"}]
    assert campaigns["failedRequests"][0]["failureCode"] == "ResourceNotFound"
    assert exports["ExportTasks"][0]["Status"] == "IN_PROGRESS"
