"""The cases: a job, the world in which it is done, and what goes wrong there.

A case is drawn from its number. Without its fault, the world is the same one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from localcloud.world import World

Json = dict[str, Any]

HOME: Final = "arn:aws:rds:us-east-1:123456789012"
SLOTS: Final = 5
ROUNDS: Final = 2
"""How many cases there are of each job with each fault."""


class Kind(StrEnum):
    """What is to be done."""

    WINDOW = "pause campaigns, export a snapshot, resume them"
    EXPORTS = "export several snapshots"
    STOP = "stop campaigns"
    FRESH = "create a snapshot, export it, delete it"


class Fault(StrEnum):
    """What goes wrong."""

    THROTTLES = "throttled calls"
    ERRORS = "errors of the services"
    LOST = "a lost response"
    RIVAL = "another caller interferes"
    FAILED = "an export fails"
    SLOTS = "no export slot is free"
    EVENTS = "no RDS event arrives"
    ABORT = "an abort on the way"


@dataclass(frozen=True)
class Job:
    """What is to be done, in no candidate's words.

    Attributes:
        campaigns: to be stopped, or not to run while the export is started; those that ran before
            run again in the end.
        sources: the ARNs of the snapshots to export.
        database: the DB instance of which a snapshot is to be created, exported and deleted.
    """

    kind: Kind
    campaigns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    database: str | None = None


@dataclass(frozen=True)
class Case:
    """A job in a world.

    Attributes:
        fault: None if nothing goes wrong.
    """

    number: int
    job: Job
    world: World
    fault: Fault | None = None

    @property
    def name(self) -> str:
        """Its name, unique among all cases; no part of it may be too long for an identifier."""
        fault = self.fault.name.lower() if self.fault else "plain"
        return f"{self.job.kind.name.lower()}-{fault}-{self.number}"

    @property
    def abort_at_s(self) -> float | None:
        """When the job is aborted, in seconds since its start."""
        aborts = (act.at_s for act in self.world.actions if act.operation == "AbortExecution")
        return next(aborts, None)

    @property
    def disturbed(self) -> frozenset[str]:
        """The campaigns that another caller changes: their end is not the candidate's."""
        return frozenset(act.campaign_id for act in self.world.actions if act.campaign_id)

    @property
    def may_fail(self) -> bool:
        """Whether a failure is a true answer: an export failed, or another caller interfered.

        A campaign that was to be stopped, and that another caller has stopped, is stopped.
        """
        has_rival = self.fault is Fault.RIVAL and self.job.kind is not Kind.STOP
        return has_rival or self.fault is Fault.FAILED


POSSIBLE: Final = {
    Kind.WINDOW: tuple(Fault),
    Kind.EXPORTS: tuple(Fault),
    Kind.STOP: (Fault.THROTTLES, Fault.ERRORS, Fault.LOST, Fault.RIVAL, Fault.ABORT),
    Kind.FRESH: tuple(fault for fault in Fault if fault is not Fault.RIVAL),
}
"""The faults that concern a job."""


def cases(rounds: int = ROUNDS) -> Iterator[Case]:
    """Yield all cases; the first of each job and fault comes without the fault, too."""
    for kind, faults in POSSIBLE.items():
        for place, fault in enumerate(faults):
            yield case(kind, place * rounds, None)
            for number in range(place * rounds, (place + 1) * rounds):
                yield case(kind, number, fault)


def case(kind: Kind, number: int, fault: Fault | None) -> Case:
    """Return one case."""
    drawn = _DRAWN[kind](random.Random(f"compare {kind.name} {number}"))
    if fault is not None:
        draw = random.Random(f"compare {kind.name} {number} {fault.name}")
        drawn = _FAULTY[fault](draw, drawn)
    world = World.model_validate(drawn.world | {"seed": number})
    return Case(number, drawn.job, world, fault)


@dataclass(frozen=True)
class _Drawn:
    """A case on its way.

    Attributes:
        longest_s: about how long it takes.
    """

    job: Job
    world: Json
    longest_s: float

    def with_faults(self, *faults: Json) -> _Drawn:
        return replace(self, world=self.world | {"faults": list(faults)})

    def with_action(self, **action: object) -> _Drawn:
        return replace(self, world=self.world | {"actions": [action]})


def _window(draw: random.Random) -> _Drawn:
    campaigns = _campaigns(draw, draw.randint(3, 8))
    snapshot = _snapshot(draw, "shop")
    job = Job(Kind.WINDOW, campaigns=_ids(campaigns), sources=(snapshot["arn"],))
    world = {"campaigns": campaigns, "snapshots": [snapshot]}
    return _Drawn(job, world, longest_s=_seconds(snapshot))


def _exports(draw: random.Random) -> _Drawn:
    snapshots = [_snapshot(draw, f"shop-{number}") for number in range(draw.randint(2, 7))]
    job = Job(Kind.EXPORTS, sources=tuple(snapshot["arn"] for snapshot in snapshots))
    return _Drawn(job, {"snapshots": snapshots}, longest_s=max(map(_seconds, snapshots)))


def _stop(draw: random.Random) -> _Drawn:
    campaigns = _campaigns(draw, draw.randint(4, 20))
    job = Job(Kind.STOP, campaigns=_ids(campaigns))
    return _Drawn(job, {"campaigns": campaigns}, longest_s=len(campaigns))


def _fresh(draw: random.Random) -> _Drawn:
    database = _course(draw) | {"id": "shop", "snapshot_s": draw.choice((120, 300, 900))}
    longest_s = _seconds(database) + database["snapshot_s"]
    return _Drawn(Job(Kind.FRESH, database="shop"), {"databases": [database]}, longest_s)


def _campaigns(draw: random.Random, count: int) -> list[Json]:
    """Return campaigns of which most run, and some were paused or stopped by somebody."""
    states = ("Running", "Running", "Running", "Running", "Paused", "Stopped")
    return [
        {"id": f"campaign-{number}", "state": draw.choice(states) if number else "Running"}
        for number in range(count)
    ]


def _ids(campaigns: Sequence[Json]) -> tuple[str, ...]:
    return tuple(campaign["id"] for campaign in campaigns)


def _snapshot(draw: random.Random, name: str) -> Json:
    return {"arn": f"{HOME}:snapshot:{name}"} | _course(draw)


def _course(draw: random.Random) -> Json:
    """Return how an export proceeds: in ten minutes, or in two hours."""
    export_s = draw.choice((300, 900, 1_800, 3_600, 7_200)) + draw.uniform(0, 30)
    return {"starting_s": draw.choice((60, 300)), "export_s": round(export_s, 1)}


def _seconds(course: Json) -> float:
    return float(course["starting_s"] + course["export_s"])


def _throttled(_: random.Random, drawn: _Drawn) -> _Drawn:
    """Three calls of ten are throttled, beside what the quotas throttle."""
    mutations = [
        {"operation": operation, "error": "ThrottlingException", "rate": 0.3}
        for operation in ("PauseCampaign", "ResumeCampaign", "StopCampaign")
    ]
    reads = [{"operation": "DescribeExportTasks", "error": "Throttling", "rate": 0.3}]
    starts = [
        {"operation": operation, "error": "Throttling", "times": 2}
        for operation in ("StartExportTask", "CreateDBSnapshot")
    ]
    return drawn.with_faults(*mutations, *reads, *starts)


def _errors(draw: random.Random, drawn: _Drawn) -> _Drawn:
    """One operation answers with 5xx, a few times in a row."""
    times = draw.choice((2, 4, 8))
    code = {Kind.WINDOW: "InternalFailure", Kind.STOP: "InternalServerException"}
    operation = {
        Kind.WINDOW: "DescribeExportTasks",
        Kind.EXPORTS: "StartExportTask",
        Kind.STOP: "StopCampaign",
        Kind.FRESH: "DescribeExportTasks",
    }
    kind = drawn.job.kind
    error = code.get(kind, "ServiceUnavailable")
    return drawn.with_faults({"operation": operation[kind], "error": error, "times": times})


def _lost(draw: random.Random, drawn: _Drawn) -> _Drawn:
    """A call takes effect, and its response is lost."""
    operations = {
        Kind.WINDOW: ("PauseCampaign", "StartExportTask", "ResumeCampaign"),
        Kind.EXPORTS: ("StartExportTask",),
        Kind.STOP: ("StopCampaign",),
        Kind.FRESH: ("CreateDBSnapshot", "StartExportTask"),
    }
    operation = draw.choice(operations[drawn.job.kind])
    return drawn.with_faults({"operation": operation, "error": "lost_response", "times": 1})


def _rival(draw: random.Random, drawn: _Drawn) -> _Drawn:
    """Another caller stops a campaign while the export runs, or cancels an export."""
    at_s = round(draw.uniform(30, 300), 1)
    if drawn.job.kind is Kind.EXPORTS:
        source = draw.choice(drawn.job.sources)
        return drawn.with_action(at_s=at_s, operation="CancelExportTask", source_arn=source)
    at_s = 0.5 if drawn.job.kind is Kind.STOP else at_s
    last = [each["id"] for each in drawn.world["campaigns"] if each["state"] == "Running"][-1]
    return drawn.with_action(at_s=at_s, operation="StopCampaign", campaign_id=last)


def _failed(draw: random.Random, drawn: _Drawn) -> _Drawn:
    """The export fails; of several, one."""
    fails = {"outcome": "FAILED", "fails_in": draw.choice(("STARTING", "IN_PROGRESS"))}
    field = "databases" if drawn.job.kind is Kind.FRESH else "snapshots"
    courses = list(drawn.world[field])
    place = draw.randrange(len(courses))
    courses[place] = courses[place] | fails
    return replace(drawn, world=drawn.world | {field: courses})


def _slots(draw: random.Random, drawn: _Drawn) -> _Drawn:
    """Other exports take all slots, for a while."""
    busy = [
        {"arn": f"{HOME}:snapshot:other-{number}", "export_s": draw.uniform(600, 2_400)}
        for number in range(SLOTS)
    ]
    exports = [
        {"export_id": f"other-{number}", "source_arn": snapshot["arn"], "s3_prefix": "others"}
        for number, snapshot in enumerate(busy)
    ]
    snapshots = [*drawn.world.get("snapshots", ()), *busy]
    return replace(drawn, world=drawn.world | {"snapshots": snapshots, "exports": exports})


def _events(_: random.Random, drawn: _Drawn) -> _Drawn:
    """Every event of RDS is lost."""
    return drawn.with_faults({"event": "*", "drop": 1})


def _abort(draw: random.Random, drawn: _Drawn) -> _Drawn:
    """It is aborted after a fifth to four fifths of its time."""
    at_s = round(draw.uniform(0.2, 0.8) * drawn.longest_s, 1)
    return drawn.with_action(at_s=at_s, operation="AbortExecution")


_DRAWN: Final[dict[Kind, Callable[[random.Random], _Drawn]]] = {
    Kind.WINDOW: _window,
    Kind.EXPORTS: _exports,
    Kind.STOP: _stop,
    Kind.FRESH: _fresh,
}
_FAULTY: Final[dict[Fault, Callable[[random.Random, _Drawn], _Drawn]]] = {
    Fault.THROTTLES: _throttled,
    Fault.ERRORS: _errors,
    Fault.LOST: _lost,
    Fault.RIVAL: _rival,
    Fault.FAILED: _failed,
    Fault.SLOTS: _slots,
    Fault.EVENTS: _events,
    Fault.ABORT: _abort,
}
