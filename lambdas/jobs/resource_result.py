"""What became of one resource, of any kind."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lambdas.jobs.phases import Phase
from lambdas.shared.model import Internal

EndPhase = Literal[Phase.COMPLETE, Phase.FAILED, Phase.PLANNED]


class Entry(Internal):
    """What became of one resource.

    Attributes:
        job: which of the request's jobs names it: the job's id, or `stage.job`, both from 0.
        kind: the kind's name in the registry.
        id: such as a campaign id or the ARN of an export's source.
        name: its name for people, null if not known.
        initial_state: AWS's word at the first poll; null if it did not exist or was not polled.
        final_state: AWS's word at the last poll; of a dry run, the state that it would be left in.
        target: that of its job.
        phase: whether it reached the target; PLANNED in a dry run.
        reason: why it ended so, in one word: the orchestrator's, or the name of the AWS error; of a
            dry run, the one with which the request would end.
        message: the same in words.
        warnings: what a person should know although the target was reached.
        details: what only resources of its kind have.
        would: the operations that a dry run would call, in order; null if it is not a dry run.
        polls: how often it was polled.
        elapsed_seconds: from its job's first poll to its end.
        ended_at: ISO 8601, UTC.
    """

    job: str = ""
    kind: str
    id: str
    name: str | None = None
    target: str
    initial_state: str | None
    final_state: str | None
    phase: EndPhase
    reason: str
    message: str
    warnings: tuple[str, ...] = ()
    details: dict[str, Any] = Field(default_factory=dict)
    would: tuple[str, ...] | None = None
    polls: int
    elapsed_seconds: float
    ended_at: str

    def planned(self) -> Entry:
        """Return the entry of a dry run for what needs no call."""
        return self.replace(phase=Phase.PLANNED, would=())
