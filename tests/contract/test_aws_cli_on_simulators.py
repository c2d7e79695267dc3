"""The AWS CLI works with the simulators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

RDS = "arn:aws:rds:us-east-1:123456789012"
ORDERS = f"{RDS}:snapshot:orders"
CAMPAIGN_ARN = "arn:aws:connect-campaigns:us-east-1:123456789012:campaign/"
AWS = (sys.executable, str(Path(sys.executable).with_name("aws")), "--output", "json")


def run(running, *commands: str) -> list[tuple[int, str, str]]:
    """Run commands in parallel, because the AWS CLI is slow to start."""
    environment = {
        **os.environ,
        **running.simulators.endpoints,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }
    # Version 1 of the AWS CLI overrides the RDS endpoint of some Regions, us-east-1 among them,
    # unless the option names one (awscli/customizations/overridesslcommonname.py).
    endpoint = ["--endpoint-url", running.simulators.endpoints["AWS_ENDPOINT_URL_RDS"]]
    with running.clock.held():
        started = [
            subprocess.Popen(
                [*AWS, *words, *(endpoint if words[0] == "rds" else [])],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for words in (command.split() for command in commands)
        ]
        ended = [(process, *process.communicate()) for process in started]
    return [(process.returncode, output, error) for process, output, error in ended]


def results(running, *commands: str):
    """Run commands, and return what each of them has printed."""
    ended = run(running, *commands)
    assert [error for code, _, error in ended if code != 0] == []
    return [json.loads(output) if output else None for _, output, _ in ended]


def test_the_aws_cli_works_with_both_simulators(simulate):
    running = simulate(
        campaigns=[{"id": "c-1", "state": "Paused"}],
        exports=[{"export_id": "e-1", "source_arn": ORDERS}],
    )
    campaigns, exports = results(
        running,
        "connectcampaignsv2 get-campaign-state-batch --campaign-ids c-1 c-2",
        f"rds describe-export-tasks --source-arn {ORDERS}",
    )
    assert campaigns["successfulRequests"] == [{"campaignId": "c-1", "state": "Paused"}]
    assert campaigns["failedRequests"][0]["failureCode"] == "ResourceNotFound"
    assert exports["ExportTasks"][0]["Status"] == "IN_PROGRESS"


def test_the_aws_cli_selects_campaigns(simulate):
    sales = {"instance_id": "sales", "tags": {"team": "sales"}}
    running = simulate(
        campaigns=[{"id": f"c-{n}", **sales} for n in range(60)]
        + [{"id": "other", "tags": {"team": "support"}}]
    )
    listed, described, tags, tagged = results(
        running,
        "connectcampaignsv2 list-campaigns"
        " --filters instanceIdFilter={value=sales,operator=Eq} --page-size 50",
        "connectcampaignsv2 describe-campaign --id other",
        f"connectcampaignsv2 list-tags-for-resource --arn {CAMPAIGN_ARN}other",
        "resourcegroupstaggingapi get-resources --tag-filters Key=team,Values=support"
        " --resource-type-filters connect-campaigns:campaign",
    )
    assert {one["id"] for one in listed["campaignSummaryList"]} == {f"c-{n}" for n in range(60)}
    assert running.ledger.calls["ListCampaigns"] == 2
    assert described["campaign"]["tags"] == tags["tags"] == {"team": "support"}
    assert tagged["ResourceTagMappingList"] == [
        {"ResourceARN": f"{CAMPAIGN_ARN}other", "Tags": [{"Key": "team", "Value": "support"}]}
    ]


def test_the_aws_cli_creates_and_deletes_snapshots(simulate):
    running = simulate(
        databases=[
            {"id": "shop", "snapshot_s": 100, "snapshot_deletion_s": 30},
            {"id": "crm", "kind": "cluster", "snapshot_s": 100},
        ]
    )
    instance = "--db-snapshot-identifier mine"
    created, of_cluster = results(
        running,
        f"rds create-db-snapshot {instance} --db-instance-identifier shop --tags Key=a,Value=b",
        "rds create-db-cluster-snapshot --db-cluster-snapshot-identifier mine"
        " --db-cluster-identifier crm",
    )
    assert created["DBSnapshot"]["Status"] == "creating"
    assert of_cluster["DBClusterSnapshot"]["Status"] == "creating"
    running.advance(100)
    # The waiter returns at once, or fails on a status that it does not know.
    _, listed = results(
        running,
        f"rds wait db-snapshot-available {instance}",
        "rds describe-db-snapshots --db-instance-identifier shop --snapshot-type manual",
    )
    assert [one["Status"] for one in listed["DBSnapshots"]] == ["available"]
    assert [one["TagList"] for one in listed["DBSnapshots"]] == [[{"Key": "a", "Value": "b"}]]
    (deleted,) = results(running, f"rds delete-db-snapshot {instance}")
    assert deleted["DBSnapshot"]["Status"] == "deleting"
    running.advance(30)
    ((code, _, error),) = run(running, f"rds describe-db-snapshots {instance}")
    assert code != 0
    assert "(DBSnapshotNotFound)" in error
