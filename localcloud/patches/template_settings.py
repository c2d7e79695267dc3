"""Resources keep settings of their template that moto drops when a stack makes them.

A table: time to live and point-in-time recovery. A state machine: logging and tracing. A bucket:
versioning and public access. A KMS key: its policy as a text, without which DescribeKey fails.

Of a bucket's policy, moto evaluates the statements for everyone without their conditions, so that
one that denies plain HTTP would deny everything; here it is kept, and not enforced, as all others.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from localcloud.patches.patching import Json, Moto, Patches, moto

Properties = dict[str, Any]
Apply = Callable[[Moto, Properties], None]

_CREATE = "create_from_cloudformation_json"
_UPDATE = "update_from_cloudformation_json"


def mend(patches: Patches) -> None:
    """Apply the settings whenever a stack creates or updates one of these."""
    table = moto("dynamodb.models.table").Table
    bucket = moto("s3.models").FakeBucket
    _apply_on(patches, _CREATE, table, _apply_to_table)
    patches.add(table, _UPDATE, classmethod(_update_table))
    _apply_on(patches, _CREATE, moto("kms.models").Key, _apply_to_key)
    for name in (_CREATE, _UPDATE):
        _apply_on(patches, name, moto("stepfunctions.models").StateMachine, _apply_to_machine)
        _apply_on(patches, name, bucket, _apply_to_bucket)
    neutral = moto("iam.access_control").PermissionResult.NEUTRAL
    patches.replace(bucket, "get_permission", lambda *_: neutral)


def _apply_on(patches: Patches, method: str, model: Moto, apply: Apply) -> None:
    def made(cls: Moto, *args: Moto, **kw: Moto) -> Moto:
        resource = original.__func__(cls, *args, **kw)
        template = kw.get("cloudformation_json") or args[1]
        apply(resource, template["Properties"])
        return resource

    original: Moto = patches.replace(model, method, classmethod(made))


def _apply_to_table(table: Moto, properties: Properties) -> None:
    expiry = properties.get("TimeToLiveSpecification", {})
    table.ttl["TimeToLiveStatus"] = "ENABLED" if expiry.get("Enabled") else "DISABLED"
    if "AttributeName" in expiry:
        table.ttl["AttributeName"] = expiry["AttributeName"]
    recovery = properties.get("PointInTimeRecoverySpecification", {})
    enabled = recovery.get("PointInTimeRecoveryEnabled", False)
    tables = moto("dynamodb.models").dynamodb_backends[table.account_id][table.region_name]
    tables.update_continuous_backups(table.name, {"PointInTimeRecoveryEnabled": enabled})


def _update_table(
    _cls: Moto, /, original_resource: Moto, cloudformation_json: Json, **_: str
) -> Moto:
    _apply_to_table(original_resource, cloudformation_json["Properties"])
    return original_resource


def _apply_to_key(key: Moto, properties: Properties) -> None:
    key.policy = json.dumps(properties["KeyPolicy"])


def _apply_to_machine(machine: Moto, properties: Properties) -> None:
    logging = {"Level": "OFF", "IncludeExecutionData": False}
    logging |= properties.get("LoggingConfiguration", {})
    tracing = {"Enabled": False, **properties.get("TracingConfiguration", {})}
    machine.loggingConfiguration = _as_in_api(logging)
    machine.tracingConfiguration = _as_in_api(tracing)


def _as_in_api(value: Json) -> Json:
    """Return what a template says with the API's names, which begin in lower case."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _as_in_api(item) for name, item in value.items()}
    return [_as_in_api(item) for item in value] if isinstance(value, list) else value


def _apply_to_bucket(bucket: Moto, properties: Properties) -> None:
    versioning = properties.get("VersioningConfiguration")
    if versioning is not None:
        bucket.versioning_status = versioning["Status"]
    access = properties.get("PublicAccessBlockConfiguration")
    if access is not None:
        bucket.public_access_block = moto("s3.models").PublicAccessBlock(
            block_public_acls=access.get("BlockPublicAcls", False),
            ignore_public_acls=access.get("IgnorePublicAcls", False),
            block_public_policy=access.get("BlockPublicPolicy", False),
            restrict_public_buckets=access.get("RestrictPublicBuckets", False),
        )
