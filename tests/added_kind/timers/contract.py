"""The contract of a timer job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lambdas.jobs.contract import Deadline, Job


class TimerJob(Job):
    """This timer should have rung."""

    kind: Literal["timer"]
    name: str
    seconds: Annotated[int, Field(ge=1)]
    target: Literal["RUNG"]
    deadline_seconds: Deadline = 3_600
