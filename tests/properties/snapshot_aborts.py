"""Whenever a request is aborted, its clean-up leaves no snapshot and no running export behind.

A request that creates, exports and deletes a snapshot is run once to its end, and then again for
each moment of that run, except for repeated polls: it is aborted as it enters each state, and while
each of its calls is on its way to RDS.

The suite tries some of these moments: `python -m tests.properties.snapshot_aborts` tries them all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from localcloud.patches.patching import ASL, moto
from localcloud.simulators.call_pipeline import CallPipeline
from tests.workflow.requests import export, stages
from tests.workflow.snapshot_scenes import (
    SnapshotScene,
    create,
    delete,
    snapshot_scene,
)
from tools.synthesis import synthesise

FOREIGN = "arn:aws:rds:us-east-1:123456789012:snapshot:orchestrator-not-of-the-stack"
PUBLISHED = frozenset({"PublishOutcome", "RouteOutcome", "RequestComplete"})
"""The moments from which on the outcome is published, and an abort changes nothing."""
SECONDS_TO_RDS = 10
"""How long a call that is under way at an abort takes until it has its effect."""


class Moments:
    """The moments of a run, in order; at one of them, something is done.

    Attributes:
        passed: their names.
    """

    def __init__(self) -> None:
        self.passed: list[str] = []
        self._at: int | None = None
        self._act: Callable[[], None] = lambda: None

    def watch(self, at: int | None, act: Callable[[], None]) -> None:
        """Begin a run in which `act` is called at a moment, or at none."""
        self.passed, self._at, self._act = [], at, act

    def reach(self, name: str) -> bool:
        """Pass a moment; return whether it was the one at which something was done."""
        self.passed.append(name)
        if len(self.passed) - 1 != self._at:
            return False
        self._act()
        return True


@contextmanager
def observed(scene: SnapshotScene, moments: Moments) -> Iterator[None]:
    """Pass a moment at each entry of a state, and before each call reaches RDS."""
    manager = moto(f"{ASL}.eval.event.event_manager").EventManager
    add_event, run = manager.add_event, CallPipeline.run

    def add_and_pass(*args: Any, **kwargs: Any) -> Any:
        event_id = add_event(*args, **kwargs)
        details = kwargs.get("event_details") or {}
        entered = details.get("stateEnteredEventDetails")
        if entered is not None:
            moments.reach(entered["name"])
        return event_id

    def pass_and_run(pipeline: CallPipeline, operation: str, *args: Any, **kwargs: Any) -> Any:
        if moments.reach(operation):
            scene.orchestrator.clock.sleep(SECONDS_TO_RDS)
        return run(pipeline, operation, *args, **kwargs)

    manager.add_event = add_and_pass
    CallPipeline.run = pass_and_run  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        manager.add_event, CallPipeline.run = add_event, run  # type: ignore[method-assign]


def once_in_each_stage(passed: list[str]) -> Iterator[tuple[int, str]]:
    """Yield moments with their places, without the repeated polls of a stage."""
    seen: set[str] = set()
    for at, name in enumerate(passed):
        if name == "RunJobs":
            seen.clear()
        if name not in seen:
            seen.add(name)
            yield at, name


def abort_at_moments(assembly: Path, every: int) -> dict[str, str]:
    """Abort the request at every n-th moment, and check what is left behind each time.

    Returns:
        The reasons of the outcomes, by moment.
    """
    with snapshot_scene(assembly) as scene:
        scene.rds().create_db_snapshot(
            DBSnapshotIdentifier=FOREIGN.rpartition(":")[2], DBInstanceIdentifier="shop"
        )
        scene.orchestrator.clock.sleep(300)

        def request(name: str) -> dict[str, Any]:
            return stages(
                create(on_abort="delete"),
                export("COMPLETE", scene.arn(name), on_abort="cancel"),
                delete(),
                last_always=True,
            )

        moments = Moments()
        with observed(scene, moments):
            moments.watch(None, lambda: None)
            scene.run("whole", request("whole"))
            assert scene.own_left() == []
            reasons = {}
            for at, moment in list(once_in_each_stage(moments.passed))[::every]:
                name = f"aborted-{at}-{moment}"
                execution = scene.execution(name)
                moments.watch(at, partial(scene.stop, execution))
                scene.start(name, request(name))
                scene.until_nothing_runs()
                scene.orchestrator.clock.sleep(1)  # the clean-up begins
                scene.until_nothing_runs()

                assert scene.own_left() == [], f"after an abort at {moment}"
                reasons[moment] = scene.outcome(name)["reason"]
        assert scene.status(FOREIGN) == "available"
        running = scene.rds().describe_export_tasks(
            Filters=[{"Name": "status", "Values": ["starting", "in_progress"]}]
        )["ExportTasks"]
    assert running == []
    aborted = reasons.keys() - PUBLISHED
    assert {reasons[moment] for moment in aborted} == {"ExecutionAborted"}
    return reasons


def main() -> int:
    """Abort the request at each of its moments."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.properties.snapshot_aborts", description=__doc__
    )
    parser.add_argument("--every", type=int, default=1, help="tries every n-th moment")
    reasons = abort_at_moments(synthesise(), parser.parse_args().every)
    print(f"aborted at {len(reasons)} moments, and nothing was left behind")
    return 0


if __name__ == "__main__":
    sys.exit(main())
