"""A request names resources of the stack's own account and Region."""

from __future__ import annotations

import pytest

from tests.unit.acceptance.requests import (
    accept,
    faults_of,
)
from tests.unit.builders import (
    ACCOUNT,
    REGION,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)

ELSEWHERE = {
    "Region": (
        "eu-west-1",
        "123456789012",
        "is in account 123456789012, Region eu-west-1;"
        " this stack works in account 123456789012, Region us-east-1",
    ),
    "account": (
        REGION,
        "210987654321",
        "is in account 210987654321, Region us-east-1;"
        " this stack works in account 123456789012, Region us-east-1",
    ),
}


@pytest.mark.parametrize(("region", "account", "rule"), ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("kind", ["snapshot", "cluster-snapshot", "cluster"])
def test_says_where_a_source_is_and_where_the_stack(kind, region, account, rule):
    raw = any_export_job(source_arn=f"arn:aws:rds:{region}:{account}:{kind}:orders")
    assert faults_of(raw) == {"source_arn": rule}


@pytest.mark.parametrize(("region", "account", "rule"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_says_where_a_campaign_is_and_where_the_stack(region, account, rule):
    arn = f"arn:aws:connect-campaigns:{region}:{account}:campaign/c-1"
    assert faults_of(any_campaign_job(campaign_ids=["c-0", arn])) == {"campaign_ids[1]": rule}


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("partition", ["aws", "aws-us-gov"])
def test_takes_the_arn_of_a_campaign_as_its_id(version, partition):
    arn = f"arn:{partition}:connect-campaigns:{REGION}:{ACCOUNT}:campaign/c-1"
    raw = any_campaign_job(api_version=version, campaign_ids=[arn, "c-2", "c-1"])
    (stage,) = accept(raw).stages
    assert stage.jobs[0].campaign_ids == ("c-1", "c-2")


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    "arn",
    [
        SNAPSHOT,
        "arn:",
        f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/i-1",
        f"arn:aws:connect-campaigns:{REGION}:{ACCOUNT}:campaign/",
        f"arn:aws:connect-campaigns:{REGION}:{ACCOUNT}:campaign/a/b",
    ],
)
def test_refuses_the_arn_of_what_is_no_campaign(version, arn):
    raw = any_campaign_job(api_version=version, campaign_ids=[arn])
    rule = faults_of(raw)["campaign_ids[0]"]
    assert rule.startswith("must be a campaign's id, or its ARN: arn:aws:connect-campaigns:")


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_says_what_to_name_instead_of_a_db_instance(region):
    raw = any_export_job(source_arn=f"arn:aws:rds:{region}:{ACCOUNT}:db:shop")
    rule = faults_of(raw)["source_arn"]
    assert "DB instance" in rule
    assert "snapshot of it" in rule
    assert "its cluster" in rule
