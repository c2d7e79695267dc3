"""Who may do what, and what the bucket and the bus let happen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.export_store import RDS_EXPORT
from lambdas.domain.acceptance import REQUESTED
from tests.infra.stack_parts import Template

Statement = dict[str, Any]

UNLIMITABLE = {
    "connect-campaigns:GetCampaignStateBatch": "Takes ids of any campaign of the account at once",
    "rds:CancelExportTask": "RDS defines no resource type for export tasks",
    "rds:DescribeExportTasks": "Asked by task identifier too, where no source is known",
    "xray:GetSamplingRules": "X-Ray defines no resource type for what it samples",
    "xray:GetSamplingTargets": "X-Ray defines no resource type for what it samples",
    "xray:PutTelemetryRecords": "X-Ray defines no resource type for traces",
    "xray:PutTraceSegments": "X-Ray defines no resource type for traces",
    "logs:CreateLogDelivery": "Log deliveries have no resource type; Step Functions asks for them",
    "logs:DeleteLogDelivery": "Log deliveries have no resource type; Step Functions asks for them",
    "logs:GetLogDelivery": "Log deliveries have no resource type; Step Functions asks for them",
    "logs:ListLogDeliveries": "Log deliveries have no resource type; Step Functions asks for them",
    "logs:UpdateLogDelivery": "Log deliveries have no resource type; Step Functions asks for them",
    "logs:DescribeLogGroups": "Step Functions asks for it over all log groups",
    "logs:DescribeResourcePolicies": "Resource policies belong to the account",
    "logs:PutResourcePolicy": "Resource policies belong to the account",
}
"""The actions that may name all resources. Source: Service Authorization Reference; for logs, the
Step Functions developer guide, 'Logging using CloudWatch Logs'."""


def test_no_policy_allows_every_action_of_a_service(template: Template) -> None:
    wildcards = {
        action
        for statement in _granted(template)
        for action in _listed(statement["Action"])
        if action == "*" or action.endswith(":*")
    }
    assert wildcards == set()


def test_no_policy_allows_all_but_something(template: Template) -> None:
    assert [s for s in _granted(template) if "NotAction" in s or "NotResource" in s] == []


def test_only_actions_that_can_not_be_limited_reach_every_resource(template: Template) -> None:
    everywhere = {
        action
        for statement in _granted(template)
        if "*" in _listed(statement["Resource"])
        for action in _listed(statement["Action"])
    }
    assert everywhere - UNLIMITABLE.keys() == set()


def test_hands_over_the_export_role_alone_and_to_rds_alone(template: Template) -> None:
    (role,) = _of_type(template, "AWS::IAM::Role", description="RDS writes exports with it")
    (passing,) = (s for s in _granted(template) if "iam:PassRole" in _listed(s["Action"]))
    assert passing["Action"] == "iam:PassRole"
    assert passing["Resource"] == {"Fn::GetAtt": [role, "Arn"]}
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": RDS_EXPORT}}


def test_only_rds_assumes_the_export_role(template: Template) -> None:
    (role,) = _of_type(template, "AWS::IAM::Role", description="RDS writes exports with it")
    trust = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert [s["Principal"] for s in trust] == [{"Service": RDS_EXPORT}]


def test_only_the_accounts_own_policies_open_the_export_key(template: Template) -> None:
    """KMS wants the account's root in every key policy, or the key could never be changed."""
    (key,) = _of_type(template, "AWS::KMS::Key")
    statements = template["Resources"][key]["Properties"]["KeyPolicy"]["Statement"]
    assert [_text(s["Principal"]["AWS"]) for s in statements] == [
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
    ]


def test_export_bucket_is_closed_to_the_public(bucket: dict[str, Any]) -> None:
    assert bucket["Properties"]["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def test_export_bucket_refuses_plain_http(template: Template) -> None:
    (policy,) = _of_type(template, "AWS::S3::BucketPolicy")
    statements = template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
    (bucket,) = _of_type(template, "AWS::S3::Bucket")
    (refusal,) = (s for s in statements if s["Effect"] == "Deny")
    assert refusal["Action"] == "s3:*"
    assert refusal["Principal"] == {"AWS": "*"}
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [_text(resource) for resource in refusal["Resource"]] == [
        f"${{{bucket}.Arn}}",
        f"${{{bucket}.Arn}}/*",
    ]
    assert [s for s in statements if s["Effect"] == "Allow"] == []


def test_export_bucket_encrypts_with_the_stacks_own_key(
    bucket: dict[str, Any], template: Template
) -> None:
    (key,) = _of_type(template, "AWS::KMS::Key")
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
    }
    assert template["Resources"][key]["Properties"]["EnableKeyRotation"] is True


def test_exports_outlive_the_stack(bucket: dict[str, Any], template: Template) -> None:
    (key,) = _of_type(template, "AWS::KMS::Key")
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    for resource in (bucket, template["Resources"][key]):
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_a_request_on_the_stacks_own_bus_starts_the_machine(template: Template) -> None:
    (bus,) = _of_type(template, "AWS::Events::EventBus")
    (machine,) = _of_type(template, "AWS::StepFunctions::StateMachine")
    (rule,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Events::Rule"
        and resource["Properties"].get("EventPattern") == {"detail-type": [REQUESTED]}
    )
    assert rule["EventBusName"] == {"Ref": bus}
    assert rule["State"] == "ENABLED"
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": machine}]


def test_request_events_bear_the_published_detail_type() -> None:
    assert REQUESTED == "Orchestration Requested"


@pytest.fixture(scope="module")
def bucket(template: Template) -> dict[str, Any]:
    (logical_id,) = _of_type(template, "AWS::S3::Bucket")
    found: dict[str, Any] = template["Resources"][logical_id]
    return found


def _granted(template: Template) -> Iterator[Statement]:
    """Yield what the policies of the stack's roles allow."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        inline = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        own = [properties["PolicyDocument"]] if resource["Type"] in _IDENTITY_POLICIES else []
        for document in (*inline, *own):
            yield from (s for s in document["Statement"] if s["Effect"] == "Allow")


_IDENTITY_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")


def _of_type(template: Template, kind: str, description: str | None = None) -> list[str]:
    return [
        logical_id
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
        and description in (None, resource["Properties"].get("Description"))
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """Write a value as Fn::Sub would."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_text, parts))
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case _:
            return str(value)
