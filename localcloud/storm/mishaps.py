"""What goes wrong at a moment that calls define: between an intent and its call, or just after it.

The world's faults are about calls alone. A mishap ends the function that calls, or the execution
that it calls for, or fails a call to the table or to the event bus.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from localcloud.gateway import Answer
from localcloud.orchestrator import LocalOrchestrator
from localcloud.simulators.errors import LostResponse
from localcloud.simulators.ledger import Call
from localcloud.simulators.server import Request, Response
from localcloud.storm.scenario import ENDS, LOST, MUTATION, MUTATIONS, NOTE, Mishap

NOTES: Final = (b'"moved#', b'"started#', b'"created#')
"""How the keys of items begin that note what a job is about to do."""

_TABLE: Final = "DynamoDB_"
_BUS: Final = "AWSEvents"


class Mishaps:
    """Has the mishaps of a scenario happen.

    Attributes:
        happened: each with its second.
    """

    def __init__(
        self,
        mishaps: Sequence[Mishap],
        orchestrator: LocalOrchestrator,
        number_of: Callable[[str], int | None],
        end: Callable[[str, str], object],
    ) -> None:
        """Prepare.

        `number_of` returns an execution's request; `end` ends an execution in one of `ENDS`.
        """
        self.happened: list[tuple[float, Mishap]] = []
        self._mishaps = mishaps
        self._orchestrator = orchestrator
        self._number_of = number_of
        self._end = end
        self._counts: Counter[int] = Counter()

    def watch(self) -> None:
        """Begin; a world's ledger and the gateway have one watcher each."""
        self._orchestrator.simulators.ledger.watcher = self
        self._orchestrator.aws.gateway.interceptor = self._intercept

    def before(self, operation: str) -> None:
        """Have happen what is due before a simulator serves a call."""
        names = {operation, MUTATION} if operation in MUTATIONS else {operation}
        for mishap in self._due(names, is_after=False):
            if self._ends_function(mishap):
                raise LostResponse

    def after(self, call: Call) -> None:
        """Have happen what is due after a simulator has served a call."""
        is_mutation = call.operation in MUTATIONS and call.took_effect
        names = {call.operation, MUTATION} if is_mutation else {call.operation}
        for mishap in self._due(names, is_after=True):
            if self._ends_function(mishap):
                raise LostResponse

    def _intercept(self, request: Request, answer: Answer) -> Response:
        target = request.headers.get("x-amz-target", "")
        if not target.startswith((_TABLE, _BUS)):
            return answer(request)
        operation = target.rpartition(".")[2]
        is_note = operation in ("PutItem", "UpdateItem") and any(
            key in request.body for key in NOTES
        )
        names = {operation, NOTE} if is_note else {operation}
        arn = _of_outcome(request) if target.startswith(_BUS) else None
        for mishap in self._due(names, is_after=False, arn=arn):
            if self._ends_function(mishap):
                return _error(500, "InternalServerError")
            if mishap.what not in ENDS:
                return _failure(mishap.what, request)
        response = answer(request)
        for mishap in self._due(names, is_after=True, arn=arn):
            if self._ends_function(mishap) or mishap.what == LOST:
                return _error(500, "InternalServerError")
        return response

    def _due(self, names: set[str], *, is_after: bool, arn: str | None = None) -> Iterator[Mishap]:
        """Yield the mishaps of this moment; those that end executions have happened by then."""
        arn = arn or self._orchestrator.calling_execution()
        for place, mishap in enumerate(self._mishaps):
            if mishap.operation not in names or mishap.is_after != is_after:
                continue
            if mishap.number is not None and (arn is None or self._number_of(arn) != mishap.number):
                continue
            if (
                mishap.what in ("kill", "hang")
                and self._orchestrator.aws.functions.caller() is None
            ):
                continue
            self._counts[place] += 1
            if not mishap.nth <= self._counts[place] < mishap.nth + mishap.times:
                continue
            self.happened.append((self._orchestrator.seconds(), mishap))
            if mishap.what in ENDS and arn is not None:
                self._end_at(arn, mishap)
            yield mishap

    def _end_at(self, arn: str, mishap: Mishap) -> None:
        """End an execution: at once, or once the state machine knows that its outcome is published.

        Before it knows, nobody could: the clean-up would publish another one.
        """
        end = partial(self._end, arn, mishap.what)
        if mishap.operation == "PutEvents":
            self._orchestrator.clock.start("an end", end)
        else:
            end()

    def _ends_function(self, mishap: Mishap) -> bool:
        caller = self._orchestrator.aws.functions.caller()
        if mishap.what not in ("kill", "hang") or caller is None:
            return False
        if mishap.what == "hang":
            caller.hang()
        else:
            caller.kill()
        return True


def _of_outcome(request: Request) -> str | None:
    """Return the execution whose outcome is published."""
    [entry, *_] = json.loads(request.body)["Entries"]
    found: str | None = json.loads(entry["Detail"]).get("execution_arn")
    return found


def _failure(error: str, request: Request) -> Response:
    if error == "FailedEntry":
        entries = json.loads(request.body)["Entries"]
        failed = {"ErrorCode": "InternalFailure", "ErrorMessage": "a mishap of the storm"}
        return _json(200, {"FailedEntryCount": len(entries), "Entries": [failed] * len(entries)})
    return _error(500 if error.startswith("Internal") else 400, error)


def _error(status: int, code: str) -> Response:
    return _json(status, {"__type": code, "message": f"{code}: a mishap of the storm"})


def _json(status: int, document: Any) -> Response:  # noqa: ANN401 - JSON
    headers = {"x-amzn-requestid": "a-mishap"}
    return Response(status, json.dumps(document).encode(), "application/x-amz-json-1.0", headers)
