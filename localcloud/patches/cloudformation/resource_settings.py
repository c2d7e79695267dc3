"""Settings of a template that moto drops when a stack creates or updates the resource.

Of a bucket's policy, moto evaluates the statements for everyone without their conditions, so that
one that denies plain HTTP denies everything. Here the policy is kept and, like IAM policies, not
enforced.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.patches.patching import Json, Moto, Patches, moto

Properties = dict[str, Any]
Configure = Callable[[Moto, Properties], None]

_CREATE = "create_from_cloudformation_json"
_UPDATE = "update_from_cloudformation_json"


def apply(patches: Patches) -> None:
    """Keep the settings, and give two types the value that Ref returns."""
    table = moto("dynamodb.models.table").Table
    bucket = moto("s3.models").FakeBucket
    _configure_on(patches, _CREATE, table, _configure_table)
    patches.add(table, _UPDATE, classmethod(_update_table))
    _configure_on(patches, _CREATE, moto("kms.models").Key, _configure_key)
    _skip_private_keys_of_symmetric_keys(patches)
    for method in (_CREATE, _UPDATE):
        machine = moto("stepfunctions.models").StateMachine
        _configure_on(patches, method, machine, _configure_machine)
        _configure_on(patches, method, bucket, _configure_bucket)
    neutral = moto("iam.access_control").PermissionResult.NEUTRAL
    patches.replace(bucket, "get_permission", lambda *_: neutral)
    _keep_function_settings(patches)
    _resolve_references(patches)


def _configure_on(patches: Patches, method: str, model: Moto, configure: Configure) -> None:
    def configured(cls: Moto, *args: Moto, **kw: Moto) -> Moto:
        resource = original.__func__(cls, *args, **kw)
        template = kw.get("cloudformation_json") or args[1]
        configure(resource, template["Properties"])
        return resource

    original: Moto = patches.replace(model, method, classmethod(configured))


def _configure_table(table: Moto, properties: Properties) -> None:
    """Set time to live and point-in-time recovery."""
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
    _configure_table(original_resource, cloudformation_json["Properties"])
    return original_resource


def _configure_key(key: Moto, properties: Properties) -> None:
    """Keep the key policy as text, without which moto's DescribeKey fails."""
    key.policy = json.dumps(properties["KeyPolicy"])


def _skip_private_keys_of_symmetric_keys(patches: Patches) -> None:
    """Generate no RSA key for a symmetric key, which has none; moto's takes about 0.05 s each."""

    def generate(key_spec: str) -> Moto:
        return None if key_spec == "SYMMETRIC_DEFAULT" else original(key_spec)

    original: Callable[[str], Moto] = patches.replace(
        moto("kms.models"), "generate_private_key", generate
    )


def _configure_machine(machine: Moto, properties: Properties) -> None:
    """Set logging and tracing."""
    logging = {"Level": "OFF", "IncludeExecutionData": False}
    logging |= properties.get("LoggingConfiguration", {})
    tracing = {"Enabled": False, **properties.get("TracingConfiguration", {})}
    machine.loggingConfiguration = _as_in_api(logging)
    machine.tracingConfiguration = _as_in_api(tracing)


def _as_in_api(value: Json) -> Json:
    """Return a template's value with the API's member names, which begin in lower case."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _as_in_api(item) for name, item in value.items()}
    return [_as_in_api(item) for item in value] if isinstance(value, list) else value


def _configure_bucket(bucket: Moto, properties: Properties) -> None:
    """Set versioning and the public access block."""
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


def _keep_function_settings(patches: Patches) -> None:
    """Keep a function's settings, on create and update, and show them in its configuration.

    moto drops DeadLetterConfig, LoggingConfig, Architectures and TracingConfig, and Layers on
    create.
    """
    function = moto("awslambda.models").LambdaFunction

    def initialise(
        self: Moto, account_id: str, spec: dict[str, Any], *args: Moto, **kw: Moto
    ) -> None:
        make(self, account_id, spec, *args, **kw)
        _configure_function(self, spec)

    def create(
        cls: Moto, resource_name: str, cloudformation_json: Moto, *args: Moto, **kw: Moto
    ) -> Moto:
        created = from_template.__func__(cls, resource_name, cloudformation_json, *args, **kw)
        update(created, cloudformation_json["Properties"])
        return created

    def update(self: Moto, config_updates: dict[str, Any]) -> Moto:
        _configure_function(self, config_updates)
        return change(self, config_updates)

    def configuration(self: Moto, on_create: bool = False) -> dict[str, Any]:
        shown = show(self, on_create)
        shown["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": self.logs_group_name}
        if self.dead_letter_config:
            shown["DeadLetterConfig"] = self.dead_letter_config
        return shown

    make: Callable[..., None] = patches.replace(function, "__init__", initialise)
    from_template: Moto = patches.replace(function, _CREATE, classmethod(create))
    change: Callable[..., Any] = patches.replace(function, "update_configuration", update)
    show: Callable[..., dict[str, Any]] = patches.replace(
        function, "get_configuration", configuration
    )


def _configure_function(function: Moto, settings: Mapping[str, Any]) -> None:
    if "DeadLetterConfig" in settings or "dead_letter_config" not in vars(function):
        function.dead_letter_config = settings.get("DeadLetterConfig")
    if "Architectures" in settings:
        function.architectures = settings["Architectures"]
    if "TracingConfig" in settings:
        function.tracing_config = settings["TracingConfig"]
    group = (settings.get("LoggingConfig") or {}).get("LogGroup")
    if group:
        function.logs_group_name = group


def _resolve_references(patches: Patches) -> None:
    """Make Ref return an event bus's name and a layer version's ARN; moto returns the objects."""
    bus = moto("events.models").EventBus
    patches.add(bus, "physical_resource_id", property(lambda self: self.name))
    layer = moto("awslambda.models").LayerVersion
    patches.add(layer, "physical_resource_id", property(lambda self: self.arn))
