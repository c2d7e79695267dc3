"""Campaigns are listed by instance and found by tag, as AWS does it and within its quotas."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

ARN = "arn:aws:connect-campaigns:us-east-1:123456789012:campaign/"
FILTERS = {"instanceIdFilter": {"value": "sales", "operator": "Eq"}}


def refusal(call) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def found(running, **query) -> list[str]:
    pages = running.tagging.get_paginator("get_resources").paginate(
        ResourceTypeFilters=["connect-campaigns:campaign"], **query
    )
    return [
        one["ResourceARN"].removeprefix(ARN)
        for page in pages
        for one in page["ResourceTagMappingList"]
    ]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_lists_the_campaigns_of_an_instance_50_on_a_page(simulate, version):
    running = simulate(
        campaigns=[
            {"id": f"c-{n}", "api_version": version, "instance_id": "sales", "name": f"Sale {n}"}
            for n in range(60)
        ]
        + [{"id": "other", "api_version": version, "instance_id": "support", "tags": {"a": "b"}}],
    )
    client = getattr(running, version)
    first = client.list_campaigns(filters=FILTERS)
    second = client.list_campaigns(filters=FILTERS, nextToken=first["nextToken"])
    assert len(first["campaignSummaryList"]) == 50
    assert len(second["campaignSummaryList"]) == 10
    assert "nextToken" not in second
    summary = first["campaignSummaryList"][0]
    assert (summary["name"], summary["connectInstanceId"]) == ("Sale 0", "sales")
    assert not {"state", "tags"} & set(summary)
    assert ("type" in summary) == ("lastModifiedTime" in summary) == (version == "v2")
    everything = client.list_campaigns(maxResults=50, nextToken=first["nextToken"])
    assert everything["campaignSummaryList"][-1]["id"] == "other"
    assert running.ledger.calls == {"ListCampaigns": 3}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_describes_name_instance_and_tags(simulate, version):
    running = simulate(
        campaigns=[
            {
                "id": "c-1",
                "api_version": version,
                "instance_id": "sales",
                "name": "Winter Sale",
                "tags": {"team": "sales"},
            },
            {"id": "c-2", "api_version": version},
        ]
    )
    client = getattr(running, version)
    campaign = client.describe_campaign(id="c-1")["campaign"]
    assert (campaign["name"], campaign["connectInstanceId"]) == ("Winter Sale", "sales")
    assert campaign["tags"] == {"team": "sales"}
    assert client.list_tags_for_resource(arn=f"{ARN}c-1")["tags"] == {"team": "sales"}
    assert client.describe_campaign(id="c-2")["campaign"]["tags"] == {}
    answer = refusal(lambda: client.list_tags_for_resource(arn=f"{ARN}none"))
    assert answer == ("ResourceNotFoundException", 404)


def test_tags_are_listed_once_a_second_apart_from_other_calls(simulate):
    running = simulate(campaigns=[{"id": "c-1"}])
    for _ in range(2):
        running.v2.list_tags_for_resource(arn=f"{ARN}c-1")
    answer = refusal(lambda: running.v2.list_tags_for_resource(arn=f"{ARN}c-1"))
    assert answer == ("ThrottlingException", 429)
    running.v2.pause_campaign(id="c-1")
    running.advance(1)
    running.v2.list_tags_for_resource(arn=f"{ARN}c-1")
    assert running.ledger.throttled == {"ListTagsForResource": 1}


def test_finds_campaigns_by_tags(simulate):
    running = simulate(
        campaigns=[
            {"id": "both", "tags": {"team": "sales", "tier": "1"}},
            {"id": "old", "api_version": "v1", "tags": {"team": "sales"}},
            {"id": "other", "tags": {"team": "support"}},
            {"id": "formerly", "tags": {}},
            {"id": "never"},
        ]
    )
    team = {"Key": "team", "Values": ["sales"]}
    assert found(running) == ["both", "old", "other", "formerly"]
    assert found(running, TagFilters=[team]) == ["both", "old"]
    assert found(running, TagFilters=[team, {"Key": "tier"}]) == ["both"]
    either = {"Key": "team", "Values": ["sales", "support"]}
    assert found(running, TagFilters=[either]) == ["both", "old", "other"]
    untagged = running.tagging.get_resources(ResourceARNList=[f"{ARN}formerly", f"{ARN}never"])
    assert untagged["ResourceTagMappingList"] == [{"ResourceARN": f"{ARN}formerly", "Tags": []}]
    assert running.ledger.calls == {"GetResources": 5}


def test_the_tagging_api_may_not_know_v2_campaigns(simulate):
    running = simulate(
        campaigns=[
            {"id": "new", "tags": {"team": "sales"}},
            {"id": "old", "api_version": "v1", "tags": {"team": "sales"}},
        ],
        tagging_knows_v2=False,
    )
    assert found(running, TagFilters=[{"Key": "team"}]) == ["old"]


def test_resources_come_in_pages_of_100(simulate):
    running = simulate(campaigns=[{"id": f"c-{n}", "tags": {"a": "b"}} for n in range(101)])
    assert len(found(running)) == 101
    assert running.ledger.calls == {"GetResources": 2}
    last = running.tagging.get_resources(PaginationToken="100")
    assert (len(last["ResourceTagMappingList"]), last["PaginationToken"]) == (1, "")


@pytest.mark.parametrize(
    "query",
    [
        {"ResourcesPerPage": 101},
        {"TagFilters": [{"Values": ["a"]}]},
        {"ResourceARNList": [f"{ARN}c-1"], "ResourcesPerPage": 10},
    ],
)
def test_refuses_a_bad_query_for_resources(simulate, query):
    running = simulate()
    answer = refusal(lambda: running.tagging.get_resources(**query))
    assert answer == ("InvalidParameterException", 400)


def test_resources_are_asked_for_15_times_a_second(simulate):
    running = simulate(
        faults=[{"operation": "GetResources", "error": "InternalServiceException", "times": 1}]
    )
    answer = refusal(running.tagging.get_resources)
    assert answer == ("InternalServiceException", 500)
    for _ in range(14):
        running.tagging.get_resources()
    assert refusal(running.tagging.get_resources) == ("ThrottledException", 400)
    assert running.ledger.throttled == {"GetResources": 1}


def test_a_campaign_appears_in_its_time(simulate):
    running = simulate(campaigns=[{"id": "new", "exists_from_s": 30, "state": "Initialized"}])
    assert running.v2.list_campaigns()["campaignSummaryList"] == []
    running.advance(30)
    assert running.v2.get_campaign_state(id="new")["state"] == "Initialized"
    assert running.ledger.states == {"new": ((30.0, "Initialized"),)}
