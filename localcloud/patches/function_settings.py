"""A function keeps what its template says of failures, logs, concurrency, layers and tracing.

moto drops DeadLetterConfig, LoggingConfig, Layers, Architectures and TracingConfig, and takes over
neither these, except Layers, nor ReservedConcurrentExecutions, when a stack is updated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localcloud.patches.patching import Moto, Patches, moto


def mend(patches: Patches) -> None:
    """Keep these settings on moto's function and show them in its configuration."""
    function = moto("awslambda.models").LambdaFunction

    def initialise(
        self: Moto, account_id: str, spec: dict[str, Any], *args: Moto, **kw: Moto
    ) -> None:
        make(self, account_id, spec, *args, **kw)
        _keep(self, spec)

    def create(
        cls: Moto, resource_name: str, cloudformation_json: Moto, *args: Moto, **kw: Moto
    ) -> Moto:
        made = from_template.__func__(cls, resource_name, cloudformation_json, *args, **kw)
        update(made, cloudformation_json["Properties"])
        return made

    def update(self: Moto, config_updates: dict[str, Any]) -> Moto:
        _keep(self, config_updates)
        if "ReservedConcurrentExecutions" in config_updates:
            self.reserved_concurrency = config_updates["ReservedConcurrentExecutions"]
        return change(self, config_updates)

    def configuration(self: Moto, on_create: bool = False) -> dict[str, Any]:
        return {**show(self, on_create), **_kept(self)}

    make: Callable[..., None] = patches.replace(function, "__init__", initialise)
    from_template: Moto = patches.replace(
        function, "create_from_cloudformation_json", classmethod(create)
    )
    change: Callable[..., Any] = patches.replace(function, "update_configuration", update)
    show: Callable[..., dict[str, Any]] = patches.replace(
        function, "get_configuration", configuration
    )


def _keep(function: Moto, settings: Mapping[str, Any]) -> None:
    if "DeadLetterConfig" in settings or "dead_letter_config" not in vars(function):
        function.dead_letter_config = settings.get("DeadLetterConfig")
    if "Architectures" in settings:
        function.architectures = settings["Architectures"]
    if "TracingConfig" in settings:
        function.tracing_config = settings["TracingConfig"]
    group = (settings.get("LoggingConfig") or {}).get("LogGroup")
    if group:
        function.logs_group_name = group


def _kept(function: Moto) -> dict[str, Any]:
    shown = {"LoggingConfig": {"LogFormat": "Text", "LogGroup": function.logs_group_name}}
    if function.dead_letter_config:
        shown["DeadLetterConfig"] = function.dead_letter_config
    return shown
