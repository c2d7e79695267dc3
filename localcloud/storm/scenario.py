"""A scenario: a world file, and requests that are sent to it, some of which are aborted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from localcloud.world import World

Json = dict[str, Any]

SETTINGS: Final[tuple[Json, ...]] = ({}, {"campaign_events": True, "export_pointers": True})
"""The settings of the stacks that scenarios run on."""

_DEFAULT_DEADLINES: Final = {"campaigns": 3_600, "export": 86_400, "snapshot": 86_400}
_WATCH_DEADLINE: Final = 30 * 86_400
_STAGE_SLACK_S: Final = 7_200
"""For what a stage may take beyond its deadlines: a deletion that is waited for half an hour, a
cancel at the deadline, retries of throttled calls."""

_CLEAN_UP_S: Final = 100_000
"""A clean-up waits for snapshots until they are available, which may be the default deadline."""


class Sent(NamedTuple):
    """A request, when it is sent, and after how many seconds it is aborted; None if it is not."""

    request: Json
    at_s: float = 0.0
    abort_after_s: float | None = None


@dataclass(frozen=True)
class Scenario:
    """What a seed stands for.

    Attributes:
        settings: the place of the stack's settings in SETTINGS.
    """

    seed: int
    world: Json
    sent: tuple[Sent, ...]
    settings: int = 0

    def parsed_world(self) -> World:
        """Return the world file."""
        return World.model_validate(self.world | {"seed": self.seed})

    @property
    def latest_end_s(self) -> float:
        """The second by which every execution, clean-ups included, has to have ended."""
        return max((each.at_s + _longest(each) for each in self.sent), default=0.0)


def _longest(sent: Sent) -> float:
    stages = sent.request.get("stages", ())
    longest = sum(max(map(_deadline, stage["jobs"])) + _STAGE_SLACK_S for stage in stages)
    return float(longest + _CLEAN_UP_S)


def _deadline(job: Json) -> float:
    default = _WATCH_DEADLINE if job["target"] == "FINISHED" else _DEFAULT_DEADLINES[job["kind"]]
    return float(job.get("deadline_seconds", default))
