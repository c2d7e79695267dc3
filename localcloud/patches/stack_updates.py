"""A changed template updates its stack.

The CDK's command asks for a parameter's previous value; moto knows it only if it was given, not if
it was the default. Of a type that moto cannot update, it forgets the resource, and a changed topic
or rule gets another name. A changed layer version is a new one, as on AWS; anything else keeps
its name, and stays as it was where moto cannot update it.
"""

from __future__ import annotations

from collections.abc import Callable

from localcloud.patches.patching import Moto, Patches, moto

Parameters = list[dict[str, Moto]]


def mend(patches: Patches) -> None:
    """Let a default be a previous value, and let resources keep their names."""

    def resolve(backend: Moto, instance: Moto, incoming_params: Parameters) -> dict[str, str]:
        known = [
            parameter
            for parameter in incoming_params
            if "ParameterValue" in parameter or parameter["ParameterKey"] in instance.parameters
        ]
        return resolve_known(backend, instance, known)

    def update(logical_id: str, resource_json: Moto, resources_map: Moto, **place: str) -> Moto:
        changed = update_known(logical_id, resource_json, resources_map, **place)
        return resources_map[logical_id] if changed is None else changed

    def keeping_name(original: Callable[..., Moto], name: str) -> Moto:
        def changed(
            cls: Moto,
            /,
            original_resource: Moto,
            new_resource_name: str,
            cloudformation_json: Moto,
            **place: str,
        ) -> Moto:
            if name not in cloudformation_json["Properties"]:
                new_resource_name = original_resource.name
            return original(cls, original_resource, new_resource_name, cloudformation_json, **place)

        return classmethod(changed)

    def replace_layer(cls: Moto, /, new_resource_name: str, **template: Moto) -> Moto:
        del template["original_resource"]  # functions may still have it
        return cls.create_from_cloudformation_json(new_resource_name, **template)

    backend = moto("cloudformation.models").CloudFormationBackend
    resolve_known: Callable[..., dict[str, str]] = patches.replace(
        backend, "_resolve_update_parameters", resolve
    )
    parsing = moto("cloudformation.parsing")
    update_known: Callable[..., Moto] = patches.replace(
        parsing, "parse_and_update_resource", update
    )
    update_name = "update_from_cloudformation_json"
    for model, name in (
        (moto("sns.models").Topic, "TopicName"),
        (moto("events.models").Rule, "Name"),
    ):
        before = vars(model)[update_name].__func__
        patches.replace(model, update_name, keeping_name(before, name))
    layer = moto("awslambda.models").LayerVersion
    patches.add(layer, update_name, classmethod(replace_layer))
