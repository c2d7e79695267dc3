"""The reading of one stack: requests and what they wait for, within the quotas of the APIs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import boto3

from console.reading.model import (
    EventPage,
    Explanation,
    Rate,
    Request,
    RequestList,
    Slots,
)
from console.stack import Stack


class Reading:
    """What is known about one stack. Safe to use from several threads; keep one per process."""

    def __init__(
        self, stack: Stack, session: boto3.Session, clock: Callable[[], float] = time.time
    ) -> None:
        self._stack = stack
        self._session = session
        self._clock = clock

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
        raise NotImplementedError

    def request(self, reference: str) -> Request:
        """Return everything about one request.

        Args:
            reference: a correlation id, an execution ARN, or an execution's name.

        Raises:
            RequestNotFound: there is none.
            AmbiguousReference: several have this correlation id.
            AwsUnavailable: nothing could be read.
        """
        raise NotImplementedError

    def events(self, execution_arn: str, page: str | None = None) -> EventPage:
        """Return a page of the history of a request or of a child execution.

        Raises:
            RequestNotFound: there is no such execution.
            AwsUnavailable: nothing could be read.
        """
        raise NotImplementedError

    def slots(self) -> Slots:
        """Return what holds the account's export slots; read at most every five seconds.

        Raises:
            AwsUnavailable: it could not be read.
        """
        raise NotImplementedError

    def rates(self) -> tuple[Rate, ...]:
        """Return the rate limits that all executions share; read at most every second.

        Raises:
            AwsUnavailable: they could not be read.
        """
        raise NotImplementedError

    def why(self, reference: str) -> Explanation:
        """Return why a request failed, or what it waits for.

        Raises:
            RequestNotFound, AmbiguousReference, AwsUnavailable: as of `request`.
        """
        raise NotImplementedError

    def usage(self) -> Mapping[str, int]:
        """Return how many calls were made, by operation."""
        raise NotImplementedError
