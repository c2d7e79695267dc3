"""Patches of moto 5.2.5, by subject; docs/local-aws-fidelity.md lists them.

`patched_moto` is the one place that applies them. Their order does not matter, because no attribute
is patched twice, which `Patches` checks. The order of the end does matter: the function host closes
first, so that no asynchronous invocation waits for a function, and moto is restored last, when
nothing runs in it any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from localcloud.clock import SimulatedClock
from localcloud.functions.host import FunctionHost
from localcloud.patches import (
    execution_ends,
    execution_starts,
    function_invocations,
    interruptions,
    map_runs,
    rule_targets,
    simulated_dates,
    simulated_timeouts,
    simulated_waits,
    status_events,
    task_tokens,
)
from localcloud.patches.asynchronous_invocations import AsynchronousInvocations
from localcloud.patches.child_executions import ChildHistory, child_histories
from localcloud.patches.cloudformation import resource_settings, resource_types, stacks
from localcloud.patches.executions import answers, backend, histories
from localcloud.patches.expressions import definitions, evaluation
from localcloud.patches.patching import Moto, Patches
from localcloud.patches.rule_targets import publish
from localcloud.patches.tasks import member_names, service_clients

__all__ = ["MOTO_VERSION", "ChildHistory", "child_histories", "patched_moto", "publish"]

MOTO_VERSION = "5.2.5"
"""The version of moto that the patches were made for."""


@contextmanager
def patched_moto(
    clock: SimulatedClock, functions: FunctionHost, endpoint: str, environment: Mapping[str, str]
) -> Iterator[None]:
    """Apply all patches; at the end, close the function host and restore moto.

    `endpoint` is where moto serves; `environment` may name other endpoints for single services, as
    AWS_ENDPOINT_URL_<SERVICE>. Only one may be open at a time, because moto is one per process.
    """
    patches = Patches(clock)
    asynchronous = AsynchronousInvocations(clock, functions, function_invocations.deployed)
    try:
        _apply_to_cloudformation(patches)
        _apply_to_step_functions(patches, endpoint, environment)
        function_invocations.mend(patches, functions, asynchronous)
        rule_targets.mend(patches, asynchronous.submit)
        yield
    finally:
        functions.close()
        asynchronous.close()
        patches.undo()


def _apply_to_cloudformation(patches: Patches) -> None:
    stacks.apply(patches)
    resource_types.apply(patches)
    resource_settings.apply(patches)


def _apply_to_step_functions(
    patches: Patches, endpoint: str, environment: Mapping[str, str]
) -> None:
    def announce(execution: Moto) -> None:
        rule_targets.publish(status_events.status_event(execution, str(uuid.uuid4())))

    backend.apply(patches)
    definitions.apply(patches)
    evaluation.apply(patches)
    service_clients.apply(patches, endpoint, environment)
    member_names.apply(patches)
    histories.apply(patches)
    answers.apply(patches)
    execution_starts.mend(patches, announce)
    execution_ends.mend(patches, announce)
    map_runs.mend(patches)
    task_tokens.mend(patches)
    interruptions.mend(patches)
    simulated_dates.mend(patches)
    simulated_timeouts.mend(patches)
    simulated_waits.mend(patches)
