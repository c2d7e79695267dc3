"""Every execution has a name of its own, and its start is announced.

moto calls an execution that was started without a name "None", so that the second one is taken for
the first; AWS names it with a UUID. moto does not validate a given name either, nor emit the event
of a started execution.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from localcloud.patches.patching import Moto, Patches, moto


def apply(patches: Patches, announce: Callable[[Any], None]) -> None:
    """Name and announce each execution as it starts."""

    def start(
        backend: Moto,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Moto:
        if name:
            backend._validate_name(name)
        else:
            name = str(uuid.uuid4())
        return begin(backend, state_machine_arn, name, execution_input, trace_header)

    def start_execution(execution: Moto) -> None:
        run(execution)
        announce(execution)

    backend = moto("stepfunctions.parser.models").StepFunctionsParserBackend
    begin: Callable[..., Any] = patches.replace(backend, "start_execution", start)
    execution = moto("stepfunctions.parser.backend.execution").Execution
    run: Callable[[Any], None] = patches.replace(execution, "start", start_execution)
