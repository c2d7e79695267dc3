"""Every failure of an AWS call has its exception, and every response its meaning.

Responses go through botocore's own parsers; only the transport is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from io import BytesIO
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.retries.standard import ThrottledRetryableChecker
from botocore.stub import Stubber

from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.tagging import Tagging
from lambdas.campaigns.transitions import CampaignState, Mutation
from lambdas.exports.client import Exports
from lambdas.exports.decisions import Destination, ExportTask
from lambdas.shared import errors
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.observability import metrics

REGION = "us-east-1"
SNAPSHOT = f"arn:aws:rds:{REGION}:123456789012:snapshot:orders"
ROLE = "arn:aws:iam::123456789012:role/export"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/any"
TAGGING = "resourcegroupstaggingapi"
SERVICES = {ApiVersion.V1: "connectcampaigns", ApiVersion.V2: "connectcampaignsv2"}


def any_exports(prefix: str = "exports") -> Exports:
    return Exports(Destination("stack-bucket", prefix), role_arn=ROLE, key_arn=KEY)


def _mutate(version: ApiVersion, mutation: Mutation) -> None:
    Campaigns(version).apply(mutation, "c-1")


def _list(version: ApiVersion) -> object:
    return Campaigns(version).page(None, "")


def _describe(version: ApiVersion) -> object:
    return Campaigns(version).tags("c-1")


def _read(version: ApiVersion) -> object:
    return Campaigns(version).states(["c-1"])


CALLS: dict[tuple[str, str], Callable[[], object]] = {
    **{
        (service, str(mutation)): partial(_mutate, version, mutation)
        for version, service in SERVICES.items()
        for mutation in Mutation
    },
    **{
        (service, "GetCampaignStateBatch"): partial(_read, version)
        for version, service in SERVICES.items()
    },
    **{
        (service, operation): partial(call, version)
        for version, service in SERVICES.items()
        for operation, call in {"ListCampaigns": _list, "DescribeCampaign": _describe}.items()
    },
    (TAGGING, "GetResources"): lambda: Tagging().tagged_page({}, ""),
    ("rds", "StartExportTask"): lambda: any_exports().start("any-task", SNAPSHOT, ()),
    ("rds", "CancelExportTask"): lambda: any_exports().cancel("any-task"),
    ("rds", "DescribeExportTasks"): lambda: any_exports().of_source(SNAPSHOT),
}
"""Every operation that the product calls, by the call that the product makes."""


@pytest.fixture(scope="module", autouse=True)
def _aws_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "any")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        for service in ("CONNECTCAMPAIGNS", "CONNECTCAMPAIGNSV2", "RDS"):
            patch.delenv(f"AWS_ENDPOINT_URL_{service}", raising=False)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        client.cache_clear()
        yield
        client.cache_clear()
        metrics.clear_metrics()


class _Raw(BytesIO):
    def stream(self, **_kwargs: object) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def wire() -> Iterator[Callable[..., list[object]]]:
    """Replace a service's transport with one response or exception; return what was sent."""
    undo: list[Callable[[], None]] = []

    def replace(service: str, answer: tuple[int, dict[str, str], str] | Exception) -> list[object]:
        sent: list[object] = []

        def send(request: Any, **_kwargs: object) -> AWSResponse:
            sent.append(request)
            if isinstance(answer, Exception):
                raise answer
            status, headers, body = answer
            return AWSResponse(request.url, status, headers, _Raw(body.encode()))

        meta = client(service).meta
        meta.events.register_first("before-send", send)
        undo.append(lambda: meta.events.unregister("before-send", send))
        return sent

    yield replace
    for each in undo:
        each()


def json_error(code: str, status: int, **members: str) -> tuple[int, dict[str, str], str]:
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return status, headers, json.dumps({"__type": code, "message": "any message"} | members)


def xml_error(code: str, status: int) -> tuple[int, dict[str, str], str]:
    body = (
        '<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error>'
        f"<Type>Sender</Type><Code>{code}</Code><Message>any message</Message>"
        "</Error><RequestId>any</RequestId></ErrorResponse>"
    )
    return status, {"content-type": "text/xml"}, body


def wire_error(service: str, code: str, status: int) -> tuple[int, dict[str, str], str]:
    return (xml_error if service == "rds" else json_error)(code, status)


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


MODELLED = [
    (service, operation, shape.name)
    for service, operation in CALLS
    for shape in model(service).operation_model(operation).error_shapes
    if (operation, shape.name) != ("DescribeExportTasks", "ExportTaskNotFoundFault")
]
"""Except for ExportTaskNotFoundFault in a list, which means that it is empty."""


def raised_by(service: str, operation: str) -> errors.AwsError:
    with pytest.raises(errors.AwsError) as raised:
        CALLS[service, operation]()
    assert raised.value.operation == operation
    return raised.value


@pytest.mark.parametrize(("service", "operation", "name"), MODELLED)
def test_every_error_of_the_models_has_an_exception(wire, service, operation, name):
    metadata = model(service).shape_for(name).metadata
    trait = metadata.get("error", {"httpStatusCode": 500 if metadata.get("fault") else 400})
    code = trait.get("code", name)
    sent = wire(service, wire_error(service, code, trait["httpStatusCode"]))
    raised = raised_by(service, operation)
    assert not isinstance(raised, errors.UnclassifiedException)
    assert raised.code == code
    assert "any message" in str(raised)
    assert len(sent) == 1


RDS_CODES = {
    "ExportTaskLimitReachedFault": (400, errors.ExportTaskLimitReachedException),
    "Throttling": (400, errors.ThrottlingException),
    "ThrottlingException": (400, errors.ThrottlingException),
    "RequestLimitExceeded": (503, errors.ThrottlingException),
    "InvalidParameterValue": (400, errors.ValidationException),
    "InvalidParameterCombination": (400, errors.ValidationException),
    "ValidationError": (400, errors.ValidationException),
    "AccessDenied": (403, errors.AccessDeniedException),
    "AccessDeniedException": (403, errors.AccessDeniedException),
    "ExpiredToken": (403, errors.AccessDeniedException),
    "InvalidClientTokenId": (403, errors.AccessDeniedException),
    "InternalFailure": (500, errors.ServiceUnavailableException),
    "ServiceUnavailable": (503, errors.ServiceUnavailableException),
    "RequestTimeout": (400, errors.ServiceUnavailableException),
    "ExportTaskAlreadyExists": (400, errors.ExportTaskAlreadyExistsException),
    "InvalidExportSourceState": (400, errors.InvalidExportSourceStateException),
    "InvalidExportTaskStateFault": (400, errors.InvalidExportTaskStateException),
    "KMSKeyNotAccessibleFault": (400, errors.KmsKeyNotAccessibleException),
    "IamRoleNotFound": (404, errors.IamRoleNotFoundException),
    "IamRoleMissingPermissions": (400, errors.IamRoleMissingPermissionsException),
    "InvalidS3BucketFault": (400, errors.InvalidS3BucketException),
    "InvalidExportOnly": (400, errors.InvalidExportOnlyException),
    "DBSnapshotNotFound": (404, errors.ResourceNotFoundException),
    "AnythingElse": (400, errors.UnclassifiedException),
    "AnythingElseOfThe429s": (429, errors.ThrottlingException),
    "AnythingElseOfThe500s": (500, errors.ServiceUnavailableException),
    "AnythingElseOfThe503s": (503, errors.ServiceUnavailableException),
}

CAMPAIGN_CODES = {
    "ThrottlingException": (429, errors.ThrottlingException),
    "TooManyRequestsException": (429, errors.ThrottlingException),
    "ServiceQuotaExceededException": (402, errors.ServiceQuotaExceededException),
    "ConflictException": (409, errors.ConflictException),
    "InvalidCampaignStateException": (409, errors.InvalidCampaignStateException),
    "ResourceNotFoundException": (404, errors.ResourceNotFoundException),
    "ValidationException": (400, errors.ValidationException),
    "AccessDeniedException": (403, errors.AccessDeniedException),
    "UnrecognizedClientException": (403, errors.AccessDeniedException),
    "ExpiredTokenException": (403, errors.AccessDeniedException),
    "InternalServerException": (500, errors.ServiceUnavailableException),
    "ServiceUnavailableException": (503, errors.ServiceUnavailableException),
    "AnythingElse": (400, errors.UnclassifiedException),
    "AnythingElseOfThe429s": (429, errors.ThrottlingException),
    "AnythingElseOfThe502s": (502, errors.ServiceUnavailableException),
}


@pytest.mark.parametrize(("code", "expected"), RDS_CODES.items(), ids=RDS_CODES)
def test_errors_of_rds_have_exceptions_modelled_or_not(wire, code, expected):
    status, kind = expected
    wire("rds", xml_error(code, status))
    assert type(raised_by("rds", "StartExportTask")) is kind


@pytest.mark.parametrize("service", SERVICES.values())
@pytest.mark.parametrize(("code", "expected"), CAMPAIGN_CODES.items(), ids=CAMPAIGN_CODES)
def test_errors_of_the_campaign_apis_have_exceptions_modelled_or_not(wire, service, code, expected):
    status, kind = expected
    wire(service, json_error(code, status))
    assert type(raised_by(service, "StopCampaign")) is kind


@pytest.mark.parametrize(
    "code", ["ConflictException:http://any.example/", "any.namespace#ConflictException"]
)
def test_an_error_code_may_have_a_namespace_or_a_suffix(wire, code):
    wire("connectcampaignsv2", json_error(code, 409))
    assert type(raised_by("connectcampaignsv2", "StopCampaign")) is errors.ConflictException


def test_a_failed_condition_on_an_item_has_an_exception(wire):
    code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
    body = json.dumps({"__type": code, "message": "The conditional request failed"})
    wire("dynamodb", (400, {"content-type": "application/x-amz-json-1.0"}, body))
    key = {"pk": {"S": "any"}, "sk": {"S": "any"}}
    with pytest.raises(errors.ConditionalCheckFailedException), api_call("DeleteItem"):
        client("dynamodb").delete_item(TableName="any", Key=key)


@pytest.mark.parametrize(("service", "operation"), CALLS)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_with_an_html_page_is_transient(wire, service, operation, status):
    wire(service, (status, {"content-type": "text/html"}, "<html><body>sorry</body></html>"))
    assert type(raised_by(service, operation)) is errors.ServiceUnavailableException


@pytest.mark.parametrize(
    "exception",
    [
        ConnectTimeoutError(endpoint_url="https://any"),
        ReadTimeoutError(endpoint_url="https://any"),
        EndpointConnectionError(endpoint_url="https://any"),
        ConnectionClosedError(endpoint_url="https://any"),
        ProxyConnectionError(proxy_url="https://any"),
        SSLError(endpoint_url="https://any", error="any"),
    ],
    ids=lambda exception: type(exception).__name__,
)
@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_a_lost_connection_is_transient_and_not_retried_by_the_sdk(
    wire, service, operation, exception
):
    sent = wire(service, exception)
    raised = raised_by(service, operation)
    assert type(raised) is errors.ServiceUnavailableException
    assert raised.code == type(exception).__name__
    assert len(sent) == 1


@pytest.mark.parametrize("code", sorted(errors.THROTTLING_CODES))
def test_a_throttle_is_not_retried_by_the_sdk(wire, code):
    sent = wire("rds", xml_error(code, 400))
    assert type(raised_by("rds", "DescribeExportTasks")) is errors.ThrottlingException
    assert len(sent) == 1


def test_knows_every_spelling_of_throttling_that_botocore_knows():
    assert set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) <= errors.THROTTLING_CODES


@pytest.mark.parametrize("service", SERVICES.values())
@pytest.mark.parametrize("mutation", Mutation)
def test_an_error_keeps_the_state_of_the_campaign(wire, service, mutation):
    wire(service, json_error("InvalidCampaignStateException", 409, state="Stopped"))
    raised = raised_by(service, str(mutation))
    assert isinstance(raised, errors.InvalidCampaignStateException)
    assert raised.state == "Stopped"


def test_an_error_without_its_state_has_an_empty_one(wire):
    wire("connectcampaignsv2", json_error("InvalidCampaignStateException", 409))
    raised = raised_by("connectcampaignsv2", "StopCampaign")
    assert isinstance(raised, errors.InvalidCampaignStateException)
    assert raised.state == ""


def test_a_call_that_botocore_refuses_to_make_is_invalid():
    with pytest.raises(errors.ValidationException):
        Campaigns(ApiVersion.V2).apply(Mutation.STOP, "")


def test_the_module_docstring_lists_every_exception():
    def leaves(kind: type) -> Iterator[type]:
        below: list[type] = kind.__subclasses__()
        if not below:
            yield kind
        for each in below:
            yield from leaves(each)

    ours = [kind for kind in leaves(errors.AwsError) if kind.__module__ == errors.__name__]
    assert len(ours) > 15
    for kind in ours:
        assert kind.__name__ in errors.__doc__


@pytest.fixture
def stub() -> Iterator[Callable[[str], Stubber]]:
    stubbers: list[Stubber] = []

    def make(service: str) -> Stubber:
        stubber = Stubber(client(service))
        stubber.activate()
        stubbers.append(stubber)
        return stubber

    yield make
    for stubber in stubbers:
        stubber.deactivate()
        stubber.assert_no_pending_responses()


VERSIONS = pytest.mark.parametrize(("version", "service"), SERVICES.items())


@VERSIONS
def test_reads_the_states_of_a_batch_with_one_call(stub, version, service):
    stub(service).add_response(
        "get_campaign_state_batch",
        {
            "successfulRequests": [
                {"campaignId": "a", "state": "Running"},
                {"campaignId": "b", "state": "Paused"},
            ],
            "failedRequests": [
                {"campaignId": "c", "failureCode": "ResourceNotFound"},
                {"campaignId": "d", "failureCode": "UnknownError"},
            ],
        },
        {"campaignIds": ["a", "b", "c", "d", "e"]},
    )
    assert Campaigns(version).states(["a", "b", "c", "d", "e"]) == {
        "a": "Running",
        "b": "Paused",
        "c": CampaignState.GONE,
        "d": None,
        "e": None,
    }


@VERSIONS
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"successfulRequests": [{"campaignId": "a"}]},
        {"failedRequests": [{"campaignId": "a"}]},
        {"failedRequests": [{"failureCode": "ResourceNotFound"}]},
        {"successfulRequests": [{"state": "Running"}]},
    ],
    ids=["nothing", "no state", "no code", "failure without id", "success without id"],
)
def test_a_state_that_the_response_leaves_out_is_unknown(stub, version, service, answer):
    """None of these members is required in the model."""
    stub(service).add_response("get_campaign_state_batch", answer)
    assert Campaigns(version).states(["a"]) == {"a": None}


@VERSIONS
def test_returns_the_requested_campaigns_and_no_others(stub, version, service):
    answer = {
        "successfulRequests": [{"campaignId": "x", "state": "Running"}],
        "failedRequests": [{"campaignId": "y", "failureCode": "ResourceNotFound"}],
    }
    stub(service).add_response("get_campaign_state_batch", answer)
    assert Campaigns(version).states(["a"]) == {"a": None}


@VERSIONS
@pytest.mark.parametrize(
    ("mutation", "method"),
    [
        (Mutation.START, "start_campaign"),
        (Mutation.PAUSE, "pause_campaign"),
        (Mutation.RESUME, "resume_campaign"),
        (Mutation.STOP, "stop_campaign"),
        (Mutation.DELETE, "delete_campaign"),
    ],
)
def test_a_mutation_is_the_call_of_its_name(stub, version, service, mutation, method):
    stub(service).add_response(method, {}, {"id": "c-1"})
    Campaigns(version).apply(mutation, "c-1")


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
