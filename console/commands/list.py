"""`list`: the requests that run and have run."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from commandline.parser import SUCCEEDED
from console.commands import connection
from console.output import Output
from console.reading import Reading, RequestList, RequestSummary
from console.views import list_view

SECONDS_BETWEEN_READS: Final = 1.0
MAX_READS_OF_A_PAGE: Final = 10
"""A page is read again until all its requests have been read; the quotas may need a few seconds."""


def run(options: argparse.Namespace, output: Output) -> int:
    """Print a list."""
    reading = connection.connect(options).reading
    since = None if options.since is None else time.time() - options.since
    found = _found(reading, options, since, time.sleep)
    output.result(found.as_json(), lambda width: list_view(found.requests, width))
    if not found.complete:
        output.progress("Not all of them have been read: repeat the command to see more")
    if found.next is not None and len(found.requests) == options.limit:
        output.progress(f"There may be more: --limit {2 * options.limit}")
    return SUCCEEDED


def _found(
    reading: Reading,
    options: argparse.Namespace,
    since: float | None,
    sleep: Callable[[float], None],
) -> RequestList:
    """Return at most as many requests as wanted, of as many pages as that takes."""
    requests: list[RequestSummary] = []
    is_complete, page = True, None
    while True:
        wanted = options.limit - len(requests)
        answer = _page(reading, options, page, wanted, sleep)
        young = [each for each in answer.requests if since is None or _epoch(each) >= since]
        requests += young
        is_complete &= answer.complete
        page = answer.next if len(young) == len(answer.requests) else None
        if page is None or len(requests) >= options.limit:
            return RequestList(
                requests=tuple(requests[: options.limit]), next=page, complete=is_complete
            )


def _page(
    reading: Reading,
    options: argparse.Namespace,
    page: str | None,
    limit: int,
    sleep: Callable[[float], None],
) -> RequestList:
    for _ in range(MAX_READS_OF_A_PAGE):
        answer = reading.list(status=options.status, text=options.text, page=page, limit=limit)
        if answer.complete:
            break
        sleep(SECONDS_BETWEEN_READS)
    return answer


def _epoch(summary: RequestSummary) -> float:
    return datetime.fromisoformat(summary.started_at).astimezone(UTC).timestamp()
