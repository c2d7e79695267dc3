"""What happened to a resource in a pass, and why it waits after it, for each kind.

Both are read from the progress before and after the pass: what a pass returns is what the next one
begins with, so it holds whatever matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from console.reading.observed import Happened, InWords, WaitFacts
from console.reading.texts import duration
from lambdas.campaigns import transitions
from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports.decisions import ExportStatus
from lambdas.exports.slots import DOCUMENTED_SLOTS
from lambdas.exports.work import ExportProgress, ExportWork
from lambdas.jobs.registry import UnknownKindError, kind_named
from lambdas.jobs.work import Work
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.work import SnapshotWork


class KindReader(NamedTuple):
    """How the passes of a kind are read.

    Attributes:
        happened: what a pass did about a resource, from the work before and after it.
        waits: why the resource waits after a pass, likewise; None if there is nothing to say.
        throttles: how many calls about the resource were throttled in the pass.
        phase: of a resource that differs from that of its work, None if it does not.
        passes: what a resource waits for while a pass runs.
    """

    happened: Callable[[Any, Any, str], Iterator[Happened]]
    waits: Callable[[Any, Any, str], InWords]
    throttles: Callable[[Any, Any, str], int]
    phase: Callable[[Any, str], str | None]
    passes: InWords


def next_poll(facts: WaitFacts) -> str:
    """Say when the next poll is."""
    return f"next poll at {facts.until}"


def _throttled(facts: WaitFacts) -> str:
    return f"throttled; tries again at {facts.until}"


# Campaigns


def operation(work: CampaignWork, progress: CampaignProgress) -> str | None:
    """Return the mutation that a campaign's state and target ask for, None if none."""
    if progress.state is None:
        return None
    if work.target is CampaignTarget.RESTORED:
        decision = transitions.restore(progress.state, progress.move)
    else:
        decision = transitions.decide(progress.state, work.target)
    return decision.mutation.value if isinstance(decision, transitions.Act) else None


def _campaign_happened(before: CampaignWork, after: CampaignWork, key: str) -> Iterator[Happened]:
    was, now = before.open[key], after.open[key]
    call = operation(after, now)
    if now.attempts > was.attempts:
        what = call or "a mutation"
        if now.refusal is None:
            yield Happened("mutation", f"{what} accepted")
        else:
            yield Happened("error", f"{what} refused: {now.refusal}")
    elif _campaign_throttles(before, after, key):
        yield Happened("throttle", f"{call} throttled")
    if now.unexplained_polls > was.unexplained_polls:
        yield Happened("error", "AWS returned no state that is documented")


def _campaign_throttles(before: CampaignWork, after: CampaignWork, key: str) -> int:
    throttled = after.throttled_passes > before.throttled_passes
    return int(throttled and operation(after, after.open[key]) is not None)


def _campaign_waits(before: CampaignWork, after: CampaignWork, key: str) -> InWords:
    was, now = before.open[key], after.open[key]
    call = operation(after, now)
    if now.polls == was.polls:
        return lambda facts: f"waits for its turn in the rate of reads; next pass at {facts.until}"
    if _campaign_throttles(before, after, key):
        return _throttled
    if now.unexplained_polls:
        polls = now.unexplained_polls
        return lambda facts: f"no known state in {polls} polls; next poll at {facts.until}"
    if (accepted_at := now.delete_accepted_at) is not None:
        return lambda facts: (
            f"deletion accepted at {facts.at(accepted_at)}; next poll at {facts.until}"
        )
    if now.attempts > was.attempts:
        what = call or "a mutation"
        if now.refusal is None:
            return lambda facts: f"{what} accepted; next poll at {facts.until}"
        return lambda facts: f"{what} refused as {now.refusal}; tries again at {facts.until}"
    if call is not None and now.restored_at is None:
        return lambda facts: (
            f"waits for its turn in the rate of {_rate(facts)}; next pass at {facts.until}"
        )
    if after.target is CampaignTarget.FINISHED:
        return lambda facts: f"is watched until it ends; next poll at {facts.until}"
    return next_poll


def _rate(facts: WaitFacts) -> str:
    rate = facts.mutations_per_second
    return "campaign mutations" if rate is None else f"{rate:g} per second"


def _campaign_passes(facts: WaitFacts) -> str:
    return f"a pass runs, in the rate of {_rate(facts)}"


def _campaign_phase(work: CampaignWork, key: str) -> str:
    progress = work.open[key]
    deleting = progress.delete_accepted_at is not None
    return "DELETING" if deleting else "IN_PROGRESS"


# Exports


def _export_happened(before: ExportWork, after: ExportWork, _key: str) -> Iterator[Happened]:
    was, now = before.progress, after.progress
    if after.job.source_arn is not None and before.job.source_arn is None:
        yield Happened("poll", f"chose {after.job.source_arn}")
    for arn in now.passed_over[len(was.passed_over) :]:
        yield Happened("error", f"{arn} does not exist any more; another one is chosen")
    for attempt in now.failed[len(was.failed) :]:
        cause = attempt.failure_cause or "RDS returned no cause"
        yield Happened("error", f"{attempt.export_task_identifier} {attempt.status}: {cause}")
    if now.requested_task_id is not None and now.requested_task_id != was.requested_task_id:
        yield Happened("mutation", f"StartExportTask: {now.requested_task_id}")
    elif now.task_id is not None and was.task_id is None and _is_adopted(now):
        yield Happened(
            "handover", f"continues with export {now.task_id}, which another one started"
        )
    if now.cancel_requested and not was.cancel_requested:
        yield Happened("mutation", f"CancelExportTask: {now.task_id}")
    if now.slot is not None and was.slot is None:
        yield Happened("error", "StartExportTask refused: no slot is free")
    elif now.queued_since is not None and was.queued_since is None and now.slot is None:
        yield Happened("error", "not started: the source is busy")
    if now.throttles > was.throttles:
        yield Happened("throttle", "the call was throttled")
    if now.refusals > was.refusals:
        yield Happened("error", "the call had no effect, as far as is known")
    if now.pointer_failures > was.pointer_failures:
        yield Happened("error", "the pointer to the export was not replaced")


def _is_adopted(progress: ExportProgress) -> bool:
    return progress.details is not None and progress.details.adopted


def _export_throttles(before: ExportWork, after: ExportWork, _key: str) -> int:
    return max(0, after.progress.throttles - before.progress.throttles)


def _export_waits(_before: ExportWork, after: ExportWork, _key: str) -> InWords:
    now = after.progress
    if now.throttles:
        return _throttled
    if now.pointer_failures:
        return lambda facts: f"the pointer was not replaced; tries again at {facts.until}"
    if now.refusals:
        return lambda facts: f"no answer to {now.refusals} calls; tries again at {facts.until}"
    if after.job.source_arn is None:
        return _waits_for_snapshot(after)
    if (since := now.queued_since) is not None:
        if (slot := now.slot) is None:
            return lambda facts: (
                f"waits until its source is free since {facts.at(since)};"
                f" next poll at {facts.until}"
            )
        return lambda facts: f"waits for a slot since {facts.at(since)}, {_in_use(slot.taken)}"
    if now.task_id is None and now.requested_task_id is None:
        return lambda facts: f"the snapshot is chosen; starts at {facts.until}"
    return _waits_for_end(now)


def _in_use(taken: int) -> str:
    """Say how many slots were in use when RDS refused a start; other Regions may have some."""
    if taken < DOCUMENTED_SLOTS:
        return f"{taken} of {DOCUMENTED_SLOTS} in use in this Region, and RDS starts no more"
    return f"{taken} of {taken} in use"


def _waits_for_snapshot(work: ExportWork) -> InWords:
    query = work.job.source
    name = query.name if query is not None else work.job_label
    age = query.max_age_seconds if query is not None else None
    what = f"a snapshot of {name}" + (f" younger than {duration(age)}" if age else "")
    deadline = (work.polling.started_at or 0.0) + work.deadline_seconds
    return lambda facts: f"waits for {what} until {facts.at(deadline)}; next poll at {facts.until}"


def _waits_for_end(progress: ExportProgress) -> InWords:
    percent = progress.details.percent_progress if progress.details is not None else None
    match progress.state:
        case ExportStatus.STARTING:
            return lambda facts: f"RDS prepares the export; next poll at {facts.until}"
        case ExportStatus.CANCELING:
            return lambda facts: f"cancel accepted; next poll at {facts.until}"
        case ExportStatus.IN_PROGRESS if percent is not None:
            return lambda facts: f"next poll at {facts.until}, {percent} %"
        case _:
            return next_poll


# Snapshots


def _snapshot_call(work: SnapshotWork) -> str:
    verb = "Delete" if work.target is SnapshotTarget.DELETED else "Create"
    return f"{verb}DB{'Cluster' if work.database.is_cluster else ''}Snapshot"


def _snapshot_happened(before: SnapshotWork, after: SnapshotWork, _key: str) -> Iterator[Happened]:
    was, now = before.progress, after.progress
    call = _snapshot_call(after)
    if now.busy_since is not None:
        if was.busy_since is None:
            yield Happened("error", f"{call} refused: the database is not available")
    elif now.called and (now.calls > was.calls or not was.called):
        yield Happened("mutation", f"{call}: {after.snapshot_id}")
    if _snapshot_throttles(before, after, _key):
        yield Happened("throttle", f"{call} throttled")


def _snapshot_throttles(before: SnapshotWork, after: SnapshotWork, _key: str) -> int:
    return max(0, after.progress.throttles - before.progress.throttles)


def _snapshot_waits(_before: SnapshotWork, after: SnapshotWork, _key: str) -> InWords:
    now, percent = after.progress, after.details.percent_progress
    if now.throttles:
        return _throttled
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


def _passes(_facts: WaitFacts) -> str:
    return "a pass runs"


def _of_work(_work: Work, _key: str) -> None:
    """Return that a resource is in the phase of its work."""


def _nothing(_before: Work, _after: Work, _key: str) -> Iterator[Happened]:
    return iter(())


_OTHER: Final = KindReader(
    happened=_nothing,
    waits=lambda _before, _after, _key: next_poll,
    throttles=lambda _before, _after, _key: 0,
    phase=_of_work,
    passes=_passes,
)

_READERS: Final[Mapping[str, KindReader]] = MappingProxyType(
    {
        "campaigns": KindReader(
            _campaign_happened,
            _campaign_waits,
            _campaign_throttles,
            _campaign_phase,
            _campaign_passes,
        ),
        "export": KindReader(_export_happened, _export_waits, _export_throttles, _of_work, _passes),
        "snapshot": KindReader(
            _snapshot_happened, _snapshot_waits, _snapshot_throttles, _of_work, _passes
        ),
    }
)


def comment_on(kind: str, state_name: str) -> str | None:
    """Return what a state of a kind's loop waits for, None if it does not wait."""
    try:
        loop = kind_named(kind).loop
    except UnknownKindError:
        return None
    waits = (*loop.waits.values(), loop.otherwise)
    return next((wait.comment for wait in waits if wait.name == state_name), None)


def reader_of(kind: str) -> KindReader:
    """Return how the passes of a kind are read; of a kind without a reader, its states only."""
    return _READERS.get(kind, _OTHER)
