"""A template says how often a failed asynchronous invocation is tried again, and where it ends.

moto does not know AWS::Lambda::EventInvokeConfig, though it has the API for the same settings.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from localcloud.joints.patching import Json, Moto, Patches, moto


def mend(patches: Patches) -> None:
    """Make CloudFormation know the resource."""
    _model()
    _forget_known_models()
    patches.afterwards(_forget_known_models)


def _forget_known_models() -> None:
    parsing = moto("cloudformation.parsing")
    for known in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        known.cache_clear()


@cache
def _model() -> type:
    """Return the resource's model; to define it is to register it."""

    class FunctionInvokeConfig(moto("core.common_models").CloudFormationModel):  # type: ignore[misc]
        def __init__(self, function_name: str) -> None:
            self.physical_resource_id = f"{function_name}:$LATEST"

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

        @staticmethod
        def cloudformation_type() -> str:
            return "AWS::Lambda::EventInvokeConfig"

        @classmethod
        def create_from_cloudformation_json(
            cls, _name: str, resource: Json, account_id: str, region_name: str, **_: Json
        ) -> Moto:
            return cls(_configure(resource["Properties"], account_id, region_name))

        @classmethod
        def update_from_cloudformation_json(
            cls, _original: Moto, new_name: str, *args: Moto
        ) -> Moto:
            return cls.create_from_cloudformation_json(new_name, *args)

        @classmethod
        def delete_from_cloudformation_json(cls, *_: Moto) -> None:
            """Nothing is left to delete: the settings go with their function."""

    return FunctionInvokeConfig


def _configure(properties: dict[str, Any], account_id: str, region_name: str) -> str:
    settings = {k: v for k, v in properties.items() if k not in ("FunctionName", "Qualifier")}
    name = str(properties["FunctionName"])
    backend = moto("awslambda.utils").get_backend(account_id, region_name)
    backend.get_function(name).event_invoke_config = []
    backend.put_function_event_invoke_config(name, settings)
    return name
