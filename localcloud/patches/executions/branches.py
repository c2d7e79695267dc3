"""A history has an event for each branch that was in a Task when its Parallel state failed.

moto ends those branches without an event. AWS adds TaskStateAborted for each, and for the branch
that failed if it failed in a Task. Source: LocalStack's snapshot
test_sqs_failure_in_wait_for_task_tok_no_error_field, recorded on 29 April 2024.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from localcloud.patches.executions.histories import is_in_task
from localcloud.patches.patching import ASL, Moto, Patches, moto

_PARALLEL = f"{ASL}.component.state.exec.state_parallel"

_failed = threading.local()


def apply(patches: Patches) -> None:
    """Count the branches that are in a Task as they are stopped, and record them afterwards."""

    def stop(worker: Moto, *args: Moto, **kwargs: Moto) -> None:
        _failed.tasks += is_in_task(worker.env)
        end(worker, *args, **kwargs)

    def evaluate(branches: Moto, env: Moto) -> None:
        _failed.tasks = 0
        try:
            run(branches, env)
        except events.FailureEventException:
            kind = moto("stepfunctions.parser.api").HistoryEventType.TaskStateAborted
            for _ in range(_failed.tasks):
                env.event_manager.add_event(
                    env.event_history_context, kind, update_source_event_id=False
                )
            raise

    events = moto(f"{ASL}.component.common.error_name.failure_event")
    worker = moto(f"{_PARALLEL}.branch_worker").BranchWorker
    end: Callable[..., None] = patches.replace(worker, "stop", stop)
    declaration = moto(f"{_PARALLEL}.branches_decl").BranchesDecl
    run: Callable[[Any, Any], None] = patches.replace(declaration, "_eval_body", evaluate)
