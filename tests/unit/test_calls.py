"""Every call of an AWS API is counted, a throttled one twice over, and every failure has a name."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.transitions import Mutation
from lambdas.exports.client import Exports
from lambdas.shared.calls import api_call
from lambdas.shared.errors import (
    AccessDeniedException,
    ServiceUnavailableException,
    ThrottlingException,
    UnclassifiedException,
)
from lambdas.shared.observability import metrics
from tests.unit.builders import DESTINATION, SNAPSHOT
from tests.unit.fakes import AnyClient, client_error


def counted() -> dict[str, float]:
    """Return the sum of each metric that would be published now."""
    record: Any = metrics.serialize_metric_set()
    (directive,) = record["_aws"]["CloudWatchMetrics"]
    assert {metric["Unit"] for metric in directive["Metrics"]} == {"Count"}
    return {metric["Name"]: sum(record[metric["Name"]]) for metric in directive["Metrics"]}


def campaigns(*answers: Any) -> Campaigns:
    return Campaigns(ApiVersion.V2, connect=lambda _service: AnyClient(*answers))


def rds(*answers: Any) -> Exports:
    return Exports(
        DESTINATION,
        role_arn="any-role",
        key_arn="any-key",
        connect=lambda _service: AnyClient(*answers),
    )


def page(*names: str, **more: str) -> dict[str, Any]:
    return {"ExportTasks": [{"ExportTaskIdentifier": name} for name in names]} | more


def test_a_call_that_is_answered_counts_once():
    with api_call("StopCampaign"):
        pass
    assert counted() == {"StopCampaignCalls": 1}


def test_every_call_counts():
    for operation in ("StopCampaign", "PauseCampaign", "StopCampaign"):
        with api_call(operation):
            pass
    assert counted() == {"StopCampaignCalls": 2, "PauseCampaignCalls": 1}


@pytest.mark.parametrize(
    ("code", "status"),
    [("Throttling", 400), ("TooManyRequestsException", 429), ("AnythingElse", 429)],
)
def test_a_throttle_counts_as_a_call_and_as_a_throttle(code, status):
    with pytest.raises(ThrottlingException), api_call("StopCampaign"):
        raise client_error(code, status)
    assert counted() == {"StopCampaignCalls": 1, "StopCampaignThrottles": 1}


def test_a_throttle_counts_for_its_own_operation_only():
    with api_call("PauseCampaign"):
        pass
    with pytest.raises(ThrottlingException), api_call("StopCampaign"):
        raise client_error("ThrottlingException", 429)
    assert counted() == {
        "PauseCampaignCalls": 1,
        "StopCampaignCalls": 1,
        "StopCampaignThrottles": 1,
    }


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (client_error("AccessDenied", 403), AccessDeniedException),
        (client_error("InternalFailure", 500), ServiceUnavailableException),
        (client_error("AnythingElse"), UnclassifiedException),
        (ReadTimeoutError(endpoint_url="https://any"), ServiceUnavailableException),
    ],
    ids=["denied", "failed", "unknown", "lost"],
)
def test_any_other_failure_is_named_and_counts_as_a_call(error, named):
    with pytest.raises(named) as raised, api_call("StopCampaign"):
        raise error
    assert type(raised.value) is named
    assert raised.value.operation == "StopCampaign"
    assert raised.value.__cause__ is error
    assert counted() == {"StopCampaignCalls": 1}


def test_what_is_no_failure_of_a_call_keeps_its_own_name():
    with pytest.raises(KeyError), api_call("StopCampaign"):
        raise KeyError("ExportTasks")
    assert counted() == {"StopCampaignCalls": 1}


def test_counts_are_published_under_the_products_own_name():
    with api_call("StopCampaign"):
        pass
    record: Any = metrics.serialize_metric_set()
    (directive,) = record["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Orchestrator", [["service"]])
    assert record["service"] == "orchestrator"


@pytest.mark.parametrize("mutation", Mutation)
def test_a_campaigns_mutation_counts_by_the_name_of_its_operation(mutation):
    campaigns({}).apply(mutation, "c-1")
    assert counted() == {f"{mutation.value}Calls": 1}


def test_a_read_of_a_whole_batch_is_one_call():
    campaigns({}).states([f"c-{number}" for number in range(25)])
    assert counted() == {"GetCampaignStateBatchCalls": 1}


def test_every_page_of_the_exports_of_a_source_is_a_call():
    tasks = rds(page("a", Marker="1"), page("b", Marker="2"), page("c", Marker="")).of_source(
        SNAPSHOT
    )
    assert [task.task_id for task in tasks] == ["a", "b", "c"]
    assert counted() == {"DescribeExportTasksCalls": 3}


def test_a_page_that_is_throttled_counts_with_the_pages_before_it():
    pages = page("a", Marker="1"), client_error("Throttling")
    with pytest.raises(ThrottlingException):
        rds(*pages).of_source(SNAPSHOT)
    assert counted() == {"DescribeExportTasksCalls": 2, "DescribeExportTasksThrottles": 1}


def test_a_start_and_a_cancel_count_by_their_names():
    answer = {"ExportTaskIdentifier": "any-task"}
    exports = rds(answer, answer)
    exports.start("any-task", SNAPSHOT, ())
    exports.cancel("any-task")
    assert counted() == {"StartExportTaskCalls": 1, "CancelExportTaskCalls": 1}
