"""The endpoint returns errors in the protocol of the request, never as HTML."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from botocore.exceptions import ClientError

from localcloud.clock import VirtualClock
from localcloud.cloud import LocalAws
from tests.processes import shared_processes

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:any:any"


@pytest.fixture(scope="module")
def aws():
    with LocalAws(VirtualClock(), processes=shared_processes()) as aws:
        yield aws


@pytest.mark.parametrize(
    ("service", "operation", "given", "name"),
    [
        ("stepfunctions", "redrive_execution", {"executionArn": EXECUTION}, "RedriveExecution"),
        ("sqs", "list_message_move_tasks", {"SourceArn": "any"}, "ListMessageMoveTasks"),
        ("sns", "list_origination_numbers", {}, "ListOriginationNumbers"),
        ("ec2", "describe_fpga_images", {}, "DescribeFpgaImages"),
        (
            "lambda",
            "get_runtime_management_config",
            {"FunctionName": "any"},
            "GET /2021-07-20/functions/any/runtime-management-config",
        ),
        ("chatbot", "list_tags_for_resource", {"ResourceARN": "arn:any"}, "POST /list-tags"),
    ],
)
def test_an_operation_that_is_not_served_is_not_implemented(
    aws, capfd, service, operation, given, name
):
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service), operation)(**given)

    response = caught.value.response
    assert response["Error"]["Code"] == "NotImplemented"
    assert f"does not serve {name}" in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "Traceback" not in capfd.readouterr().err


def test_an_error_of_moto_is_unchanged(aws):
    for call, status, code in (
        (lambda: aws.client("s3").head_bucket(Bucket="nobodys"), 404, "404"),
        (
            lambda: aws.client("lambda").get_function(FunctionName="nobodys"),
            404,
            "ResourceNotFoundException",
        ),
        (
            lambda: aws.client("sqs").get_queue_url(QueueName="nobodys"),
            400,
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        response = caught.value.response
        assert (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]) == (
            status,
            code,
        )


def test_an_exception_in_moto_is_an_internal_failure_and_is_printed(aws, capfd, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("moto.sns.models.SNSBackend.list_topics", broken)
    with pytest.raises(ClientError) as caught:
        aws.client("sns").list_topics()
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert "ListTopics: ZeroDivisionError: oops" in caught.value.response["Error"]["Message"]
    assert "Traceback" in capfd.readouterr().err


def test_the_time_of_a_response_is_the_clocks(aws):
    aws.clock.sleep(3_600)
    response = aws.client("stepfunctions").list_state_machines()
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["date"] == formatdate(aws.clock.now(), usegmt=True)
