"""A scenario: a world file, requests that are sent to it, and mishaps on their way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from localcloud.world import World

Json = dict[str, Any]

SETTINGS: Final[tuple[Json, ...]] = (
    {},
    {"campaign_events": True, "export_pointers": True},
    {"snapshot_exports": [{"db_instance": "shop", "export_only": ["shop.orders"]}]},
)
"""The settings of the stacks that scenarios run on."""

DEFAULT_DEADLINES: Final = {"campaigns": 3_600, "export": 86_400, "snapshot": 86_400}
WATCH_DEADLINE: Final = 30 * 86_400
_STAGE_SLACK_S: Final = 7_200
"""For what a stage may take beyond its deadlines: a deletion that is waited for half an hour, a
cancel at the deadline, retries of throttled calls."""

_CLEAN_UP_S: Final = 100_000
"""A clean-up waits for snapshots until they are available, which may be the default deadline."""


ENDS: Final = ("ABORTED", "TIMED_OUT", "States.DataLimitExceeded", "States.Runtime")
"""How an execution ends before its time: stopped, timed out, or by Step Functions' own error."""

MUTATION: Final = "mutation"
"""Any call that changes a resource; after it, only one that took effect."""

NOTE: Final = "note"
"""Any write of an item that notes what a job is about to do."""

LOST: Final = "lost_response"

CAMPAIGN_MUTATIONS: Final = frozenset(
    f"{verb}Campaign" for verb in ("Start", "Pause", "Resume", "Stop", "Delete")
)
CREATES: Final = frozenset({"CreateDBSnapshot", "CreateDBClusterSnapshot"})
DELETES: Final = frozenset({"DeleteDBSnapshot", "DeleteDBClusterSnapshot"})
SNAPSHOT_READS: Final = frozenset({"DescribeDBSnapshots", "DescribeDBClusterSnapshots"})
MUTATIONS: Final = CAMPAIGN_MUTATIONS | CREATES | DELETES | {"StartExportTask", "CancelExportTask"}


class Sent(NamedTuple):
    """A request, and when it is sent.

    Attributes:
        abort_after_s: when it is aborted; None if it is not, or by a mishap.
        again_after_s: when StartExecution is called again with the same name and input.
    """

    request: Json
    at_s: float = 0.0
    abort_after_s: float | None = None
    again_after_s: float | None = None


class Mishap(NamedTuple):
    """What goes wrong at the n-th of some calls.

    Attributes:
        what: one of ENDS: the request's execution ends so; `kill` or `hang`: the function that
            calls; else the error of a call to the table or to the event bus.
        operation: the calls that count, `MUTATION` or `NOTE`.
        nth: from 1.
        is_after: once the call has taken effect, instead of before it arrives.
        number: of the request whose calls count; None for all.
        times: how many calls in a row.
    """

    what: str
    operation: str
    nth: int = 1
    is_after: bool = False
    number: int | None = None
    times: int = 1

    @property
    def is_of_table(self) -> bool:
        """Whether a call to the table fails."""
        return self.operation != "PutEvents" and self.what not in (*ENDS, "kill", "hang")

    def __str__(self) -> str:
        of = "" if self.number is None else f" of request {self.number}"
        place = "after" if self.is_after else "before"
        times = f", {self.times} times" if self.times > 1 else ""
        return f"{self.what} {place} {self.operation} {self.nth}{of}{times}"


@dataclass(frozen=True)
class Scenario:
    """What a seed stands for.

    Attributes:
        settings: the place of the stack's settings in SETTINGS.
        mishaps: beside the faults of the world.
    """

    seed: int
    world: Json
    sent: tuple[Sent, ...]
    settings: int = 0
    mishaps: tuple[Mishap, ...] = ()

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
    default = WATCH_DEADLINE if job["target"] == "FINISHED" else DEFAULT_DEADLINES[job["kind"]]
    return float(job.get("deadline_seconds", default))
