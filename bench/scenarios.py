"""The scenarios: a world, the requests in it, and the requirements on the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
        digits: decimals of the value and of its bound.
    """

    what: str
    of: Callable[[Measured], float]
    most: float
    least: float = 0
    unit: str = ""
    digits: int = 0

    def is_met(self, measured: Measured) -> bool:
        """Return whether a run is within the bounds."""
        return self.least <= self.of(measured) <= self.most


@dataclass(frozen=True, eq=False)
class Scenario:
    """One run.

    Attributes:
        name: for the table.
        world: what exists, and what goes wrong.
        requests: all start at the same moment.
        limit_s: the fewest simulated seconds that any orchestrator could take.
        required: of the run.
        settings: of the stack, where they differ from those of cdk.json.
    """

    name: str
    world: World
    requests: tuple[object, ...]
    limit_s: float
    required: tuple[Requirement, ...] = ()
    settings: Mapping[str, object] | None = None


def _source(name: str) -> str:
    return f"arn:aws:rds:us-east-1:123456789012:snapshot:{name}"


def _snapshot(name: str, starting_s: float, export_s: float) -> dict[str, Any]:
    return {"arn": _source(name), "starting_s": starting_s, "export_s": export_s}


def _export(name: str) -> dict[str, Any]:
    return {"kind": "export", "target": "COMPLETE", "source_arn": _source(name)}


def _fleet(first: str, size: int) -> list[str]:
    return [f"{first}-{number}" for number in range(1, size + 1)]


def _campaigns(target: str, ids: list[str]) -> dict[str, Any]:
    return {"kind": "campaigns", "target": target, "campaign_ids": ids}


def _campaign_world(ids: Iterable[str], **more: object) -> World:
    return World.model_validate({"campaigns": [{"id": name} for name in ids], **more})


def _world(*snapshots: dict[str, Any], **more: object) -> World:
    return World.model_validate({"snapshots": list(snapshots), **more})


_HOUR: Final = _snapshot("shop", starting_s=607, export_s=3000)
_HOUR_S: Final = 3607.0
"""An hour, and a little more: no multiple of what anyone may wait between two polls."""
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
        Requirement("end noticed after", lambda run: run.noticed_after, most=2, unit="s"),
        _ALL_COMPLETE,
    ),
)

EVENTS_DROPPED: Final = Scenario(
    name="The same, every event lost",
    world=_world(_HOUR, faults=_NO_EVENTS),
    requests=(_export("shop"),),
    limit_s=_HOUR_S,
    required=(
        Requirement("DescribeExportTasks calls", lambda run: run.describes, most=20),
        Requirement("end noticed after", lambda run: run.noticed_after, most=30, unit="s"),
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
    required=(
        Requirement("exports started", lambda run: run.exports_started, least=1, most=1),
        Requirement("jobs COMPLETE", lambda run: run.complete_jobs, least=5, most=5),
    ),
)

_FLEET_A: Final = _fleet("a", 50)
_FLEET_B: Final = _fleet("b", 50)
_WATCHED: Final = _fleet("c", 100)
_RATE: Final = 1
_BURST: Final = 2
_TWO_HOURS_S: Final = 7_200.0
_THROTTLED_BY_OTHERS: Final = [
    {"operation": "StopCampaign", "error": "ThrottlingException", "rate": 0.1}
]


def _physical_limit_s(mutations: int) -> float:
    """Return the least seconds that a number of mutations takes, after a burst of two."""
    return (mutations - _BURST) / _RATE


_READS_PER_PASS: Final = Requirement(
    "state reads per pass", lambda run: run.reads_per_pass, most=2, digits=2
)


def _span(mutations: int, times: float) -> Requirement:
    return Requirement(
        "first mutation to last",
        lambda run: run.mutation_span,
        most=times * _physical_limit_s(mutations),
        unit="s",
        digits=1,
    )


def _throttles(most: float) -> Requirement:
    return Requirement("calls throttled", lambda run: run.percent_throttled, most=most, unit="%")


ONE_FLEET: Final = Scenario(
    name="50 campaigns stopped in one request",
    world=_campaign_world(_FLEET_A),
    requests=(_campaigns("STOPPED", _FLEET_A),),
    limit_s=_physical_limit_s(50),
    required=(_span(50, 1.03), _throttles(2), _READS_PER_PASS, _ALL_COMPLETE),
)

ONE_FLEET_AND_OTHERS: Final = Scenario(
    name="The same, others use up a tenth of the quota",
    world=_campaign_world(_FLEET_A, faults=_THROTTLED_BY_OTHERS),
    requests=(_campaigns("STOPPED", _FLEET_A),),
    limit_s=_physical_limit_s(50),
    required=(_READS_PER_PASS, _ALL_COMPLETE),
)

TWO_FLEETS: Final = Scenario(
    name="100 campaigns stopped in two requests at the same moment",
    world=_campaign_world(_FLEET_A + _FLEET_B),
    requests=(_campaigns("STOPPED", _FLEET_A), _campaigns("STOPPED", _FLEET_B)),
    limit_s=_physical_limit_s(100),
    required=(_span(100, 1.20), _throttles(5), _READS_PER_PASS, _ALL_COMPLETE),
)

TWO_FLEETS_UNLIMITED: Final = Scenario(
    name="The same without the rate limiter, by Retry alone",
    world=TWO_FLEETS.world,
    requests=TWO_FLEETS.requests,
    limit_s=TWO_FLEETS.limit_s,
    settings={"campaign_rates": False},
)

WATCHED_FLEET: Final = Scenario(
    name="100 campaigns watched until they finish, over two hours",
    world=World.model_validate(
        {
            "campaigns": [
                {"id": name, "completes_after_s": number * _TWO_HOURS_S / len(_WATCHED)}
                for number, name in enumerate(_WATCHED, start=1)
            ]
        }
    ),
    requests=(_campaigns("FINISHED", _WATCHED),),
    limit_s=_TWO_HOURS_S,
    required=(_READS_PER_PASS, _ALL_COMPLETE),
)

CAMPAIGN_LOOP: Final = Scenario(
    name="The same, a script that polls each one every 5 minutes instead",
    world=WATCHED_FLEET.world,
    requests=(),
    limit_s=_TWO_HOURS_S,
)

OF_EXPORTS: Final = (
    EVENTS_DELIVERED,
    EVENTS_DROPPED,
    FIXED_POLLER,
    TWELVE_EXPORTS,
    SAME_REQUEST_FIVE_TIMES,
)

OF_CAMPAIGNS: Final = (
    ONE_FLEET,
    ONE_FLEET_AND_OTHERS,
    TWO_FLEETS,
    TWO_FLEETS_UNLIMITED,
    WATCHED_FLEET,
    CAMPAIGN_LOOP,
)
