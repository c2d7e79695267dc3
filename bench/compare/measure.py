"""Judges a run by the simulators' ledger, in the same way for every candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from bench.compare.cases import Case, Fault, Kind
from localcloud.simulators.errors import THROTTLES
from localcloud.simulators.ledger import Call, Change

Timeline = Sequence[Call | Change]

RUNNING: Final = "Running"
PAUSED: Final = "Paused"
STOPPED: Final = "Stopped"
COMPLETE: Final = "COMPLETE"
UNFINISHED: Final = frozenset({"STARTING", "IN_PROGRESS"})
ENDED: Final = frozenset({"COMPLETE", "FAILED", "CANCELED"})
DELETED: Final = frozenset({"deleting", "Deleted"})
READS: Final = ("Describe", "Get", "List")


class Said(StrEnum):
    """How a run ended, by its own words."""

    DONE = "done"
    FAILED = "failed"
    ABORTED = "aborted"


class End(StrEnum):
    """How it ended in truth; each run has one end."""

    RIGHT = "right"
    NEEDLESS = "failed, though it could have been done"
    LEFT = "failed or aborted, and left something behind"
    UNTRUE = "said done, but it is not"
    RESUMED = "resumed a campaign that had not run"


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        ended_at_s: when it ended, in seconds since its start.
        timeline: all calls and changes until then.
        process_s: for how long a process of the candidate's own had to run.
    """

    case: Case
    said: Said
    ended_at_s: float
    timeline: Timeline
    transitions: int = 0
    invocations: int = 0
    log_bytes: int = 0
    process_s: float = 0.0


class Result(NamedTuple):
    """What came of a run.

    Attributes:
        fault: of the case, None if there was none.
        paused: how many campaigns were left paused.
        running: how many exports were left running.
        snapshots: how many snapshots were left.
        noticed_after_s: see `noticed_after`.
    """

    case: str
    kind: Kind
    fault: Fault | None
    said: Said
    end: End
    paused: int
    running: int
    snapshots: int
    doubled: int
    calls: int
    throttled: int
    illegal: int
    transitions: int
    invocations: int
    log_bytes: int
    process_s: float
    noticed_after_s: float | None


def result(run: Run) -> Result:
    """Return what came of a run."""
    made = [entry for entry in run.timeline if isinstance(entry, Call)]
    return Result(
        case=run.case.name,
        kind=run.case.job.kind,
        fault=run.case.fault,
        said=run.said,
        end=end(run),
        paused=len(left_paused(run)),
        running=len(left_running(run)),
        snapshots=len(left_snapshots(run)),
        doubled=doubled(run),
        calls=len(made),
        throttled=sum(call.answer in THROTTLES for call in made),
        illegal=sum(call.illegal for call in made),
        transitions=run.transitions,
        invocations=run.invocations,
        log_bytes=run.log_bytes,
        process_s=run.process_s,
        noticed_after_s=noticed_after(run),
    )


def end(run: Run) -> End:
    """Return how a run ended; the worst that is true of it."""
    if any(_resumed_wrongly(run)):
        return End.RESUMED
    is_done = _is_done(run)
    if run.said is Said.DONE:
        return End.RIGHT if is_done else End.UNTRUE
    if left_paused(run) or left_running(run) or left_snapshots(run):
        return End.LEFT
    if run.said is Said.ABORTED or run.case.may_fail:
        return End.RIGHT
    return End.NEEDLESS


def left_paused(run: Run) -> list[str]:
    """Return the campaigns that ran before, and are still paused."""
    if run.case.job.kind is not Kind.WINDOW:
        return []
    return [
        campaign_id
        for campaign_id in _own_campaigns(run)
        if _first(run, campaign_id) == RUNNING and _last(run, campaign_id) == PAUSED
    ]


def left_running(run: Run) -> list[str]:
    """Return the sources whose export the run has started, and that nobody waits for any more."""
    return [source for source in _started(run) if _status(run, source) in UNFINISHED]


def left_snapshots(run: Run) -> list[str]:
    """Return the snapshots that were created for the export, and that exist."""
    return [arn for arn in _created(run) if _last(run, arn) not in DELETED]


def doubled(run: Run) -> int:
    """Count the exports and snapshots that were started again although nothing had failed."""
    exports = Counter(call.resources[1] for call in _effects(run, "StartExportTask"))
    again = sum(
        max(0, starts - 1 - len({"FAILED", "CANCELED"} & set(_statuses(run, source))))
        for source, starts in exports.items()
    )
    return again + max(0, len(_created(run)) - 1)


def noticed_after(run: Run) -> float | None:
    """Return the seconds from the end of the last export to the run's next step, or its end.

    A read is no step: who reads that an export has failed, and goes on waiting, has not noticed.
    None if no export of the run has ended.
    """
    started = set(_started(run))
    ends = [
        (entry.at_s, place)
        for place, entry in enumerate(run.timeline)
        if isinstance(entry, Change) and entry.resource in started and entry.state in ENDED
    ]
    if not ends or left_running(run):
        return None
    ended_at_s, place = ends[-1]
    steps = [
        entry.at_s
        for entry in run.timeline[place:]
        if isinstance(entry, Call) and not entry.operation.startswith(READS)
    ]
    return min([*steps, run.ended_at_s]) - ended_at_s


def _is_done(run: Run) -> bool:
    job = run.case.job
    match job.kind:
        case Kind.WINDOW:
            return _all_complete(run, job.sources) and _is_restored(run) and _was_paused(run)
        case Kind.EXPORTS:
            return _all_complete(run, job.sources)
        case Kind.STOP:
            return all(_last(run, campaign_id) == STOPPED for campaign_id in job.campaigns)
        case Kind.FRESH:
            created = _created(run)
            exported = any(_status(run, arn) == COMPLETE for arn in created)
            return exported and not left_snapshots(run)


def _all_complete(run: Run, sources: Sequence[str]) -> bool:
    return all(_status(run, source) == COMPLETE for source in sources)


def _is_restored(run: Run) -> bool:
    return all(
        _first(run, campaign_id) == _last(run, campaign_id) for campaign_id in _own_campaigns(run)
    )


def _was_paused(run: Run) -> bool:
    """Return whether no campaign ran when the export was started."""
    states: dict[str, str] = {}
    for entry in run.timeline:
        if isinstance(entry, Change):
            states[entry.resource] = entry.state
        elif entry.operation == "StartExportTask" and entry.took_effect:
            return all(states[campaign_id] != RUNNING for campaign_id in _own_campaigns(run))
    return True


def _resumed_wrongly(run: Run) -> Iterator[str]:
    for operation in ("ResumeCampaign", "StartCampaign"):
        for call in _effects(run, operation):
            if _first(run, call.resources[0]) != RUNNING:
                yield call.resources[0]


def _own_campaigns(run: Run) -> list[str]:
    """Return the job's campaigns, except those that another caller changes."""
    return [each for each in run.case.job.campaigns if each not in run.case.disturbed]


def _effects(run: Run, operation: str) -> list[Call]:
    return [
        entry
        for entry in run.timeline
        if isinstance(entry, Call) and entry.operation == operation and entry.took_effect
    ]


def _started(run: Run) -> list[str]:
    return sorted({call.resources[1] for call in _effects(run, "StartExportTask")})


def _created(run: Run) -> list[str]:
    """Return the ARNs of the created snapshots; such a call names the database first."""
    return sorted({call.resources[1] for call in _effects(run, "CreateDBSnapshot")})


def _states(run: Run, resource: str) -> list[str]:
    """Return the states of a campaign or a snapshot; those of exports are in capitals."""
    return [state for state in _changes(run, resource) if not state.isupper()]


def _statuses(run: Run, source: str) -> list[str]:
    return [state for state in _changes(run, source) if state.isupper()]


def _changes(run: Run, resource: str) -> list[str]:
    return [
        entry.state
        for entry in run.timeline
        if isinstance(entry, Change) and entry.resource == resource
    ]


def _first(run: Run, resource: str) -> str | None:
    return next(iter(_states(run, resource)), None)


def _last(run: Run, resource: str) -> str | None:
    return next(reversed(_states(run, resource)), None)


def _status(run: Run, source: str) -> str | None:
    return next(reversed(_statuses(run, source)), None)
