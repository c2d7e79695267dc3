"""The child executions of a request, which a Map Run lists."""

from __future__ import annotations

import threading
from typing import Final

from console.aws import STEP_FUNCTIONS, Aws, NotThere, QuotaSpent
from console.reading.parent import RequestHistory
from console.reading.visits import RUNNING

PER_PAGE: Final = 1_000
"""Source: Step Functions API reference, ListExecutions, maxResults."""


class MapRuns:
    """The children of Map Runs, listed until all are known. Safe to use from several threads."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, None]] = {}
        self._complete: set[str] = set()

    def children(self, history: RequestHistory) -> tuple[list[str], int]:
        """Return the ARNs of a request's children, and how many more there may be.

        A Map Run starts a child for each unit of work of the plan before it. It is listed until
        there are as many; after the end of a request, what is listed is all.
        """
        sizes = [len(plan.running) for plan in history.plans if plan.running]
        found: list[str] = []
        missing = 0
        for number, map_run in enumerate(history.map_runs):
            size = sizes[number] if number < len(sizes) else 0
            is_over = number + 1 < len(history.map_runs) or history.visits.status != RUNNING
            children = self._children(map_run.arn, size, is_over=is_over)
            found += children
            missing += max(0, size - len(children)) if map_run.arn not in self._complete else 0
        return found, missing

    def _children(self, map_run_arn: str, size: int, *, is_over: bool) -> list[str]:
        with self._lock:
            known = self._known.setdefault(map_run_arn, {})
            if map_run_arn in self._complete:
                return list(known)
        try:
            listed = self._list(map_run_arn)
        except (QuotaSpent, NotThere):
            return list(known)
        with self._lock:
            known |= dict.fromkeys(listed)
            if is_over or len(known) >= size > 0:
                self._complete.add(map_run_arn)
            return list(known)

    def _list(self, map_run_arn: str) -> list[str]:
        arns: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._aws.call(
                STEP_FUNCTIONS,
                "ListExecutions",
                mapRunArn=map_run_arn,
                maxResults=PER_PAGE,
                **more,
            )
            arns += [each["executionArn"] for each in page["executions"]]
            if not page.get("nextToken"):
                return arns
            more = {"nextToken": page["nextToken"]}
