"""Each function may do exactly what its source calls, and what those calls bring with them."""

from __future__ import annotations

from types import MappingProxyType

from infra.platform.encryption import FOR_DATA, FOR_MESSAGES, FOR_READING
from tests.infra.sources import Operation, operations, signing_name
from tests.infra.stack_parts import (
    Functions,
    Template,
    listed,
    policies_of,
    properties_of,
    text,
)

S3_ACTIONS = MappingProxyType({"ListObjectsV2": "ListBucket"})
"""S3 names an action after the permission, every other service after the operation. Source:
Service Authorization Reference, 'Amazon S3'."""

ACTION_PREFIXES = MappingProxyType({"tagging": "tag"})
"""Where actions are not named after what signs their requests. Source: Service Authorization
Reference, 'Amazon Resource Group Tagging API'."""

OF_EVERY_FUNCTION = frozenset(
    {
        # Lambda writes what a function logs with the function's role.
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        # Tracing is active.
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)

BROUGHT_ALONG = MappingProxyType(
    {
        # RDS is given a role and a key, which it uses in the name of who starts the export.
        "rds:StartExportTask": frozenset({"iam:PassRole", "kms:CreateGrant", "kms:DescribeKey"}),
        # Snapshots are created with tags.
        "rds:CreateDBSnapshot": frozenset({"rds:AddTagsToResource"}),
        "rds:CreateDBClusterSnapshot": frozenset({"rds:AddTagsToResource"}),
        # Exports are encrypted.
        "s3:GetObject": frozenset({"kms:Decrypt"}),
        "s3:PutObject": frozenset({"kms:GenerateDataKey"}),
    }
)

TABLE_READS = frozenset({"dynamodb:Query", "dynamodb:GetItem"})
"""The table is encrypted, and DynamoDB asks for its key in the name of who calls."""

FOR_FAILURES = frozenset({"sqs:SendMessage", *(f"{action} through sqs" for action in FOR_MESSAGES)})
"""Lambda sends an invocation that kept failing to its queue with the function's role."""


def test_every_function_may_do_what_it_calls_and_nothing_else(
    full_template: Template, functions: Functions
) -> None:
    """With every setting; which permissions a setting adds is in `test_permissions`."""
    template = full_template
    allowed = {name: _allowed(template, properties) for name, properties in functions.items()}
    needed = {
        name: _needed(template, name, properties["Handler"].rpartition(".")[0])
        for name, properties in functions.items()
    }
    assert allowed == needed


def test_operations_are_found_in_the_source() -> None:
    """Should the walk go blind, it would find nothing to allow."""
    assert operations("lambdas.requests.plan_clean_up") == {
        Operation("dynamodb", "GetItem"),
        Operation("dynamodb", "PutItem"),
        Operation("dynamodb", "Query"),
        Operation("stepfunctions", "DescribeExecution"),
        Operation("stepfunctions", "GetExecutionHistory"),
        Operation("stepfunctions", "ListExecutions"),
    }
    assert Operation("connectcampaignsv2", "StopCampaign") in operations(
        "lambdas.campaigns.reconcile_campaigns"
    )
    assert Operation("rds", "StartExportTask") in operations("lambdas.exports.reconcile_export")
    assert (
        operations("lambdas.requests.accept_request")
        == operations("lambdas.requests.advance_plan")
        == set()
    )


def _needed(template: Template, function: str, handler: str) -> set[str]:
    called = {_action(operation) for operation in operations(handler)}
    needed = called.union(OF_EVERY_FUNCTION, *(BROUGHT_ALONG.get(a, ()) for a in called))
    of_table = {action for action in called if action.startswith("dynamodb:")}
    if of_table:
        of_key = FOR_READING if of_table <= TABLE_READS else FOR_DATA
        needed |= {f"{action} through dynamodb" for action in of_key}
    if _sends_failures(template, function):
        needed |= FOR_FAILURES
    return needed


def _action(operation: Operation) -> str:
    name = S3_ACTIONS.get(operation.name, operation.name) if operation.service == "s3" else ""
    signed_as = signing_name(operation.service)
    return f"{ACTION_PREFIXES.get(signed_as, signed_as)}:{name or operation.name}"


def _sends_failures(template: Template, function: str) -> bool:
    configs = properties_of(template, "AWS::Lambda::EventInvokeConfig")
    return any(config["FunctionName"] == {"Ref": function} for config in configs)


def _allowed(template: Template, properties: dict[str, object]) -> set[str]:
    """Return what a function's role allows; of a key, also through which service."""
    role = text(properties["Role"]).removeprefix("${").removesuffix(".Arn}")
    allowed = set()
    for statement in policies_of(template, role[:-8]):
        via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService")
        through = f" through {text(via).partition('.')[0]}" if via else ""
        allowed |= {f"{action}{through}" for action in listed(statement["Action"])}
    return allowed
