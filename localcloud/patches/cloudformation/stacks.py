"""Stacks: reading templates, updating resources, failing.

Each function of `apply` says what moto does and what CloudFormation does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

from localcloud.patches.patching import Moto, Patches, moto

Parameters = list[dict[str, Moto]]

_UPDATE = "update_from_cloudformation_json"


class ResourceFailedError(Exception):
    """A resource of a stack could not be created or updated; the message names it and says why."""


def apply(patches: Patches) -> None:
    """Patch how stacks are created and updated."""
    _read_json_as_json(patches)
    _accept_previous_values_of_defaults(patches)
    _keep_resources_and_name_failures(patches)
    _fail_stacks(patches)
    _keep_names(patches)
    _replace_layer_versions(patches)


def _read_json_as_json(patches: Patches) -> None:
    """Parse a JSON template with `json`.

    moto parses every template as YAML, several times per deployment, which takes most of it.
    """
    yaml = moto("cloudformation.models").yaml

    def load(text: str, Loader: Moto) -> Moto:  # noqa: N803 - the name in yaml.load
        try:
            return json.loads(text)
        except ValueError:
            return yaml.load(text, Loader=Loader)

    reader = SimpleNamespace(**{**vars(yaml), "load": load})
    for name in ("cloudformation.models", "cloudformation.responses"):
        patches.replace(moto(name), "yaml", reader)


def _accept_previous_values_of_defaults(patches: Patches) -> None:
    """Let UsePreviousValue refer to a parameter's default, as the CDK CLI does on every update.

    moto raises KeyError unless the previous value was given explicitly.
    """

    def resolve(backend: Moto, instance: Moto, incoming_params: Parameters) -> dict[str, str]:
        known = [
            parameter
            for parameter in incoming_params
            if "ParameterValue" in parameter or parameter["ParameterKey"] in instance.parameters
        ]
        return original(backend, instance, known)

    backend = moto("cloudformation.models").CloudFormationBackend
    original: Callable[..., dict[str, str]] = patches.replace(
        backend, "_resolve_update_parameters", resolve
    )


def _keep_resources_and_name_failures(patches: Patches) -> None:
    """Say which resource failed, and keep a resource whose type moto cannot update.

    moto removes such a resource from the stack. AWS updates or replaces it; here it stays as it
    was, unless `resource_types` or `resource_settings` patches its type.
    """
    parsing = moto("cloudformation.parsing")

    def create(logical_id: str, *args: Moto, **kwargs: Moto) -> Moto:
        return _naming(logical_id, lambda: create_resource(logical_id, *args, **kwargs))

    def update(logical_id: str, resource_json: Moto, resources_map: Moto, **place: str) -> Moto:
        updated = _naming(
            logical_id,
            lambda: update_resource(logical_id, resource_json, resources_map, **place),
        )
        return resources_map[logical_id] if updated is None else updated

    create_resource: Callable[..., Moto] = patches.replace(
        parsing, "parse_and_create_resource", create
    )
    update_resource: Callable[..., Moto] = patches.replace(
        parsing, "parse_and_update_resource", update
    )


def _naming(logical_id: str, attempt: Callable[[], Moto]) -> Moto:
    try:
        return attempt()
    except ResourceFailedError:
        raise
    except Exception as error:
        reason = getattr(error, "message", None) or f"{type(error).__name__}: {error}"
        raise ResourceFailedError(f"{logical_id}: {reason}") from error


def _fail_stacks(patches: Patches) -> None:
    """Give a stack whose resource failed its status and an event with the reason.

    moto answers with the exception, mostly as an HTML page, and leaves the stack IN_PROGRESS. AWS
    rolls the stack back; here it only has the status of one that was rolled back.
    """

    def create(backend: Moto, *args: Moto, **kwargs: Moto) -> Moto:
        before = set(backend.stacks)
        try:
            return create_stack(backend, *args, **kwargs)
        except ResourceFailedError as error:
            (stack_id,) = set(backend.stacks) - before
            stack = backend.stacks[stack_id]
            _fail(stack, "CREATE_FAILED", "ROLLBACK_COMPLETE", error)
            return stack

    def update(stack: Moto, *args: Moto, **kwargs: Moto) -> None:
        try:
            update_stack(stack, *args, **kwargs)
        except ResourceFailedError as error:
            _fail(stack, "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE", error)

    models = moto("cloudformation.models")
    create_stack: Callable[..., Moto] = patches.replace(
        models.CloudFormationBackend, "create_stack", create
    )
    update_stack: Callable[..., None] = patches.replace(models.Stack, "update", update)


def _fail(stack: Moto, event: str, status: str, error: ResourceFailedError) -> None:
    stack._add_stack_event(event, resource_status_reason=str(error))
    stack._add_stack_event(status)
    stack.status = status


def _keep_names(patches: Patches) -> None:
    """Keep the generated name of a topic or rule when it is updated; moto generates another."""
    for model, name in (
        (moto("sns.models").Topic, "TopicName"),
        (moto("events.models").Rule, "Name"),
    ):
        original = vars(model)[_UPDATE].__func__
        patches.replace(model, _UPDATE, _keeping_name(original, name))


def _keeping_name(original: Callable[..., Moto], property_name: str) -> Moto:
    def update(
        cls: Moto,
        /,
        original_resource: Moto,
        new_resource_name: str,
        cloudformation_json: Moto,
        **place: str,
    ) -> Moto:
        if property_name not in cloudformation_json["Properties"]:
            new_resource_name = original_resource.name
        return original(cls, original_resource, new_resource_name, cloudformation_json, **place)

    return classmethod(update)


def _replace_layer_versions(patches: Patches) -> None:
    """Create another version of a changed layer, as AWS does; moto cannot update one."""

    def replace(cls: Moto, /, new_resource_name: str, **template: Moto) -> Moto:
        del template["original_resource"]  # functions may still use it
        return cls.create_from_cloudformation_json(new_resource_name, **template)

    patches.add(moto("awslambda.models").LayerVersion, _UPDATE, classmethod(replace))
