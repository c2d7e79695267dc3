"""A task that fails is no error of the interpreter.

moto logs every failure that a workflow retries or catches as an error, once per enclosing
component, each time with the text of the whole component; and warns that tolerated failures have no
effect, which `map_runs` has mended.
"""

from __future__ import annotations

import logging

from localcloud.patches.patching import ASL, Patches, moto


def mend(patches: Patches) -> None:
    """Leave failures to the history, which tells them anyway."""
    component = moto(f"{ASL}.component.eval_component").EvalComponent
    for name in ("_log_failure_event_exception", "_log_exception"):
        patches.replace(component, name, lambda *_, **__: None)
    logger = logging.getLogger("moto.stepfunctions")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    patches.afterwards(lambda: logger.setLevel(before))
