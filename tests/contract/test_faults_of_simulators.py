"""Injected faults reach boto3 as errors of AWS do."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

ORDERS = "arn:aws:rds:us-east-1:123456789012:snapshot:orders"
CAMPAIGN_ERRORS = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "InternalServerException": 500,
    "InvalidCampaignStateException": 409,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "ValidationException": 400,
}
EXPORT_ERRORS = {
    "AccessDenied": 403,
    "DBSnapshotNotFound": 404,
    "ExportTaskAlreadyExists": 400,
    "ExportTaskLimitReachedFault": 400,
    "IamRoleMissingPermissions": 400,
    "IamRoleNotFound": 404,
    "InternalFailure": 500,
    "InvalidExportOnly": 400,
    "InvalidExportSourceState": 400,
    "InvalidS3BucketFault": 400,
    "KMSKeyNotAccessibleFault": 400,
    "ServiceUnavailable": 503,
    "Throttling": 400,
    "ThrottlingException": 400,
}


def start_export(running, export_id: str = "export-1"):
    return running.rds.start_export_task(
        ExportTaskIdentifier=export_id,
        SourceArn=ORDERS,
        S3BucketName="any",
        IamRoleArn="any",
        KmsKeyId="any",
    )


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("code", "http_status"), CAMPAIGN_ERRORS.items())
def test_every_campaign_error_has_its_code_and_status(simulate, version, code, http_status):
    running = simulate(
        campaigns=[{"id": "c-1", "api_version": version, "state": "Paused"}],
        faults=[{"operation": "ResumeCampaign", "error": code}],
    )
    with pytest.raises(ClientError) as caught:
        getattr(running, version).resume_campaign(id="c-1")
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == http_status
    assert response.get("state") == ("Paused" if code == "InvalidCampaignStateException" else None)
    assert running.ledger.mutations.count == 0


@pytest.mark.parametrize(("code", "http_status"), EXPORT_ERRORS.items())
def test_every_export_error_has_its_code_and_status(simulate, code, http_status):
    running = simulate(
        snapshots=[{"arn": ORDERS}], faults=[{"operation": "StartExportTask", "error": code}]
    )
    with pytest.raises(ClientError) as caught:
        start_export(running)
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == http_status
    assert running.ledger.exports_started == 0
    is_throttle = code.startswith("Throttling")
    assert running.ledger.throttled == ({"StartExportTask": 1} if is_throttle else {})


def test_a_lost_response_means_that_the_operation_took_effect(simulate):
    running = simulate(
        campaigns=[{"id": "c-1"}],
        snapshots=[{"arn": ORDERS}],
        faults=[
            {"operation": "StartExportTask", "error": "lost_response", "times": 1},
            {"operation": "PauseCampaign", "error": "lost_response", "times": 1},
        ],
    )
    with pytest.raises(ConnectionClosedError):
        start_export(running)
    with pytest.raises(ConnectionClosedError):
        running.v2.pause_campaign(id="c-1")
    with pytest.raises(running.rds.exceptions.ExportTaskAlreadyExistsFault):
        start_export(running)
    assert running.v2.get_campaign_state(id="c-1")["state"] == "Paused"
    assert running.ledger.exports_started == running.ledger.mutations.count == 1
    answers = [(call.operation, call.answer) for call in running.ledger.records]
    assert answers == [
        ("StartExportTask", "lost_response"),
        ("PauseCampaign", "lost_response"),
        ("StartExportTask", "ExportTaskAlreadyExists"),
        ("GetCampaignState", None),
    ]
    assert running.ledger.records[0].resources == ("export-1", ORDERS)


def test_a_fault_may_be_limited_to_one_resource(simulate):
    fault = {"error": "AccessDeniedException"}
    running = simulate(
        campaigns=[{"id": "c-1"}, {"id": "c-2"}],
        exports=[{"export_id": "e-1", "source_arn": ORDERS}],
        faults=[
            fault | {"operation": "GetCampaignState", "campaign_id": "c-2"},
            fault | {"operation": "GetCampaignStateBatch", "campaign_id": "c-2"},
            fault | {"operation": "CancelExportTask", "source_arn": ORDERS},
        ],
    )
    assert running.v2.get_campaign_state(id="c-1")["state"] == "Running"
    running.v2.get_campaign_state_batch(campaignIds=["c-1"])
    for call in (
        lambda: running.v2.get_campaign_state(id="c-2"),
        lambda: running.v2.get_campaign_state_batch(campaignIds=["c-1", "c-2"]),
        lambda: running.rds.cancel_export_task(ExportTaskIdentifier="e-1"),
    ):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            call()


def test_a_rate_is_a_share_of_calls_and_repeatable_by_its_seed(simulate):
    def pattern(seed: int) -> list[bool]:
        running = simulate(
            seed=seed,
            faults=[{"operation": "DescribeExportTasks", "error": "Throttling", "rate": 0.3}],
        )
        failures = []
        for _ in range(100):
            try:
                running.rds.describe_export_tasks()
                failures.append(False)
            except ClientError:
                failures.append(True)
        assert running.ledger.throttled == {"DescribeExportTasks": sum(failures)}
        return failures

    assert pattern(seed=1) == pattern(seed=1) != pattern(seed=2)
    assert 15 <= sum(pattern(seed=1)) <= 45


def test_an_operation_that_is_not_simulated_is_not_implemented(simulate):
    running = simulate()
    calls = {
        lambda: running.v1.delete_connect_instance_config(connectInstanceId="any"): (
            "NotImplemented",
            501,
        ),
        lambda: running.v2.update_campaign_name(id="c-1", name="any"): (
            "NotImplemented",
            501,
        ),
        running.rds.describe_certificates: ("NotImplemented", 501),
    }
    for call, answer in calls.items():
        with pytest.raises(ClientError) as caught:
            call()
        response = caught.value.response
        code, http_status = (
            response["Error"]["Code"],
            response["ResponseMetadata"]["HTTPStatusCode"],
        )
        assert (code, http_status) == answer
    assert running.ledger.calls == {"UnknownOperation": 2, "DescribeCertificates": 1}
