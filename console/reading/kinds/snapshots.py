"""How the passes of a snapshot are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from console.reading.kinds.reader import (
    KindReader,
    a_pass_runs,
    next_poll,
    that_of_the_work,
    throttled,
)
from console.reading.observed import Happened, InWords
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.work import SnapshotWork


def _call(work: SnapshotWork) -> str:
    verb = "Delete" if work.target is SnapshotTarget.DELETED else "Create"
    return f"{verb}DB{'Cluster' if work.database.is_cluster else ''}Snapshot"


def _happened(before: SnapshotWork, after: SnapshotWork, _key: str) -> Iterator[Happened]:
    was, now = before.progress, after.progress
    call = _call(after)
    if now.busy_since is not None:
        if was.busy_since is None:
            yield Happened("error", f"{call} refused: the database is not available")
    elif now.called and (now.calls > was.calls or not was.called):
        yield Happened("mutation", f"{call}: {after.snapshot_id}")
    if _throttles(before, after, _key):
        yield Happened("throttle", f"{call} throttled")


def _throttles(before: SnapshotWork, after: SnapshotWork, _key: str) -> int:
    return max(0, after.progress.throttles - before.progress.throttles)


def _waits(_before: SnapshotWork, after: SnapshotWork, _key: str) -> InWords:
    now, percent = after.progress, after.details.percent_progress
    if now.throttles:
        return throttled
    if (busy_since := now.busy_since) is not None:
        return lambda facts: (
            f"waits until {after.database.id} is available since {facts.at(busy_since)};"
            f" tries again at {facts.until}"
        )
    if after.target is SnapshotTarget.DELETED and now.called:
        return lambda facts: f"deletion accepted; next poll at {facts.until}"
    if percent is not None:
        return lambda facts: f"next poll at {facts.until}, {percent} %"
    return next_poll


SNAPSHOT: Final = KindReader(_happened, _waits, _throttles, that_of_the_work, a_pass_runs)
