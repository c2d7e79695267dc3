"""The joints: one small mend of moto 5.2.5 per module, named for what it mends."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from localcloud.clock import SimulatedClock
from localcloud.functions.host import FunctionHost
from localcloud.patches import (
    executing_backend,
    execution_answers,
    execution_ends,
    execution_starts,
    expected_failures,
    failed_stacks,
    function_invocations,
    function_settings,
    histories,
    ignored_resources,
    interruptions,
    json_templates,
    jsonata_expressions,
    map_runs,
    parsed_definitions,
    references,
    resource_types,
    rule_targets,
    sdk_names,
    service_clients,
    service_names,
    simulated_dates,
    simulated_timeouts,
    simulated_waits,
    stack_updates,
    status_events,
    string_literals,
    task_tokens,
    template_settings,
    whole_percentages,
)
from localcloud.patches.asynchronous_invocations import AsynchronousInvocations
from localcloud.patches.child_executions import ChildHistory, child_histories
from localcloud.patches.patching import Moto, Patches
from localcloud.patches.rule_targets import publish

__all__ = ["MOTO_VERSION", "ChildHistory", "child_histories", "publish", "wire"]

MOTO_VERSION = "5.2.5"
"""The version of moto that the joints were made for."""


@contextmanager
def wire(
    clock: SimulatedClock, functions: FunctionHost, endpoint: str, environment: Mapping[str, str]
) -> Iterator[None]:
    """Apply all joints; at the end, close the function host and put moto back as it was.

    `endpoint` is where moto serves; `environment` may name other endpoints for single services, as
    AWS_ENDPOINT_URL_<SERVICE>. moto must not be patched by two of these at once.
    """
    patches = Patches(clock)
    asynchronous = AsynchronousInvocations(clock, functions, function_invocations.deployed)
    try:
        _mend_step_functions(patches)
        service_names.mend(patches)
        service_clients.mend(patches, endpoint, environment)
        json_templates.mend(patches)
        stack_updates.mend(patches)
        failed_stacks.mend(patches)
        ignored_resources.mend(patches)
        function_settings.mend(patches)
        resource_types.mend(patches)
        references.mend(patches)
        template_settings.mend(patches)
        function_invocations.mend(patches, functions, asynchronous)
        rule_targets.mend(patches, asynchronous.submit)
        yield
    finally:
        functions.close()
        asynchronous.close()
        patches.undo()


def _mend_step_functions(patches: Patches) -> None:
    def announce(execution: Moto) -> None:
        rule_targets.publish(status_events.status_event(execution, str(uuid.uuid4())))

    executing_backend.mend(patches)
    interruptions.mend(patches)
    histories.mend(patches)
    expected_failures.mend(patches)
    simulated_dates.mend(patches)
    simulated_waits.mend(patches)
    simulated_timeouts.mend(patches)
    string_literals.mend(patches)
    whole_percentages.mend(patches)
    parsed_definitions.mend(patches)
    jsonata_expressions.mend(patches)
    sdk_names.mend(patches)
    task_tokens.mend(patches)
    map_runs.mend(patches)
    execution_starts.mend(patches, announce)
    execution_ends.mend(patches, announce)
    execution_answers.mend(patches)
