"""Every failure of an AWS call has its exception."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.retries.standard import ThrottledRetryableChecker

from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.transitions import Mutation
from lambdas.shared import errors
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from tests.contract.aws_clients.calls import (
    CALLS,
    SERVICES,
    json_error,
    model,
    wire_error,
    xml_error,
)

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
