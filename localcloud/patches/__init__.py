"""Patches of moto 5.2.5, by subject; docs/local-aws-fidelity.md lists them.

`patched_moto` is the one place that applies them. Their order does not matter, because no attribute
is patched twice, which `Patches` checks; only `threads` comes last, as it replaces what is left of
the interpreter's threads and sleeps. The order of the end does matter: the function host closes
first, so that no asynchronous invocation waits for a function, and moto is restored last, when
nothing runs in it any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from localcloud.clock import VirtualClock
from localcloud.functions.host import FunctionHost
from localcloud.patches import chance, speed
from localcloud.patches.chance import reseed
from localcloud.patches.cloudformation import resource_settings, resource_types, stacks
from localcloud.patches.eventbridge import entries, rule_targets
from localcloud.patches.eventbridge.rule_targets import publish
from localcloud.patches.executions import (
    answers,
    backend,
    branches,
    contexts,
    ends,
    histories,
    map_runs,
    starts,
    status_events,
)
from localcloud.patches.executions.children import ChildHistory, child_histories, own_events
from localcloud.patches.executions.ends import end_by_itself
from localcloud.patches.expressions import definitions, evaluation, failures, map_items
from localcloud.patches.functions import invocations
from localcloud.patches.functions.asynchronous import AsynchronousInvocations
from localcloud.patches.patching import Moto, Patches
from localcloud.patches.tasks import (
    failed_entries,
    member_names,
    required_items,
    service_clients,
    tokens,
)
from localcloud.patches.time import dates, interruptions, threads, timeouts, waits

__all__ = [
    "MOTO_VERSION",
    "ChildHistory",
    "child_histories",
    "end_by_itself",
    "own_events",
    "patched_moto",
    "publish",
    "reseed",
]

MOTO_VERSION = "5.2.5"
"""The version of moto that the patches were made for."""


@contextmanager
def patched_moto(
    clock: VirtualClock,
    functions: FunctionHost,
    endpoint: str,
    environment: Mapping[str, str],
    *,
    changed: Callable[[], None],
) -> Iterator[None]:
    """Apply all patches; at the end, close the function host and restore moto.

    `endpoint` is where moto serves; `environment` may name other endpoints for single services, as
    AWS_ENDPOINT_URL_<SERVICE>. `changed` is called when an execution has started or ended, and its
    event has been delivered. Only one may be open at a time, because moto is one per process.
    """
    patches = Patches(clock)
    asynchronous = AsynchronousInvocations(clock, functions, invocations.deployed)
    try:
        chance.apply(patches)
        speed.apply(patches)
        _apply_to_cloudformation(patches)
        _apply_to_step_functions(patches, endpoint, environment, changed)
        invocations.apply(patches, functions, asynchronous)
        rule_targets.apply(patches, asynchronous.submit)
        entries.apply(patches)
        yield
    finally:
        functions.close()
        patches.undo()


def _apply_to_cloudformation(patches: Patches) -> None:
    stacks.apply(patches)
    resource_types.apply(patches)
    resource_settings.apply(patches)


def _apply_to_step_functions(
    patches: Patches, endpoint: str, environment: Mapping[str, str], changed: Callable[[], None]
) -> None:
    def announce(execution: Moto) -> None:
        rule_targets.publish(status_events.status_event(execution, str(uuid.uuid4())))
        changed()

    backend.apply(patches)
    definitions.apply(patches)
    evaluation.apply(patches)
    failures.apply(patches)
    map_items.apply(patches)
    service_clients.apply(patches, endpoint, environment)
    member_names.apply(patches)
    failed_entries.apply(patches)
    required_items.apply(patches)
    contexts.apply(patches)
    histories.apply(patches)
    branches.apply(patches)
    answers.apply(patches)
    starts.apply(patches, announce)
    ends.apply(patches, announce)
    map_runs.apply(patches)
    tokens.apply(patches)
    interruptions.apply(patches)
    dates.apply(patches)
    timeouts.apply(patches)
    waits.apply(patches)
    threads.apply(patches)
