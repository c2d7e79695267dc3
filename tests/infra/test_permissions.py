"""Who may do what, and what the bucket and the bus let happen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from infra.exports.store import RDS_EXPORT
from infra.workflow.jobs import MAP_LABEL
from lambdas.requests.acceptance import REQUESTED
from tests.infra.stack_parts import (
    Statement,
    Template,
    granted,
    listed,
    of_type,
    policies_of,
    properties_of,
    text,
)

UNLIMITABLE = {
    "cloudformation:DescribeStacks": "Without a name, it lists stacks, by which one is found",
    "rds:CancelExportTask": "RDS defines no resource type for export tasks",
    "rds:DescribeExportTasks": "Asked by task identifier too, where no source is known",
    "xray:GetSamplingRules": "X-Ray defines no resource type for what it samples",
    "connect-campaigns:ListCampaigns": "It names no campaign, and instances are not its resources",
    "tag:GetResources": "It names no resource",
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
        for statement in granted(template)
        for action in listed(statement["Action"])
        if action == "*" or action.endswith(":*")
    }
    assert wildcards == set()


def test_no_policy_allows_all_but_something(template: Template) -> None:
    assert [s for s in granted(template) if "NotAction" in s or "NotResource" in s] == []


def test_only_actions_that_cannot_be_limited_reach_every_resource(template: Template) -> None:
    everywhere = {
        action
        for statement in granted(template)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert everywhere - UNLIMITABLE.keys() == set()


def test_only_pointers_and_notices_allow_anything_more(
    template: Template, full_template: Template
) -> None:
    pointers = f"${{{_export_bucket(full_template)}.Arn}}/exports/latest/*"
    (topic,) = (n for n in of_type(full_template, "AWS::SNS::Topic") if n.startswith("Notices"))
    before, after = (_allowed(granted(each)) for each in (template, full_template))
    assert before <= after
    assert after - before == {
        ("s3:GetObject", pointers),
        ("s3:PutObject", pointers),
        ("sns:Publish", f"${{{topic}}}"),
    }


def test_who_replaces_pointers_reads_and_writes_them_alone(
    template: Template, full_template: Template
) -> None:
    pointers = f"${{{_export_bucket(full_template)}.Arn}}/exports/latest/*"
    before, after = (
        _allowed(policies_of(each, "ReconcileExport")) for each in (template, full_template)
    )
    assert after - before == {
        ("s3:GetObject", pointers),
        ("s3:PutObject", pointers),
        ("kms:GenerateDataKey", f"${{{_export_key(full_template)}.Arn}}"),
    }


def _allowed(statements: Iterable[Statement]) -> set[tuple[str, str]]:
    return {
        (action, text(resource))
        for statement in statements
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def test_passes_the_export_role_alone_and_to_rds_alone(template: Template) -> None:
    (role,) = of_type(template, "AWS::IAM::Role", description="RDS writes exports with it")
    (passing,) = (s for s in granted(template) if "iam:PassRole" in listed(s["Action"]))
    assert passing["Action"] == "iam:PassRole"
    assert passing["Resource"] == {"Fn::GetAtt": [role, "Arn"]}
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": RDS_EXPORT}}


def test_only_rds_assumes_the_export_role(template: Template) -> None:
    (role,) = of_type(template, "AWS::IAM::Role", description="RDS writes exports with it")
    trust = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert [s["Principal"] for s in trust] == [{"Service": RDS_EXPORT}]


def test_only_the_accounts_own_policies_open_the_export_key(template: Template) -> None:
    """KMS wants the account's root in every key policy, or the key could never be changed."""
    key = _export_key(template)
    statements = template["Resources"][key]["Properties"]["KeyPolicy"]["Statement"]
    assert [text(s["Principal"]["AWS"]) for s in statements] == [
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
    bucket = _export_bucket(template)
    (statements,) = (
        policy["PolicyDocument"]["Statement"]
        for policy in properties_of(template, "AWS::S3::BucketPolicy")
        if policy["Bucket"] == {"Ref": bucket}
    )
    (refusal,) = (s for s in statements if s["Effect"] == "Deny")
    assert refusal["Action"] == "s3:*"
    assert refusal["Principal"] == {"AWS": "*"}
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [text(resource) for resource in refusal["Resource"]] == [
        f"${{{bucket}.Arn}}",
        f"${{{bucket}.Arn}}/*",
    ]
    assert [s for s in statements if s["Effect"] == "Allow"] == []


def test_export_bucket_encrypts_with_the_stacks_own_key(
    bucket: dict[str, Any], template: Template
) -> None:
    key = _export_key(template)
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
    }
    assert template["Resources"][key]["Properties"]["EnableKeyRotation"] is True


def test_exports_outlive_the_stack(bucket: dict[str, Any], template: Template) -> None:
    key = _export_key(template)
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    for resource in (bucket, template["Resources"][key]):
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("function", "actions"),
    [
        ("AcceptRequest", set()),
        ("AdvancePlan", set()),
        ("PlanCleanUp", {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem"}),
        ("ReconcileCampaigns", {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}),
        ("ReconcileExport", {"dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem"}),
        ("WakeWaiters", {"dynamodb:Query", "dynamodb:DeleteItem", "states:SendTaskSuccess"}),
    ],
)
def test_functions_share_the_table_and_only_one_answers_tokens(
    template: Template, function: str, actions: set[str]
) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table")
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine")
    places = {
        "dynamodb": [f"${{{table}.Arn}}"],
        "states": [f"${{{machine}}}", f"${{{machine}}}/{MAP_LABEL}"],
    }
    found = {
        (action, text(resource))
        for statement in policies_of(template, function)
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action.startswith("dynamodb:") or action == "states:SendTaskSuccess"
    }
    assert found == {
        (action, place) for action in actions for place in places[action.split(":")[0]]
    }


def test_a_clean_up_reads_executions_and_children_of_its_own_machine_alone(
    template: Template,
) -> None:
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine")
    name = f"${{{machine}}}.split(':')[6]"
    executions, children, map_runs = (
        f"arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:{kind}:{of}:*"
        for kind, of in (
            ("execution", name),
            ("execution", f"{name}/{MAP_LABEL}"),
            ("mapRun", f"{name}/{MAP_LABEL}"),
        )
    )
    found = {
        (action, text(resource))
        for statement in policies_of(template, "PlanCleanUp")
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action.startswith("states:")
    }
    assert found == {
        ("states:DescribeExecution", executions),
        ("states:GetExecutionHistory", executions),
        ("states:GetExecutionHistory", children),
        ("states:ListExecutions", map_runs),
    }


def test_the_machine_only_writes_into_the_table(template: Template) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table")
    found = [
        (statement["Action"], text(statement["Resource"]))
        for statement in policies_of(template, "WorkflowMachine")
        if any(action.startswith("dynamodb:") for action in listed(statement["Action"]))
    ]
    assert found == [("dynamodb:PutItem", f"${{{table}.Arn}}")]


def test_reads_of_exports_what_they_say_of_themselves_and_none_of_their_data(
    template: Template,
) -> None:
    bucket = _export_bucket(template)
    key = _export_key(template)
    found = {
        action: (text(statement["Resource"]), statement.get("Condition"))
        for statement in policies_of(template, "ReconcileExport")
        for action in listed(statement["Action"])
        if action.split(":")[0] in ("s3", "kms") and not _of_own_key(statement)
    }
    assert found == {
        "s3:GetObject": (f"${{{bucket}.Arn}}/exports/*/export_*.json", None),
        "s3:ListBucket": (f"${{{bucket}.Arn}}", {"StringLike": {"s3:prefix": ["exports/*"]}}),
        "kms:CreateGrant": (f"${{{key}.Arn}}", None),
        "kms:Decrypt": (f"${{{key}.Arn}}", None),
        "kms:DescribeKey": (f"${{{key}.Arn}}", None),
    }


def test_campaigns_of_any_instance_are_changed_unless_the_settings_name_some(
    template: Template, full_template: Template
) -> None:
    def conditions(of: Template) -> list[Any]:
        return [
            s.get("Condition")
            for s in policies_of(of, "ReconcileCampaigns")
            if "connect-campaigns:StopCampaign" in listed(s["Action"])
        ]

    assert conditions(template) == [None]
    ((condition),) = conditions(full_template)
    ((key, instances),) = condition["StringEquals"].items()
    assert key == "aws:ResourceTag/owner"
    assert [text(instance) for instance in instances] == [
        f"arn:${{AWS::Partition}}:connect:${{AWS::Region}}:${{AWS::AccountId}}:instance/{name}"
        for name in ("instance-1", "instance-2")
    ]


def test_campaigns_are_described_only_where_they_may_be_changed(
    template: Template, full_template: Template
) -> None:
    def condition(of: Template, function: str) -> Any:
        (found,) = (
            s.get("Condition")
            for s in policies_of(of, function)
            if "connect-campaigns:DescribeCampaign" in listed(s["Action"])
        )
        return found

    for each in (template, full_template):
        assert condition(each, "ResolveJobs") == condition(each, "ReconcileCampaigns")


def test_a_read_of_a_batch_is_not_refused_for_one_foreign_campaign(full_template: Template) -> None:
    reads = [
        s
        for s in policies_of(full_template, "ReconcileCampaigns")
        if "connect-campaigns:GetCampaignStateBatch" in listed(s["Action"])
    ]
    assert [s.get("Condition") for s in reads] == [None]
    assert text(reads[0]["Resource"]).endswith(":campaign/*")


@pytest.mark.parametrize("function", ["AcceptRequest", "AdvancePlan", "WakeWaiters"])
def test_who_does_not_read_exports_reaches_neither_them_nor_their_files(
    template: Template, function: str
) -> None:
    services = {
        action.split(":")[0]
        for statement in policies_of(template, function)
        for action in listed(statement["Action"])
        if not _of_own_key(statement)
    }
    assert services & {"rds", "s3", "kms", "iam", "connect-campaigns"} == set()


def test_a_request_on_the_stacks_own_bus_starts_the_machine(template: Template) -> None:
    (bus,) = of_type(template, "AWS::Events::EventBus")
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine")
    (rule,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Events::Rule"
        and resource["Properties"].get("EventPattern") == {"detail-type": [REQUESTED]}
    )
    assert rule["EventBusName"] == {"Ref": bus}
    assert rule["State"] == "ENABLED"
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": machine}]


def test_callers_may_ask_and_see_what_became_of_it_and_nothing_more(template: Template) -> None:
    (policy,) = of_type(
        template,
        "AWS::IAM::ManagedPolicy",
        "Allows sending requests to the orchestrator and reading their outcomes",
    )
    (bus,) = of_type(template, "AWS::Events::EventBus")
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine")
    assert template["Outputs"]["CallerPolicyArn"]["Value"] == {"Ref": policy}
    statements = list(policies_of(template, policy))
    allowed = {action: s["Resource"] for s in statements for action in listed(s["Action"])}
    (putting,) = (s for s in statements if s["Action"] == "events:PutEvents")
    assert putting["Condition"] == {"StringEquals": {"events:detail-type": REQUESTED}}
    assert allowed.keys() == {
        "states:StartExecution",
        "states:DescribeExecution",
        "states:GetExecutionHistory",
        "events:PutEvents",
    }
    assert allowed["states:StartExecution"] == {"Ref": machine}
    assert text(allowed["events:PutEvents"]) == f"${{{bus}.Arn}}"
    executions = text(allowed["states:DescribeExecution"])
    assert ":execution:" in executions
    assert machine in executions
    assert executions.endswith(":*")
    assert text(allowed["states:GetExecutionHistory"]) == executions


def test_request_events_have_the_published_detail_type() -> None:
    assert REQUESTED == "Orchestration Requested"


@pytest.fixture(scope="module")
def bucket(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][_export_bucket(template)]
    return found


def _of_own_key(statement: Statement) -> bool:
    """Distinguish the key of what the stack stores for itself from that of its exports."""
    return text(statement["Resource"]).startswith("${EncryptionKey")


def _export_bucket(template: Template) -> str:
    (bucket,) = (
        n for n in of_type(template, "AWS::S3::Bucket") if n.startswith("ExportsStoreBucket")
    )
    return bucket


def _export_key(template: Template) -> str:
    (key,) = (
        name for name in of_type(template, "AWS::KMS::Key") if name.startswith("ExportsStore")
    )
    return key
