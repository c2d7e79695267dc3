"""The destination of exports: the stack's own, or one that exists and is left as it is."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings import Settings, SettingsError
from tests.infra.stack_parts import (
    Functions,
    Template,
    listed,
    of_type,
    policies_of,
    text,
)
from tests.stack_settings import EXISTING_STORE

OF_THE_STORE = ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::IAM::Role")


@pytest.fixture(scope="module")
def existing(other_template: Template) -> Template:
    return other_template


def test_a_store_that_exists_is_neither_made_nor_changed(existing: Template) -> None:
    made = [
        name
        for kind in OF_THE_STORE
        for name in of_type(existing, kind)
        if name.startswith("ExportsStore")
    ]
    assert made == []
    assert [n for n in of_type(existing, "AWS::IAM::Policy") if n.startswith("ExportsStore")] == []


def test_exports_go_to_the_store_that_exists(existing: Template) -> None:
    (variables,) = (
        function["Properties"]["Environment"]["Variables"]
        for function in existing["Resources"].values()
        if function["Type"] == "AWS::Lambda::Function"
        and "EXPORT_BUCKET" in function["Properties"].get("Environment", {}).get("Variables", {})
    )
    assert variables["EXPORT_BUCKET"] == EXISTING_STORE["export_bucket_name"]
    assert variables["EXPORT_ROLE_ARN"] == EXISTING_STORE["export_role_arn"]
    assert variables["EXPORT_KEY_ARN"] == EXISTING_STORE["export_key_arn"]
    assert existing["Outputs"]["ExportBucketName"]["Value"] == EXISTING_STORE["export_bucket_name"]


def test_the_same_is_allowed_of_a_store_that_exists_as_of_the_stacks_own(
    existing: Template, template: Template
) -> None:
    def actions(of: Template) -> set[str]:
        statements = policies_of(of, "ReconcileExport")
        return {action for statement in statements for action in listed(statement["Action"])}

    assert actions(existing) == actions(template)
    places = {
        action: text(statement["Resource"])
        for statement in policies_of(existing, "ReconcileExport")
        for action in listed(statement["Action"])
        if "Condition" not in statement or "kms:ViaService" not in str(statement["Condition"])
    }
    assert places["iam:PassRole"] == EXISTING_STORE["export_role_arn"]
    assert places["kms:CreateGrant"] == EXISTING_STORE["export_key_arn"]
    assert places["s3:ListBucket"] == "arn:${AWS::Partition}:s3:::company-exports"


@pytest.mark.parametrize("missing", list(EXISTING_STORE))
def test_a_store_that_exists_is_named_whole(missing: str) -> None:
    given = {name: value for name, value in EXISTING_STORE.items() if name != missing}
    with pytest.raises(SettingsError, match=rf"go together; missing: {missing}$"):
        Settings.from_context(given)


def test_the_stacks_own_bucket_drops_unfinished_uploads_and_old_versions(
    own_bucket: dict[str, Any],
) -> None:
    (rule,) = own_bucket["LifecycleConfiguration"]["Rules"]
    assert rule == {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "Status": "Enabled",
    }


def test_rds_may_write_to_the_whole_of_the_stacks_own_bucket(template: Template) -> None:
    """What it checks of the role before it starts an export is not documented."""
    (bucket,) = (
        n for n in of_type(template, "AWS::S3::Bucket") if n.startswith("ExportsStoreBucket")
    )
    (places,) = (
        text(statement["Resource"])
        for statement in policies_of(template, "ExportsStoreRole")
        if "s3:PutObject*" in listed(statement["Action"])
    )
    assert places == f"${{{bucket}.Arn}}/*"


def test_who_reads_the_stacks_own_bucket_is_named_in_a_closed_one(
    own_bucket: dict[str, Any], template: Template
) -> None:
    logs = own_bucket["LoggingConfiguration"]["DestinationBucketName"]["Ref"]
    properties = template["Resources"][logs]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert "AccessControl" not in properties


def test_no_function_is_given_the_access_logs(template: Template, functions: Functions) -> None:
    assert "ExportsStoreAccessLogs" not in str(functions)
    for name in ("AcceptRequest", "AdvancePlan", "Reconcile", "Wake", "WorkflowMachine"):
        assert "ExportsStoreAccessLogs" not in str(list(policies_of(template, name)))


@pytest.fixture(scope="module")
def own_bucket(template: Template) -> dict[str, Any]:
    (name,) = (
        n for n in of_type(template, "AWS::S3::Bucket") if n.startswith("ExportsStoreBucket")
    )
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found
