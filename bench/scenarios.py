"""The scenarios: a world, the requests made in it, and what is required of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bench.measured import Measured
from localcloud.world import World


class Requirement(NamedTuple):
    """A bound of one measure.

    Attributes:
        what: the measure, in words.
        of: the measure.
        most: the greatest value that meets it.
        least: the smallest one.
        unit: of the value; empty for a count.
    """

    what: str
    of: Callable[[Measured], float]
    most: float
    least: float = 0
    unit: str = ""

    def is_met(self, measured: Measured) -> bool:
        """Return whether a run keeps to the bounds."""
        return self.least <= self.of(measured) <= self.most


@dataclass(frozen=True, eq=False)
class Scenario:
    """One run.

    Attributes:
        name: for the table.
        world: what exists, and what goes wrong.
        requests: all start at the same moment.
        limit_s: the simulated seconds below which no orchestrator could be.
        required: of the run.
        speed: simulated seconds per real second: the more happens at once, the less.
    """

    name: str
    world: World
    requests: tuple[object, ...]
    limit_s: float
    required: tuple[Requirement, ...] = ()
    speed: float = 60


def _source(name: str) -> str:
    return f"arn:aws:rds:us-east-1:123456789012:snapshot:{name}"


def _snapshot(name: str, starting_s: float, export_s: float) -> dict[str, Any]:
    return {"arn": _source(name), "starting_s": starting_s, "export_s": export_s}


def _export(name: str) -> dict[str, Any]:
    return {"kind": "export", "target": "COMPLETE", "source_arn": _source(name)}


def _world(*snapshots: dict[str, Any], **more: object) -> World:
    return World.model_validate({"snapshots": list(snapshots), **more})


_HOUR: Final = _snapshot("shop", starting_s=600, export_s=3000)
_HOUR_S: Final = 3600.0
_THREE_ROUNDS_S: Final = 1800.0
_NO_EVENTS: Final = [{"event": "*", "drop": 1.0}]
_NAMES: Final = tuple(f"shop-{number}" for number in range(1, 13))

_ALL_COMPLETE: Final = Requirement("failed jobs", lambda run: run.failed_jobs, most=0)

EVENTS_DELIVERED: Final = Scenario(
    name="One export of 60 minutes, events delivered",
    world=_world(_HOUR),
    requests=(_export("shop"),),
    limit_s=_HOUR_S,
    required=(
        Requirement("DescribeExportTasks calls", lambda run: run.describes, most=10),
        Requirement("state transitions", lambda run: run.transitions, most=45),
        Requirement("end noticed after", lambda run: run.noticed_after, most=10, unit="s"),
        _ALL_COMPLETE,
    ),
)

EVENTS_DROPPED: Final = Scenario(
    name="The same, every event lost",
    world=_world(_HOUR, faults=_NO_EVENTS),
    requests=(_export("shop"),),
    limit_s=_HOUR_S,
    required=(
        Requirement("DescribeExportTasks calls", lambda run: run.describes, most=25),
        Requirement("end noticed after", lambda run: run.noticed_after, most=60, unit="s"),
        _ALL_COMPLETE,
    ),
)

FIXED_POLLER: Final = Scenario(
    name="The same, a fixed poller every 30 s instead",
    world=_world(_HOUR, faults=_NO_EVENTS),
    requests=(_source("shop"),),
    limit_s=_HOUR_S,
)

TWELVE_EXPORTS: Final = Scenario(
    name="12 exports of 10 minutes in one request, 5 slots",
    world=_world(
        *(_snapshot(name, starting_s=120, export_s=480) for name in _NAMES),
        limits={"concurrent_exports": 5},
    ),
    requests=({"jobs": [_export(name) for name in _NAMES]},),
    limit_s=_THREE_ROUNDS_S,
    speed=40,
    required=(
        Requirement(
            "first start to last end",
            lambda run: run.first_start_to_last_end,
            most=1.10 * _THREE_ROUNDS_S,
            unit="s",
        ),
        Requirement("exports at once", lambda run: run.most_at_once, most=5),
        Requirement("exports started", lambda run: run.exports_started, least=12, most=12),
        _ALL_COMPLETE,
    ),
)

SAME_REQUEST_FIVE_TIMES: Final = Scenario(
    name="One export of 10 minutes, requested 5 times at the same moment",
    world=_world(_snapshot("shop", starting_s=120, export_s=480)),
    requests=(_export("shop"),) * 5,
    limit_s=600,
    speed=20,
    required=(
        Requirement("exports started", lambda run: run.exports_started, least=1, most=1),
        Requirement("jobs COMPLETE", lambda run: run.complete_jobs, least=5, most=5),
    ),
)
