"""Nights of a schedule that sends the same request, in a world of one database's snapshots.

Run with more nights than the suite has time for: `python -m tests.properties.nights --nights 100`.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.workflow.export_scenes import source, watched
from tools.synthesis import synthesise

DAY_S: Final = 86_400
SCHEDULED_S: Final = 7_200
"""Of each day, at which the request is sent."""
MAX_AGE_S: Final = 43_200
DEADLINE_S: Final = 21_600
MINUTE_S: Final = 60
HOUR_S: Final = 3_600

REQUEST: Final = {
    "kind": "export",
    "target": "COMPLETE",
    "source": {"db_instance": "shop", "max_age_seconds": MAX_AGE_S},
    "deadline_seconds": DEADLINE_S,
}
SHARED: Final = "arn:aws:rds:us-east-1:210987654321:snapshot:shared-{}"


@dataclass
class Night:
    """What happens in one night; times in seconds of the day.

    Attributes:
        kind: of the night, for messages.
        snapshots: of the world.
        deleted: when some snapshots are deleted.
        exported: the snapshot that is to be exported, None if there is none.
        data_at: when it is created.
        times_sent: how often the schedule sends the request.
    """

    kind: str
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[tuple[str, float]] = field(default_factory=list)
    exported: str | None = None
    data_at: float = 0
    times_sent: int = 1

    def add(self, name: str, at: float, **more: Any) -> str:
        arn = more.pop("arn", None) or source(name)
        given = {"arn": arn, "created_at_s": at, "db_instance": "shop", "type": "automated"}
        self.snapshots.append(given | {"starting_s": 60, "export_s": 600} | more)
        return str(arn)

    def expect(self, arn: str, at: float) -> None:
        self.exported, self.data_at = arn, at


def punctual(night: Night, number: int) -> None:
    at = SCHEDULED_S - 20 * MINUTE_S
    night.expect(night.add(f"rds:shop-{number}", at, creating_s=600), at)


def late(night: Night, number: int) -> None:
    at = SCHEDULED_S + 2 * HOUR_S
    night.expect(night.add(f"rds:shop-{number}", at, creating_s=1_800), at)


def missing(_night: Night, _number: int) -> None:
    """The database was not backed up."""


def failed(night: Night, number: int) -> None:
    night.add(f"rds:shop-{number}", SCHEDULED_S - HOUR_S, status="failed")


def doubled(night: Night, number: int) -> None:
    night.add(f"rds:shop-{number}", SCHEDULED_S - HOUR_S)
    at = SCHEDULED_S - 10 * MINUTE_S
    night.expect(night.add(f"z-by-hand-{number}", at, type="manual"), at)


def backed_up_by_aws_backup(night: Night, number: int) -> None:
    night.add(f"rds:shop-{number}", SCHEDULED_S - 3 * HOUR_S)
    at = SCHEDULED_S - 30 * MINUTE_S
    night.expect(night.add(f"awsbackup:job-{number}", at, type="awsbackup"), at)


def sent_twice(night: Night, number: int) -> None:
    punctual(night, number)
    night.times_sent = 2


def deleted(night: Night, number: int) -> None:
    """The newest is deleted between its choice and its export."""
    at = SCHEDULED_S - HOUR_S
    night.expect(night.add(f"rds:shop-{number}", at), at)
    newest = night.add(f"deleted-{number}", SCHEDULED_S - MINUTE_S, type="manual")
    night.deleted.append((newest, SCHEDULED_S + 0.5))


def shared(night: Night, number: int) -> None:
    punctual(night, number)
    night.add("", SCHEDULED_S - MINUTE_S, arn=SHARED.format(number), type="shared")


def foreign(night: Night, number: int) -> None:
    late(night, number)
    night.add(f"rds:shop-eu-{number}", SCHEDULED_S - MINUTE_S, db_instance="shop-eu")
    night.add(f"eu-{number}", SCHEDULED_S + MINUTE_S, db_instance="shop-eu", type="manual")


KINDS: Final = (
    punctual,
    late,
    missing,
    failed,
    doubled,
    backed_up_by_aws_backup,
    sent_twice,
    deleted,
    shared,
    foreign,
)


def nights(count: int, seed: int) -> list[Night]:
    """Return nights of every kind, in an order drawn with a seed."""
    chance = random.Random(seed)
    order = [KINDS[number % len(KINDS)] for number in range(count)]
    chance.shuffle(order)
    made = []
    for number, happens in enumerate(order):
        night = Night(happens.__name__)
        happens(night, number)
        made.append(night)
    return made


def world(made: list[Night]) -> dict[str, Any]:
    """Return the world of all nights."""

    def moved(snapshot: dict[str, Any], day: int) -> dict[str, Any]:
        return snapshot | {"created_at_s": snapshot["created_at_s"] + day * DAY_S}

    return {
        "databases": [{"id": "shop"}, {"id": "shop-eu"}],
        "snapshots": [moved(one, day) for day, each in enumerate(made) for one in each.snapshots],
        "actions": [
            {"at_s": at + day * DAY_S, "operation": "DeleteSnapshot", "arn": arn}
            for day, each in enumerate(made)
            for arn, at in each.deleted
        ],
    }


def spend(assembly: Path, made: list[Night], **more: Any) -> int:
    """Let the nights pass, check each one, and return how many exports were started."""
    with watched(assembly, **world(made), **more) as run:
        for day, night in enumerate(made):
            begins_s = day * DAY_S + SCHEDULED_S
            run.orchestrator.clock.sleep(begins_s - run.orchestrator.seconds())
            sent = [run.send(REQUEST) for _ in range(night.times_sent)]
            run.until_nothing_runs()
            for execution_arn in sent:
                outcome = run.orchestrator.outcome(execution_arn)
                assert outcome is not None
                check(night, day, outcome, run.orchestrator.world_seconds)
        exported = [night.exported for night in made if night.exported]
        assert all(run.statuses(arn) for arn in exported)
        ledger = run.orchestrator.simulators.ledger
        assert ledger.exports_started == len(set(exported)) == len(exported)
        return ledger.exports_started


def check(night: Night, day: int, outcome: dict[str, Any], world_seconds: Any) -> None:
    """Check the outcome of one night's request."""
    (entry,) = outcome["resources"]
    said = (night.kind, day, entry)
    assert entry["details"]["source"] == REQUEST["source"], said
    if night.exported is None:
        found = (entry["phase"], entry["reason"], entry["id"])
        assert found == ("FAILED", "NoSnapshot", "shop"), said
        assert entry["elapsed_seconds"] == DEADLINE_S, said
        assert entry["details"]["snapshot_created_at"] is None, said
        return
    assert (entry["phase"], entry["id"]) == ("COMPLETE", night.exported), said
    created_s = world_seconds(epoch(entry["details"]["snapshot_created_at"]))
    assert round(created_s) == day * DAY_S + night.data_at, said
    assert world_seconds(epoch(entry["ended_at"])) - created_s <= MAX_AGE_S, said


def epoch(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()


def main() -> int:
    """Let many nights pass; the first that is not as it should be raises an error."""
    parser = argparse.ArgumentParser(prog="python -m tests.properties.nights", description=__doc__)
    parser.add_argument("--nights", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    made = nights(arguments.nights, arguments.seed)
    exported = spend(synthesise(), made)
    print(f"{arguments.nights} nights, {exported} exports")
    return 0


if __name__ == "__main__":
    sys.exit(main())
