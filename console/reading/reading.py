"""The reading of one stack: requests and what they wait for, within the quotas of the APIs."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

import boto3

from console.aws import STEP_FUNCTIONS, Aws, NotThere, QuotaSpent
from console.errors import AmbiguousReference, AwsUnavailable, RequestNotFound
from console.limits import Limits
from console.reading.account import Account
from console.reading.child import ChildHistory
from console.reading.events import event_from
from console.reading.executions import Executions, Listed
from console.reading.histories import Histories
from console.reading.map_runs import MapRuns
from console.reading.model import (
    EventPage,
    Explanation,
    Rate,
    Request,
    RequestList,
    RequestSummary,
    Slots,
)
from console.reading.parent import RequestHistory
from console.reading.requests import Read, request_from
from console.reading.visits import RUNNING, Visits
from console.reading.why import explain
from console.stack import Stack
from lambdas.requests.outcome import REQUEST_FAILED, REQUEST_REJECTED

THREADS: Final = 8

LOCKS: Final = 64
"""Two threads read different requests at the same time, and one request one after the other."""

TRIES: Final = 4
PAUSE_SECONDS: Final = 0.25
"""An execution that has just started may not be known yet. The pause doubles with each try."""

EVENTS_PER_PAGE: Final = 200

FRESH_SECONDS: Final = 0.4
"""How long a request is not read again, because several people may watch the same page."""

MAX_REQUESTS: Final = 50
"""Requests whose last reading is kept; one of 250 campaigns takes megabytes."""

WAITING_SHARE: Final = 0.5
"""Below this share of the quota, children that may be woken are read in turns."""

MAX_SPARINGLY: Final = 4
"""Of these, at a time."""

NAME: Final = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
"""Of an execution. Source: Step Functions API reference, StartExecution."""


class Reading:
    """What is known about one stack. Safe to use from several threads; keep one per process."""

    def __init__(
        self, stack: Stack, session: boto3.Session, clock: Callable[[], float] = time.time
    ) -> None:
        self._stack = stack
        self._clock = clock
        self._aws = Aws(session, Limits(clock), clock)
        self._limits = self._aws.limits
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="reading")
        self._executions = Executions(
            stack, self._aws, self._pool, clock, redriven=self._forget_history
        )
        self._histories = Histories(self._aws, RequestHistory)
        self._children = Histories(self._aws, ChildHistory)
        self._map_runs = MapRuns(self._aws)
        self._account = Account(stack, self._aws, clock)
        self._definitions: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
        self._read: OrderedDict[str, tuple[float, Request]] = OrderedDict()
        self._lock = threading.Lock()
        self._locks = tuple(threading.RLock() for _ in range(LOCKS))

    def list(
        self,
        status: str | None = None,
        text: str | None = None,
        page: str | None = None,
        limit: int = 50,
    ) -> RequestList:
        """Return one page of requests, the newest first.

        Args:
            status: of the executions, such as RUNNING; all if None.
            text: what the name, the correlation id, the description or the summary contains,
                whatever the case.
            page: `next` of the page before.
            limit: at most so many requests.

        Raises:
            AwsUnavailable: nothing could be read.
        """
        complete = self._executions.refresh()
        found: list[RequestSummary] = []
        after = page
        while True:
            candidates = [
                each
                for each in self._executions.listed()
                if (after is None or _place(each) < after) and status in (None, each.status)
            ]
            summaries, all_read = self._read_summaries(candidates, text, limit + 1 - len(found))
            complete = complete and all_read
            found += summaries
            if len(found) > limit or self._executions.knows_all:
                break
            if candidates:
                after = _place(candidates[-1])
            try:
                if not self._executions.read_older():
                    break
            except QuotaSpent:
                complete = False
                break
        shown = found[:limit]
        more = len(found) > limit or not self._executions.knows_all
        return RequestList(
            requests=tuple(shown),
            next=_place_of(shown[-1]) if more and shown else None,
            complete=complete,
        )

    def request(self, reference: str) -> Request:
        """Return everything about one request.

        Args:
            reference: a correlation id, an execution ARN, or an execution's name.

        Raises:
            RequestNotFound: there is none.
            AmbiguousReference: several have this correlation id.
            AwsUnavailable: nothing could be read.
        """
        return self._request(self._resolve(reference))

    def events(self, execution_arn: str, page: str | None = None) -> EventPage:
        """Return a page of the history of a request or of a child execution.

        Raises:
            RequestNotFound: there is no such execution.
            AwsUnavailable: nothing could be read.
        """
        token = {} if page is None else {"nextToken": page}
        try:
            response = self._aws.call(
                STEP_FUNCTIONS,
                "GetExecutionHistory",
                executionArn=self._own(execution_arn),
                maxResults=EVENTS_PER_PAGE,
                **token,
            )
        except NotThere as error:
            raise RequestNotFound(f"there is no execution {execution_arn}") from error
        return EventPage(
            events=tuple(map(event_from, response["events"])), next=response.get("nextToken")
        )

    def slots(self) -> Slots:
        """Return what holds the account's export slots; read at most every five seconds.

        Raises:
            AwsUnavailable: it could not be read.
        """
        return self._account.slots.get()

    def rates(self) -> tuple[Rate, ...]:
        """Return the rate limits that all executions share; read at most every second.

        Raises:
            AwsUnavailable: they could not be read.
        """
        return self._account.rates.get()

    def why(self, reference: str) -> Explanation:
        """Return why a request failed, or what it waits for.

        Raises:
            RequestNotFound, AmbiguousReference, AwsUnavailable: as of `request`.
        """
        request = self.request(reference)
        history = self._histories.known(request.summary.execution_arn)
        clean_up = None
        if request.clean_up is not None:
            clean_up = self._histories.known(request.clean_up.execution_arn)
        return explain(
            request,
            visits=history.visits if history is not None else Visits(),
            was_published=clean_up is not None and clean_up.published_at is not None,
            notice_topic_arn=self._stack.notice_topic_arn,
        )

    def usage(self) -> Mapping[str, int]:
        """Return how many calls were made, by operation."""
        return self._aws.usage()

    def _request(self, execution_arn: str) -> Request:
        with self._locks[hash(execution_arn) % LOCKS]:
            with self._lock:
                read = self._read.get(execution_arn)
            if read is not None and (self._clock() - read[0] < FRESH_SECONDS or _is_final(read[1])):
                return read[1]
            request = self._read_request(execution_arn)
            with self._lock:
                self._read[execution_arn] = self._clock(), request
                self._read.move_to_end(execution_arn)
                while len(self._read) > MAX_REQUESTS:
                    self._read.popitem(last=False)
            return request

    def _read_request(self, execution_arn: str) -> Request:
        history, is_current = self._history(execution_arn)
        incomplete: list[str] = []
        if not is_current:
            incomplete.append("the latest events: read again in a moment, within the quota")
        children, missing = self._read_children(history)
        if missing:
            incomplete.append(f"{missing} child executions: read again in a moment")
        clean_up, clean_up_history = self._clean_up(history)
        return request_from(
            Read(
                history=history,
                children=children,
                definition=self._definition(execution_arn, incomplete),
                clean_up=clean_up,
                clean_up_history=clean_up_history,
                incomplete=tuple(incomplete),
                now=self._aws.now(),
                mutations_per_second=self._mutations_per_second(),
            ),
            account=self._stack.account,
            region=self._stack.region,
        )

    def _history(self, execution_arn: str) -> tuple[RequestHistory, bool]:
        """Return the history of a request, which may have just started."""
        pause = PAUSE_SECONDS
        for _ in range(TRIES - 1):
            with suppress(NotThere):
                return self._histories.read(execution_arn)
            time.sleep(pause)
            pause *= 2
        try:
            return self._histories.read(execution_arn)
        except NotThere as error:
            raise RequestNotFound(f"there is no execution {execution_arn}") from error

    def _read_children(self, history: RequestHistory) -> tuple[Sequence[ChildHistory], int]:
        """Return the children of all Map Runs, and how many of them could not be read now."""
        arns, missing = self._map_runs.children(history)
        due: Sequence[str] = [arn for arn in arns if self._is_due(arn, history)]
        if self._limits.share_left("GetExecutionHistory") < WAITING_SHARE:
            due = self._sparingly(due)

        def read(arn: str) -> bool:
            try:
                return self._children.read(arn)[1]
            except (QuotaSpent, NotThere):
                return False

        missing += sum(not is_current for is_current in self._pool.map(read, due))
        known = (self._children.known(arn) for arn in arns)
        return [child for child in known if child is not None], missing

    def _is_due(self, child_arn: str, history: RequestHistory) -> bool:
        """Whether there may be something new about a child."""
        child = self._children.known(child_arn)
        if child is None:
            return True
        if child.visits.status != RUNNING:
            return False
        if history.visits.status != RUNNING or child.may_be_woken():
            return True
        until = child.next_pass_at()
        return until is None or self._aws.now() >= int(until)

    def _sparingly(self, due: Sequence[str]) -> Sequence[str]:
        """Return those of the children that are read next, if not all can be each time."""
        never = [arn for arn in due if self._children.known(arn) is None]
        waiting = [arn for arn in due if arn not in set(never)]
        waiting.sort(key=self._children.read_at)
        return [*never, *waiting[:MAX_SPARINGLY]]

    def _definition(
        self, execution_arn: str, incomplete: MutableSequence[str]
    ) -> Mapping[str, Any] | None:
        with self._lock:
            if execution_arn in self._definitions:
                return self._definitions[execution_arn]
        try:
            response = self._aws.call(
                STEP_FUNCTIONS, "DescribeStateMachineForExecution", executionArn=execution_arn
            )
        except AwsUnavailable as error:
            incomplete.append(f"the state machine: {error}")
            return None
        definition: Mapping[str, Any] = json.loads(response["definition"])
        with self._lock:
            for known in self._definitions.values():
                if known == definition:
                    definition = known
                    break
            self._definitions[execution_arn] = definition
            while len(self._definitions) > MAX_REQUESTS:
                self._definitions.popitem(last=False)
        return definition

    def _clean_up(
        self, history: RequestHistory
    ) -> tuple[RequestSummary | None, RequestHistory | None]:
        """Return the execution that cleans up after one that could not end by itself."""
        visits = history.visits
        if visits.status in (RUNNING, "SUCCEEDED") or visits.ended_at is None:
            return None, None
        if visits.error in (REQUEST_FAILED, REQUEST_REJECTED):
            return None, None
        summary = self._executions.clean_up_of(history.execution_arn, visits.ended_at)
        if summary is None:
            return None, None
        try:
            return summary, self._histories.read(summary.execution_arn)[0]
        except (QuotaSpent, NotThere):
            return summary, self._histories.known(summary.execution_arn)

    def _mutations_per_second(self) -> float | None:
        try:
            settings = self._account.settings.get()
        except AwsUnavailable:
            return None
        return None if settings is None else settings.mutations.per_second

    def _read_summaries(
        self, candidates: Sequence[Listed], text: str | None, most: int
    ) -> tuple[Sequence[RequestSummary], bool]:
        """Return the first that contain a text, and whether all that could have been read."""
        if text is None:
            return self._executions.summaries(candidates[:most])
        summaries, complete = self._executions.summaries(candidates)
        wanted = text.casefold()
        return [each for each in summaries if _contains(each, wanted)][:most], complete

    def _resolve(self, reference: str) -> str:
        """Return the ARN of the execution that a reference is about."""
        if reference.startswith("arn:"):
            if self._own(reference).startswith(f"{self._machine()}/"):
                raise RequestNotFound(f"{reference} is a child execution of a request")
            return reference
        by_name = self._stack.execution_arn(reference)
        if self._histories.known(by_name) is not None:
            return by_name
        found, complete = self._with_correlation_id(reference)
        if len(found) > 1:
            arns = [each.execution_arn for each in found]
            listed = ", ".join(f"{each.name} ({each.started_at})" for each in found[:10])
            raise AmbiguousReference(
                f"{len(found)} requests have the correlation id {reference}: {listed};"
                " give the name of one",
                arns,
            )
        if found:
            return found[0].execution_arn
        if self._executions.knows(by_name) or (
            NAME.fullmatch(reference) is not None and self._executions.describe(by_name) is not None
        ):
            return by_name
        rest = "" if complete else "; not all older requests have been read yet: try again"
        raise RequestNotFound(f"no request has the correlation id or the name {reference}{rest}")

    def _with_correlation_id(self, reference: str) -> tuple[Sequence[RequestSummary], bool]:
        """Return the requests with a correlation id, and whether all requests were read."""
        complete = self._executions.refresh()
        self._executions.read_many()
        complete = complete and self._executions.knows_all
        summaries, all_read = self._executions.summaries(self._executions.listed())
        found = [
            each
            for each in summaries
            if each.correlation_id == reference and each.read and each.cleans_up is None
        ]
        return found, complete and all_read

    def _own(self, execution_arn: str) -> str:
        """Return the ARN of an execution of this stack's state machine, or of one of its children.

        Raises:
            RequestNotFound: it is something else.
        """
        machine = self._machine()
        if not execution_arn.startswith((f"{machine}:", f"{machine}/")):
            raise RequestNotFound(
                f"{execution_arn} is not an execution of stack {self._stack.name}"
            )
        return execution_arn

    def _machine(self) -> str:
        """Return what the ARNs of all executions begin with."""
        return self._stack.execution_arn("").removesuffix(":")

    def _forget_history(self, execution_arn: str) -> None:
        self._histories.forget(execution_arn)
        with self._lock:
            self._read.pop(execution_arn, None)


def _contains(summary: RequestSummary, wanted: str) -> bool:
    texts = (summary.name, summary.correlation_id, summary.description, summary.summary)
    return any(wanted in text.casefold() for text in texts if text is not None)


def _place(listed: Listed) -> str:
    """Return the place in the list, as the token of the page after it."""
    return f"{listed.started_at} {listed.arn}"


def _place_of(summary: RequestSummary) -> str:
    return f"{summary.started_at} {summary.execution_arn}"


def _is_final(request: Request) -> bool:
    """Return whether nothing about a request changes any more."""
    summary = request.summary
    if summary.status == RUNNING or request.incomplete:
        return False
    if summary.status == "SUCCEEDED" or summary.reason in (REQUEST_FAILED, REQUEST_REJECTED):
        return True
    return request.clean_up is not None and request.clean_up.status == "SUCCEEDED"
