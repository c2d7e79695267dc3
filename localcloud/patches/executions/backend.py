"""State machines that CloudFormation creates are executed, and their failures are not logged."""

from __future__ import annotations

import logging

from localcloud.patches.patching import ASL, Patches, moto


def apply(patches: Patches) -> None:
    """Choose moto's executing backends, and silence the interpreter's log."""
    _use_executing_backends(patches)
    _silence_expected_failures(patches)


def _use_executing_backends(patches: Patches) -> None:
    """Create and execute state machines in one backend.

    moto has one that only stores state machines and one that executes them. Its API can be
    configured to use the second, but CloudFormation always uses the first. Lambda has two backends
    as well; the one without Docker is chosen here.
    """
    config = moto("core.config").default_user_config
    patches.replace_item(config, "stepfunctions", {"execute_state_machine": True})
    patches.replace_item(config, "lambda", {"use_docker": False})
    executing = moto("stepfunctions.parser.models").stepfunctions_parser_backends
    patches.replace(moto("stepfunctions.models"), "stepfunctions_backends", executing)


def _silence_expected_failures(patches: Patches) -> None:
    """Leave failures to the history.

    moto logs each failure that a workflow retries or catches as an error, once per enclosing
    component, and warns that tolerated failures have no effect, which `map_runs` patches.
    """
    component = moto(f"{ASL}.component.eval_component").EvalComponent
    for name in ("_log_failure_event_exception", "_log_exception"):
        patches.replace(component, name, lambda *_, **__: None)
    logger = logging.getLogger("moto.stepfunctions")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    patches.afterwards(lambda: logger.setLevel(before))
