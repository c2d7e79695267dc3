"""What a look found: how a reconciler answers, and what a child execution comes back with."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from pydantic import Field, SerializeAsAny

from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.jobs.work import Work
from lambdas.shared.model import Internal
from lambdas.waiting.handles import Wake

_CUT_MESSAGE: Final = re.compile(r'\s*\{\s*"errorMessage"\s*:\s*"(?P<text>(?:[^"\\]|\\.)*\\?)')
"""Lambda writes the message first. Source: AWS Lambda developer guide, Python exceptions."""


class TaskError(Internal):
    """What Step Functions says of a task that failed for good, in its own spelling."""

    error: str = Field(default="", alias="Error")
    cause: str = Field(default="", alias="Cause")

    @property
    def message(self) -> str:
        """The words in the cause: of a function's failure, those of its exception."""
        try:
            described = json.loads(self.cause)
        except (ValueError, RecursionError):
            return self._cut_message() or self.cause or self.error
        message = described.get("errorMessage") if isinstance(described, dict) else None
        return str(message or self.cause)

    def _cut_message(self) -> str | None:
        """Return the words of a cause that was cut in the middle of its JSON, if they are there."""
        found = _CUT_MESSAGE.match(self.cause)
        if found is None:
            return None
        text = found["text"].removesuffix("\\")
        try:
            return str(json.loads(f'"{text}"'))
        except ValueError:
            return text


class Look(Internal):
    """What one look found; a child execution's last look is its result.

    Attributes:
        key: of the work.
        phase: where the workflow goes next.
        wait_seconds: whole seconds until the next look, 0 where there is none.
        work: what to look at next time, None when all is settled.
        wake: what may end the wait early, None where nothing can.
        settled: the account, once all is settled.
        error: why there was no look, where the function could not run.
        ended_at: epoch milliseconds at which that was, None where there is no error.
    """

    key: str
    phase: Phase
    wait_seconds: int = 0
    work: SerializeAsAny[Work] | None = None
    wake: Wake | None = None
    settled: tuple[Entry, ...] = ()
    error: TaskError | None = None
    ended_at: int | None = None

    def as_payload(self) -> dict[str, Any]:
        """Return the look as a function answers it: short, but never without its wait."""
        payload = self.model_dump(mode="json", exclude_defaults=True)
        return payload | {"wait_seconds": self.wait_seconds}


def settled(work: Work, phase: EndPhase) -> Look:
    """Return the last look at work that is all settled."""
    return Look(key=work.key, phase=phase, settled=work.settled)


def look_again(work: Work, phase: Phase, wait_seconds: int, wake: Wake | None = None) -> Look:
    """Return a look after which there is another one, in whole seconds or when woken."""
    return Look(key=work.key, phase=phase, wait_seconds=wait_seconds, work=work, wake=wake)
