"""The result of a reconcile pass: what a reconciler and a child execution return."""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import Any, Final

from pydantic import Field, SerializeAsAny

from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import EndPhase, Entry
from lambdas.jobs.work import Work
from lambdas.shared.model import Internal
from lambdas.waiting.handles import Wake

_CUT_MESSAGE: Final = re.compile(r'\s*\{\s*"errorMessage"\s*:\s*"(?P<text>(?:[^"\\]|\\.)*\\?)')
"""Lambda writes the message first. Source: AWS Lambda developer guide, Python exceptions."""


class Step(Enum):
    """What comes after a step of a pass about one resource."""

    DECIDE_AGAIN = "AWS returned a state that requires another decision"
    DONE = "the pass is done"


class TaskError(Internal):
    """The error of a task whose retries are used up, with Step Functions' field names."""

    error: str = Field(default="", alias="Error")
    cause: str = Field(default="", alias="Cause")

    @property
    def message(self) -> str:
        """The message in the cause; for a failed function, that of its exception."""
        try:
            described = json.loads(self.cause)
        except (ValueError, RecursionError):
            return self._cut_message() or self.cause or self.error
        message = described.get("errorMessage") if isinstance(described, dict) else None
        return str(message or self.cause)

    def _cut_message(self) -> str | None:
        """Return the message of a cause whose JSON was cut off, None if it has none."""
        found = _CUT_MESSAGE.match(self.cause)
        if found is None:
            return None
        text = found["text"].removesuffix("\\")
        try:
            return str(json.loads(f'"{text}"'))
        except ValueError:
            return text


class PassResult(Internal):
    """The result of a reconcile pass; that of the last pass is its child execution's output.

    Attributes:
        key: of the work.
        phase: where the workflow goes next.
        wait_seconds: whole seconds until the next pass, 0 after the last one.
        work: the input of the next pass, None after the last one.
        wake: what may end the wait early, None if nothing can.
        entries: the results of all resources, after the last pass.
        error: why there was no pass, if the function failed.
        ended_at: epoch milliseconds at which it failed, None if it did not.
    """

    key: str
    phase: Phase
    wait_seconds: int = 0
    work: SerializeAsAny[Work] | None = None
    wake: Wake | None = None
    entries: tuple[Entry, ...] = ()
    error: TaskError | None = None
    ended_at: int | None = None

    def as_payload(self) -> dict[str, Any]:
        """Return what a function returns: no default values, except for `wait_seconds`."""
        payload = self.model_dump(mode="json", exclude_defaults=True)
        return payload | {"wait_seconds": self.wait_seconds}


def last_pass(work: Work, phase: EndPhase) -> PassResult:
    """Return the result of the last pass, of work whose resources have all ended.

    A dry run ends in the phase in which the request would end; its entries are PLANNED.
    """
    if phase is Phase.PLANNED:
        phase = Phase.FAILED if work.would_fail else Phase.COMPLETE
    return PassResult(key=work.key, phase=phase, entries=work.entries)


def next_pass(work: Work, phase: Phase, wait_seconds: int, wake: Wake | None = None) -> PassResult:
    """Return the result of a pass after which there is another one, in whole seconds or on wake."""
    return PassResult(key=work.key, phase=phase, wait_seconds=wait_seconds, work=work, wake=wake)
