"""A campaign job names its campaigns in exactly one way, and what is wrong with it is named."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.campaigns.contract import CampaignJob
from lambdas.campaigns.kind import CAMPAIGNS
from lambdas.jobs.contract import Job
from lambdas.requests.acceptance import RequestRejected, parse
from tests.unit.builders import ACCOUNT, REGION, any_campaign_job, any_export_job

JOB = {"kind": "campaigns", "target": "PAUSED"}
SELECT = {"states": ["Running"]}


def faults_of(raw: object) -> dict[str, str]:
    with pytest.raises(RequestRejected) as rejected:
        parse(raw, region=REGION, account=ACCOUNT)
    return {fault.field: fault.rule for fault in rejected.value.faults}


def job_of(raw: object) -> Job:
    return parse(raw, region=REGION, account=ACCOUNT).stages[0].jobs[0]


def faults_of_select(*, api_version: str = "v2", **select: Any) -> dict[str, str]:
    return faults_of(JOB | {"api_version": api_version, "select": select})


@pytest.mark.parametrize(
    ("ways", "got"),
    [
        ({}, "none of them"),
        ({"campaign_ids": ["c-1"], "select": SELECT}, "campaign_ids and select"),
        ({"select": SELECT, "of": "earlier"}, "select and of"),
        (
            {"campaign_ids": ["c-1"], "select": SELECT, "of": "earlier"},
            "campaign_ids and select and of",
        ),
    ],
)
def test_campaigns_are_named_in_exactly_one_way(ways, got):
    rule = f"must name its campaigns by exactly one of campaign_ids, select, of; got {got}"
    assert faults_of({"jobs": [JOB | ways]}) == {"jobs[0]": rule}
    assert faults_of(JOB | ways) == {"request": rule}


@pytest.mark.parametrize(
    "select",
    [
        {"instance_id": "11111111-2222-3333-4444-555555555555"},
        {"states": ["Running", "Completed"]},
        {"name_prefix": "spring "},
        {"tags": {"team": "sales", "empty": ""}},
        {"states": ["Paused"], "tags": {"team": "sales"}, "at_most": 1},
    ],
)
def test_one_condition_is_enough_and_it_travels_as_it_was_written(select):
    job = job_of(JOB | {"select": select})
    written = job.model_dump(mode="json", exclude_unset=True)
    assert written == JOB | {"select": select}
    assert CampaignJob.model_validate(written) == job


@pytest.mark.parametrize("select", [{}, {"at_most": 5}])
def test_a_selection_of_everything_is_a_mistake(select):
    assert faults_of_select(**select) == {
        "select": "must hold at least one of instance_id, states, name_prefix, tags"
    }


@pytest.mark.parametrize(
    ("select", "field", "meant"),
    [
        ({"states": ["RUNNING"]}, "select.states[0]", "Running"),
        ({"states": ["Running", "Pausd"]}, "select.states[1]", "Paused"),
        ({"name_prefx": "x"}, "select.name_prefx", "name_prefix"),
        ({"state": ["Running"]}, "select.state", "states"),
    ],
)
def test_suggests_what_was_probably_meant(select, field, meant):
    assert faults_of_select(**select)[field].endswith(f"did you mean {meant}?")


def test_a_campaign_of_v1_is_never_completed():
    assert faults_of_select(api_version="v1", states=["Running", "Completed"]) == {
        "select.states[1]": "must be one of Initialized, Running, Paused, Stopped, Failed;"
        ' got "Completed"'
    }


@pytest.mark.parametrize(
    ("select", "field"),
    [
        ([], "select"),
        ({"states": []}, "select.states"),
        ({"states": "Running"}, "select.states"),
        ({"states": ["Running"] * 100_000}, "select.states"),
        ({"instance_id": ""}, "select.instance_id"),
        (
            {"instance_id": "arn:aws:connect:us-east-1:123456789012:instance/i"},
            "select.instance_id",
        ),
        ({"name_prefix": ""}, "select.name_prefix"),
        ({"name_prefix": "x" * 128}, "select.name_prefix"),
        ({"tags": {}}, "select.tags"),
        ({"tags": ["team"]}, "select.tags"),
        ({"tags": {"team": 1}}, "select.tags.team"),
        ({"tags": {"": "sales"}}, "select.tags"),
        ({"tags": {"x" * 129: "sales"}}, "select.tags"),
        ({"tags": {"team": "x" * 257}}, "select.tags"),
        ({"tags": {str(number): "" for number in range(51)}}, "select.tags"),
        ({"states": ["Running"], "at_most": 0}, "select.at_most"),
        ({"states": ["Running"], "at_most": 251}, "select.at_most"),
        ({"states": ["Running"], "at_most": "5"}, "select.at_most"),
    ],
)
def test_names_the_one_fault_of_a_selection_by_its_field(select, field):
    assert set(faults_of(JOB | {"select": select})) == {field}


def in_two_stages(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    return {"stages": [{"jobs": [earlier]}, {"jobs": [later]}]}


OF = JOB | {"of": "first"}


def test_a_job_may_name_an_earlier_one():
    parse(
        in_two_stages(any_campaign_job(id="first"), OF | {"id": "second"}),
        region=REGION,
        account=ACCOUNT,
    )


@pytest.mark.parametrize(
    ("earlier", "rule"),
    [
        (
            any_export_job(id="first"),
            'must name a job of kind campaigns; "first" is of kind export',
        ),
        (
            any_campaign_job(id="first", api_version="v1"),
            'must name a job of the same api_version, which is v2; "first" is of api_version v1',
        ),
    ],
)
def test_the_campaigns_of_another_job_must_be_of_the_same_api(earlier, rule):
    assert faults_of(in_two_stages(earlier, OF)) == {"stages[1].jobs[0].of": rule}


def test_only_a_job_that_names_its_campaigns_is_planned_when_it_is_accepted():
    named, selected, of = (
        CampaignJob.model_validate(JOB | ways)
        for ways in ({"campaign_ids": ["a", "b"]}, {"select": SELECT}, {"of": "first"})
    )
    assert [CAMPAIGNS.deferred(job) for job in (named, selected, of)] == [False, True, True]
    assert [CAMPAIGNS.limit.count(job) for job in (named, selected, of)] == [2, 0, 0]
    assert [job.of_job for job in (named, selected, of)] == [None, None, "first"]
