"""What the stack stores for itself is encrypted with its own key, which is closed to all others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.stack_parts import Template, granted, listed, of_type, properties_of, text

OF_THE_MACHINE = "/aws/vendedlogs/states/${AWS::StackName}-${AWS::StackId}.split('/')[2]"


@pytest.fixture(scope="module")
def key(template: Template) -> str:
    (logical_id,) = (n for n in of_type(template, "AWS::KMS::Key") if n.startswith("Encryption"))
    return logical_id


@pytest.fixture(scope="module")
def opened(template: Template, key: str) -> dict[str, dict[str, Any]]:
    """What the key's policy allows, by who may."""
    statements = template["Resources"][key]["Properties"]["KeyPolicy"]["Statement"]
    return {
        text(principal): statement
        for statement in statements
        for kind in ("AWS", "Service")
        if kind in statement["Principal"]
        for principal in listed(statement["Principal"][kind])
    }


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("AWS::DynamoDB::Table", "SSESpecification.KMSMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
    ],
)
def test_everything_of_a_kind_is_encrypted_with_the_stacks_key(
    template: Template, key: str, kind: str, where: str
) -> None:
    found = properties_of(template, kind)
    assert found
    for properties in found:
        value: Any = properties
        for step in where.split("."):
            value = value[step]
        assert value == {"Fn::GetAtt": [key, "Arn"]}


def test_the_key_turns_and_outlives_the_stack_as_the_logs_do(template: Template, key: str) -> None:
    assert template["Resources"][key]["Properties"]["EnableKeyRotation"] is True
    for kept in (key, *of_type(template, "AWS::Logs::LogGroup")):
        resource = template["Resources"][kept]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_only_the_account_and_the_services_that_have_to_are_let_in(
    opened: dict[str, dict[str, Any]],
) -> None:
    assert set(opened) == {
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:root",
        "logs.${AWS::Region}.amazonaws.com",
        "events.amazonaws.com",
        "cloudwatch.amazonaws.com",
    }


def test_logs_use_the_key_for_log_groups_of_this_stack_alone(
    opened: dict[str, dict[str, Any]],
) -> None:
    condition = opened["logs.${AWS::Region}.amazonaws.com"]["Condition"]["ArnLike"]
    groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group"
    assert [text(arn) for arn in condition["kms:EncryptionContext:aws:logs:arn"]] == [
        f"{groups}:${{AWS::StackName}}-*",
        f"{groups}:{OF_THE_MACHINE}",
    ]


def test_no_log_group_has_a_name_that_the_key_would_not_know(template: Template) -> None:
    """CloudFormation begins the names that it makes with the stack's."""
    groups = properties_of(template, "AWS::Logs::LogGroup")
    assert [text(g["LogGroupName"]) for g in groups if "LogGroupName" in g] == [OF_THE_MACHINE]


def test_the_machines_log_group_counts_for_no_policy_of_the_account_and_is_nobody_elses(
    template: Template,
) -> None:
    """Its name ends in the stack's own id, which is new when a stack of that name is made again."""
    (machine,) = properties_of(template, "AWS::StepFunctions::StateMachine")
    (destination,) = machine["LoggingConfiguration"]["Destinations"]
    logical_id, _ = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"]
    name = template["Resources"][logical_id]["Properties"]["LogGroupName"]
    assert text(name) == OF_THE_MACHINE


def test_alarms_use_the_key_in_the_name_of_this_account_and_rules_without_a_condition(
    opened: dict[str, dict[str, Any]],
) -> None:
    """For EventBridge a condition on the source is documented as not supported."""
    rules, alarms = opened["events.amazonaws.com"], opened["cloudwatch.amazonaws.com"]
    assert "Condition" not in rules
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for statement in (rules, alarms):
        assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_roles_use_the_key_only_through_the_service_that_they_call(
    template: Template, key: str
) -> None:
    services = {
        text(statement["Condition"]["StringEquals"]["kms:ViaService"])
        for statement in granted(template)
        if statement["Resource"] == {"Fn::GetAtt": [key, "Arn"]}
    }
    assert services == {f"{name}.${{AWS::Region}}.amazonaws.com" for name in ("dynamodb", "sqs")}
