"""A timer on the way to its target."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.jobs.work import Work
from lambdas.shared.texts import timestamp


class TimerWork(Work):
    """One timer."""

    kind: Literal["timer"]
    name: str
    seconds: int
    target: str
    deadline_seconds: int
    initial_state: str | None = None
    state: str | None = None
    details: dict[str, int] = Field(default_factory=dict)

    def resource_ids(self) -> Collection[str]:
        return (self.name,)

    def close(self, *, phase: EndPhase, reason: str, message: str, now: float) -> TimerWork:
        entry = Entry(
            job=self.job_label,
            kind=self.kind,
            id=self.name,
            target=self.target,
            initial_state=self.initial_state,
            final_state=self.state,
            phase=phase,
            reason=reason,
            message=message,
            details=self.details,
            polls=self.polling.polls,
            elapsed_seconds=round(self.polling.age(now), 3),
            ended_at=timestamp(now),
        )
        return self.replace(entries=(entry,))

    def fail_all(self, *, reason: str, message: str, now: float) -> TimerWork:
        if self.entries:
            return self
        return self.close(phase=Phase.FAILED, reason=reason, message=message, now=now)
