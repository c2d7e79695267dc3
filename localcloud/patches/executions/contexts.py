"""The context object of an execution is JSON, and has all its members.

moto keeps the start time as a date, which a JSONPath cannot read, and leaves out RedriveCount.
Source: LocalStack's snapshots of executions on AWS.
"""

from __future__ import annotations

from localcloud.patches.patching import Moto, Patches, moto


def apply(patches: Patches) -> None:
    """Complete the context object's Execution."""

    def execution(**members: Moto) -> dict[str, Moto]:
        return {**members, "StartTime": members["StartTime"].isoformat(), "RedriveCount": 0}

    worker = moto("stepfunctions.parser.backend.execution_worker")
    patches.replace(worker, "ExecutionData", execution)
