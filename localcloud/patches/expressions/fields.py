"""Expressions know the field of the state's definition that they were written in.

AWS names it in the cause of a failed expression, as "Output/result", "Arguments/Entries[0]" or
"Catch[1]/Output"; moto knows at most its last part. Source: LocalStack's snapshots of executions on
AWS; the indexes: floci-io/floci pull request 2689, which quotes answers of AWS.
"""

from __future__ import annotations

from collections.abc import Iterator

from localcloud.patches.patching import ASL, Moto

_FIELDS = {
    "ArgumentsJSONataTemplateValueObject": "Arguments",
    "ArgumentsStringJSONata": "Arguments",
    "AssignDecl": "Assign",
    "Cause": "Cause",
    "ConditionStringJSONata": "Condition",
    "Credentials": "Credentials",
    "Error": "Error",
    "HeartbeatSecondsJSONata": "HeartbeatSeconds",
    "ItemReader": "ItemReader",
    "ItemSelector": "ItemSelector",
    "ItemsArray": "Items",
    "ItemsJSONata": "Items",
    "MaxConcurrencyJSONata": "MaxConcurrency",
    "MaxItemsStringJSONata": "MaxItems",
    "Output": "Output",
    "ReaderConfig": "ReaderConfig",
    "ResultWriter": "ResultWriter",
    "RoleArn": "RoleArn",
    "SecondsJSONata": "Seconds",
    "TimeoutSecondsJSONata": "TimeoutSeconds",
    "Timestamp": "Timestamp",
    "ToleratedFailureCountStringJSONata": "ToleratedFailureCount",
    "ToleratedFailurePercentageStringJSONata": "ToleratedFailurePercentage",
}
"""What the States Language calls what moto has these classes for."""

_LISTS = {"catchers": "Catch[{}]", "rules": "Choices[{}]", "values": "[{}]"}
"""The attributes that hold lists whose indexes are part of the name."""


def name_fields(component: Moto, path: str = "") -> None:
    """Set `field` on each expression of a parsed definition."""
    if isinstance(component, dict | list):
        for part in component.values() if isinstance(component, dict) else component:
            name_fields(part, path)
    elif type(component).__module__.startswith((f"moto.{ASL}.component", "localcloud.")):
        path = _path(component, path)
        if type(component).__name__ == "StringJSONata":
            component.field = path
        for part, name in _parts(component):
            name_fields(part, path + name if name.startswith("[") else _joined(path, name))


def _path(component: Moto, path: str) -> str:
    if hasattr(component, "state_type"):
        return ""
    name = _FIELDS.get(type(component).__name__) or vars(component).get("identifier", "")
    return _joined(path, name)


def _parts(component: Moto) -> Iterator[tuple[Moto, str]]:
    for attribute, value in vars(component).items():
        if attribute in _LISTS and isinstance(value, list):
            for index, part in enumerate(value):
                yield part, _LISTS[attribute].format(index)
        else:
            yield value, ""


def _joined(path: str, name: str) -> str:
    return "/".join(filter(None, (path, name)))
