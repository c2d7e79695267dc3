"""What AWS says about redriving an execution; nothing can be redriven here.

Source: the API reference of DescribeExecution; the reasons: LocalStack's snapshot
test_cross_account_states_start_sync_execution, recorded on 4 December 2024, and answers of
DescribeExecution quoted in public code.
"""

from __future__ import annotations

from typing import Any

from localcloud.patches.patching import Moto

_UNREDRIVABLE = frozenset({"RUNNING", "SUCCEEDED"})


def redrive_fields(execution: Moto) -> dict[str, Any]:
    """Return the fields that an execution's description and its status events share."""
    if execution.status in _UNREDRIVABLE:
        reason = f"Execution is {execution.status} and cannot be redriven"
        status = "NOT_REDRIVABLE"
    else:
        reason = None
        is_child = getattr(execution, "map_run_arn", None) is not None
        status = "REDRIVABLE_BY_MAP_RUN" if is_child else "REDRIVABLE"
    return {"redriveCount": 0, "redriveStatus": status, "redriveStatusReason": reason}
