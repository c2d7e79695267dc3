"""The executions of the state machine: listed, described, and kept as far as they are known.

Lists and descriptions are eventually consistent, and neither is read more often than necessary: an
execution that has ended is described once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from console.aws import STEP_FUNCTIONS, Aws, NotThere, QuotaSpent
from console.reading.model import RequestSummary
from console.reading.summaries import summary_of
from console.reading.texts import iso
from console.reading.visits import RUNNING, SUCCEEDED
from console.stack import Stack
from lambdas.shared.texts import timestamp

PER_PAGE: Final = 1_000
"""Source: Step Functions API reference, ListExecutions, maxResults."""

NEWEST: Final = 100
"""How many are read to find those that are new."""

MAX_DESCRIBED: Final = 60
MAX_OLDER_PAGES: Final = 20
"""At a time, so that nobody waits long for an answer."""

FRESH_SECONDS: Final = 0.4
"""How long a list is not read again, because several people may watch the same page."""


@dataclass(frozen=True)
class Listed:
    """An execution as ListExecutions returns it."""

    arn: str
    status: str
    started_at: str
    ended_at: str | None

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition(":")[2]


class Executions:
    """What is known of the executions. Safe to use from several threads."""

    def __init__(
        self,
        stack: Stack,
        aws: Aws,
        pool: Executor,
        clock: Callable[[], float],
        *,
        redriven: Callable[[str], None],
    ) -> None:
        """Prepare; `redriven` is called with an execution that had ended and runs again."""
        self._stack = stack
        self._aws = aws
        self._pool = pool
        self._clock = clock
        self._redriven = redriven
        self._lock = threading.RLock()
        self._listing = threading.RLock()
        self._known: dict[str, Listed] = {}
        self._described: dict[str, RequestSummary] = {}
        self._older: dict[str, str] | None = {}
        self._read_at = float("-inf")

    def refresh(self) -> bool:
        """Read the newest executions; return whether all that run, and all new ones, are known."""
        with self._listing:
            pause = max(FRESH_SECONDS, self._aws.limits.pause("ListExecutions"))
            if self._clock() - self._read_at < pause:
                return True
            self._read_at = self._clock()
            try:
                if not self._known and self._older == {}:
                    self._read_older()
                else:
                    self._read_newest()
            except QuotaSpent:
                return False
            return True

    def read_older(self) -> bool:
        """Read one more page of older executions; return False if there are none.

        Raises:
            QuotaSpent: there may be some.
        """
        with self._listing:
            if self._older is None:
                return False
            self._read_older()
            return True

    def read_many(self, until: str | None = None) -> None:
        """Read older executions, back to a time if one is given, as far as the quota allows."""
        with suppress(QuotaSpent):
            for _ in range(MAX_OLDER_PAGES):
                if (until is not None and self._reaches(until)) or not self.read_older():
                    return

    @property
    def knows_all(self) -> bool:
        """Whether there are no older executions than those that are known."""
        return self._older is None

    def knows(self, execution_arn: str) -> bool:
        """Return whether an execution has been listed."""
        with self._lock:
            return execution_arn in self._known

    def listed(self) -> list[Listed]:
        """Return the known executions, the newest first."""
        with self._lock:
            known = list(self._known.values())
        return sorted(known, key=lambda each: (each.started_at, each.arn), reverse=True)

    def summaries(self, wanted: Sequence[Listed]) -> tuple[list[RequestSummary], bool]:
        """Return a summary of each, and whether all have been read, as far as the quota allows."""
        missing = [each for each in wanted if not self._is_described(each)]
        self._describe_all(missing[:MAX_DESCRIBED])
        complete = all(self._is_described(each) for each in wanted)
        return [self.summary(each) for each in wanted], complete

    def summary(self, listed: Listed) -> RequestSummary:
        """Return what is known of an execution."""
        with self._lock:
            described = self._described.get(listed.arn)
        if described is not None and self._is_described(listed):
            return described
        bare = RequestSummary(
            execution_arn=listed.arn,
            name=listed.name,
            status=listed.status,
            started_at=listed.started_at,
            ended_at=listed.ended_at,
        )
        if described is None:
            return bare
        # Its input does not change; how it ended is not known yet.
        return described.model_copy(
            update={"status": listed.status, "ended_at": listed.ended_at, "phase": None}
        )

    def describe(self, execution_arn: str) -> RequestSummary | None:
        """Return an execution's summary, None if it does not exist, or not yet.

        Raises:
            QuotaSpent: it is not known.
        """
        try:
            answer = self._aws.call(STEP_FUNCTIONS, "DescribeExecution", executionArn=execution_arn)
        except NotThere:
            return None
        return self._take(answer)

    def _take(self, answer: Mapping[str, Any]) -> RequestSummary:
        described = summary_of(answer)
        listed = Listed(
            arn=described.execution_arn,
            status=described.status,
            started_at=described.started_at,
            ended_at=described.ended_at,
        )
        with self._lock:
            self._described[listed.arn] = described
            newest = max((each.started_at for each in self._known.values()), default=None)
            # One that is older than those that are known is listed in its turn.
            if listed.arn in self._known or (newest is not None and listed.started_at > newest):
                self._note(listed)
        return described

    def _is_described(self, listed: Listed) -> bool:
        with self._lock:
            described = self._described.get(listed.arn)
        if described is None:
            return False
        return (described.status, described.ended_at) == (listed.status, listed.ended_at)

    def _describe_all(self, wanted: Iterable[Listed]) -> None:
        def describe(listed: Listed) -> None:
            try:
                self.describe(listed.arn)
            except QuotaSpent:
                return

        list(self._pool.map(describe, wanted))

    def _read_older(self) -> None:
        page = self._list(maxResults=PER_PAGE, **(self._older or {}))
        self._add(page["executions"])
        token = page.get("nextToken")
        self._older = {"nextToken": token} if token else None

    def _read_newest(self) -> None:
        """Read until an execution that is known, and whatever has ended since."""
        more: dict[str, str] = {}
        seen: set[str] = set()
        while True:
            page = self._list(maxResults=NEWEST, **more)
            arns = {each["executionArn"] for each in page["executions"]}
            met = any(map(self.knows, arns))
            self._add(page["executions"])
            seen |= arns
            token = page.get("nextToken")
            if met or not token:
                break
            more = {"nextToken": token}
        self._read_ends(seen)

    def _read_ends(self, seen: set[str]) -> None:
        """Read whether executions that ran, and are older than the newest ones, have ended."""
        with self._lock:
            ran = {
                arn: each
                for arn, each in self._known.items()
                if each.status == RUNNING and arn not in seen
            }
        if not ran:
            return
        running = self._list(maxResults=PER_PAGE, statusFilter=RUNNING)
        still = {each["executionArn"] for each in running["executions"]}
        if not running.get("nextToken"):
            self._describe_all(each for arn, each in ran.items() if arn not in still)

    def _list(self, **parameters: object) -> dict[str, Any]:
        return self._aws.call(
            STEP_FUNCTIONS,
            "ListExecutions",
            stateMachineArn=self._stack.state_machine_arn,
            **parameters,
        )

    def _add(self, executions: Iterable[Mapping[str, Any]]) -> None:
        for each in executions:
            listed = Listed(
                arn=each["executionArn"],
                status=each["status"],
                started_at=iso(each["startDate"]),
                ended_at=iso(each["stopDate"]) if each.get("stopDate") else None,
            )
            self._note(listed)

    def _note(self, listed: Listed) -> None:
        with self._lock:
            before = self._known.get(listed.arn)
            self._known[listed.arn] = listed
        if before is not None and before.ended_at is not None and listed.ended_at is None:
            self._redriven(listed.arn)

    def clean_up_of(self, execution_arn: str, ended_at: float) -> RequestSummary | None:
        """Return the execution that cleans up after another one, None if none is known.

        Args:
            execution_arn: of the one that could not end by itself.
            ended_at: epoch seconds; its clean-up starts soon after that.
        """
        self.refresh()
        self.read_many(until=timestamp(ended_at))
        since = [each for each in self.listed() if each.started_at >= timestamp(ended_at)][::-1]
        self.summaries(since[:MAX_DESCRIBED])
        found = [each for each in map(self.summary, since) if each.cleans_up == execution_arn]
        found.sort(key=lambda each: (each.status == SUCCEEDED, each.status == RUNNING))
        return found[-1] if found else None

    def _reaches(self, moment: str) -> bool:
        """Whether all executions since a moment are known."""
        listed = self.listed()
        return bool(listed) and listed[-1].started_at <= moment
