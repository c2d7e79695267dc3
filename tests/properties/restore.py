"""Random worlds in which campaigns are changed, and restored, on the real state machine.

`python -m tests.properties.restore --worlds 500 --seed 1` runs them in virtual time, and prints one
line for each violation of the contract with the seed that repeats it. Twenty worlds share a stack
and its rate limit, and so meet each other's calls: a world is a request with a fleet of its own.

The rule is checked against what the simulators have performed, not against what the functions
have noted or reported.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from localcloud.orchestrator import LocalOrchestrator
from localcloud.runs import Runs
from localcloud.simulators.campaigns import Campaigns
from localcloud.simulators.campaigns_api import CampaignsApi
from localcloud.simulators.rest_json import CampaignCall
from localcloud.world import LOST_RESPONSE, ApiVersion, World
from tests.stacks import in_world, sharing
from tools.synthesis import synthesise

GROUP: Final = 20
"""Worlds that share a stack."""

RIVAL_UNTIL_S: Final = 260
"""Other callers act until all restores and clean-ups are under way."""

STATES: Final = ("Running", "Running", "Running", "Paused", "Initialized", "Stopped", "Completed")
RIVAL_OPERATIONS: Final = (
    "PauseCampaign",
    "ResumeCampaign",
    "ResumeCampaign",
    "StartCampaign",
    "StopCampaign",
)
FAULTS: Final = (
    LOST_RESPONSE,
    LOST_RESPONSE,
    "ThrottlingException",
    "ConflictException",
    "InternalServerException",
)
DOES: Final = {"PAUSED": {"PauseCampaign"}, "RUNNING": {"StartCampaign", "ResumeCampaign"}}
UNDOES: Final = {"PAUSED": "ResumeCampaign", "RUNNING": "PauseCampaign"}


class Change(NamedTuple):
    """A change of a campaign that a simulator has performed, or a call that may have changed it.

    Attributes:
        ours: whether the orchestrator made the call.
        before: the state until then.
        performed: whether the campaign was changed.
        lost: whether the caller got no response.
    """

    ours: bool
    operation: str
    before: str
    performed: bool = True
    lost: bool = False


@dataclass
class Case:
    """One world: a request, its fleet, and what happens to it.

    Attributes:
        abort_at_s: when its execution is stopped.
        abort_at_mutation: or at which of its mutations, before (-) or after it is performed.
        kill_at_mutation: after which of its mutations functions are killed.
    """

    name: str
    target: str
    request: dict[str, Any]
    campaigns: list[dict[str, Any]]
    faults: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    on_abort: str
    has_restore: bool
    abort_at_s: float | None = None
    abort_at_mutation: int | None = None
    kill_at_mutation: int | None = None
    execution_arn: str = ""
    mutations: int = 0
    changes: dict[str, list[Change]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """The campaigns of the job that changes them."""
        return [each["id"] for each in self.campaigns if not each["id"].endswith("-watched")]


def draw(name: str, rng: random.Random) -> Case:
    """Draw a world."""
    ids = [f"{name}-{number}" for number in range(rng.randint(1, 5))]
    target = rng.choice(("PAUSED", "PAUSED", "RUNNING"))
    on_abort = rng.choice(("restore", "restore", "leave"))
    has_restore = rng.random() < 0.7
    accepts_ended = target == "PAUSED" and rng.random() < 0.5
    watched = f"{name}-watched"
    case = Case(
        name=name,
        target=target,
        request=_request(
            ids,
            watched,
            has_restore=has_restore,
            target=target,
            on_abort=on_abort,
            **({"if_ended": "accept"} if accepts_ended else {}),
        ),
        campaigns=[
            {"id": campaign_id, "state": rng.choice(STATES)} | _ends(rng) for campaign_id in ids
        ]
        + [{"id": watched, "state": "Running"}],
        faults=[
            {
                "operation": rng.choice((*sorted(DOES[target]), UNDOES[target])),
                "campaign_id": campaign_id,
                "error": rng.choice(FAULTS),
                "times": rng.choice((1, 1, 2)),
            }
            for campaign_id in ids
            if rng.random() < 0.4
        ],
        actions=[
            {
                "at_s": round(rng.uniform(0, RIVAL_UNTIL_S), 1),
                "operation": rng.choice(RIVAL_OPERATIONS),
                "campaign_id": rng.choice(ids),
            }
            for _ in range(rng.choice((0, 0, 1, 2, 4)))
        ],
        on_abort=on_abort,
        has_restore=has_restore,
    )
    match rng.randint(0, 5):
        case 0 | 1:
            case.abort_at_s = round(rng.uniform(0, 200), 1)
        case 2 | 3:
            case.abort_at_mutation = rng.choice((-1, 1)) * rng.randint(1, 2 * len(ids))
        case 4:
            case.kill_at_mutation = rng.randint(1, 2 * len(ids))
    return case


def _request(ids: list[str], watched: str, *, has_restore: bool, **change: str) -> dict[str, Any]:
    """Return a request that changes campaigns, watches another one, and may restore the first."""
    jobs: list[dict[str, Any]] = [
        {"id": "change", "kind": "campaigns", "campaign_ids": ids, **change},
        {
            "kind": "campaigns",
            "campaign_ids": [watched],
            "target": "FINISHED",
            "deadline_seconds": 60,
        },
    ]
    if has_restore:
        jobs.append({"id": "restore", "kind": "campaigns", "of": "change", "target": "RESTORED"})
    first, *others = ({"jobs": [job]} for job in jobs)
    return {"stages": [first, *({"run": "always", **stage} for stage in others)]}


def _ends(rng: random.Random) -> dict[str, Any]:
    return {"completes_after_s": rng.choice((1, 20, 100))} if rng.random() < 0.15 else {}


class Group:
    """Worlds that share a stack."""

    def __init__(self, seed: int, worlds: int) -> None:
        rng = random.Random(seed)
        self.seed = seed
        self.cases = [draw(f"w{number}", rng) for number in range(worlds)]
        self._by_id = {campaign["id"]: case for case in self.cases for campaign in case.campaigns}
        self._orchestrator: LocalOrchestrator | None = None

    def world(self) -> World:
        """Return the world file of all."""
        return World.model_validate(
            {
                "campaigns": [each for case in self.cases for each in case.campaigns],
                "faults": [each for case in self.cases for each in case.faults],
                "actions": [each for case in self.cases for each in case.actions],
                "seed": self.seed,
            }
        )

    def run(self, assembly: Path) -> list[str]:
        """Run the worlds and return the violations."""
        with (
            in_world(assembly, self.world()) as orchestrator,
            self._observed(orchestrator),
        ):
            self._orchestrator = orchestrator
            runs = Runs(orchestrator, [case.request for case in self.cases])
            clock = orchestrator.clock
            for case, run in zip(self.cases, runs.all, strict=True):
                case.execution_arn = run.execution_arn
                if case.abort_at_s is not None:
                    clock.at(clock.now() + case.abort_at_s, "abort", lambda c=case: self._abort(c))  # type: ignore[misc]
            runs.finish()
            self._add_lost_responses(orchestrator)
            states = orchestrator.simulators.ledger.states
            ends = {name: changes[-1][1] for name, changes in states.items()}
            statuses = {run.execution_arn: run.status for run in runs.all}
            notes = _notes(orchestrator)
            clean_ups = set(runs.executions()) - set(statuses)
            failed = list(_failed(orchestrator, clean_ups))
        return [
            f"seed {self.seed} {case.name}: {violation}"
            for case in self.cases
            for violation in violations(case, ends, statuses[case.execution_arn], notes)
        ] + [f"seed {self.seed}: a clean-up ended {status}" for status in failed]

    @contextlib.contextmanager
    def _observed(self, orchestrator: LocalOrchestrator) -> Iterator[None]:
        perform, act, mutate = CampaignsApi._perform, Campaigns.act, Campaigns.mutate
        by_rival: list[bool] = []

        def watch_mutate(
            model: Campaigns, operation: str, version: ApiVersion, campaign_id: str, now: float
        ) -> None:
            before = model.get(version, campaign_id).state
            mutate(model, operation, version, campaign_id, now)
            case = self._by_id[campaign_id]
            change = Change(ours=not by_rival, operation=operation, before=before)
            case.changes.setdefault(campaign_id, []).append(change)

        def watch_act(model: Campaigns, operation: str, campaign_id: str, now: float) -> None:
            by_rival.append(True)
            try:
                act(model, operation, campaign_id, now)
            finally:
                by_rival.pop()

        def watch_perform(
            api: CampaignsApi, call: CampaignCall, role_arn: str | None
        ) -> dict[str, Any]:
            if call.operation == "GetCampaignStateBatch" or call.campaign_id not in self._by_id:
                return perform(api, call, role_arn)
            case = self._by_id[call.campaign_id]
            case.mutations += 1
            if case.abort_at_mutation == -case.mutations:
                self._abort(case)
            document = perform(api, call, role_arn)
            if case.abort_at_mutation == case.mutations:
                self._abort(case)
            if case.kill_at_mutation == case.mutations:
                _kill(orchestrator)
            return document

        with (
            patch.object(CampaignsApi, "_perform", watch_perform),
            patch.object(Campaigns, "act", watch_act),
            patch.object(Campaigns, "mutate", watch_mutate),
        ):
            yield

    def _abort(self, case: Case) -> None:
        assert self._orchestrator is not None
        states = self._orchestrator.aws.client("stepfunctions")
        described = states.describe_execution(executionArn=case.execution_arn)
        if described["status"] == "RUNNING":
            states.stop_execution(executionArn=case.execution_arn)

    def _add_lost_responses(self, orchestrator: LocalOrchestrator) -> None:
        """Mark the campaigns of which the orchestrator cannot know what its calls have done."""
        for call in orchestrator.simulators.ledger.records:
            for campaign_id in call.resources:
                if call.answer == LOST_RESPONSE and campaign_id in self._by_id:
                    lost = Change(True, call.operation, "", call.took_effect, lost=True)
                    self._by_id[campaign_id].changes.setdefault(campaign_id, []).append(lost)


def _kill(orchestrator: LocalOrchestrator) -> None:
    """Kill the functions that reconcile campaigns at this moment, such as the one that calls."""
    for arn, (_, pool) in orchestrator.aws.functions._pools.items():
        if "ReconcileCampaigns" in arn:
            for worker in pool._all - set(pool._idle):
                worker.end()


def violations(
    case: Case, ends: dict[str, str], status: str, notes: set[tuple[str, str]]
) -> Iterator[str]:
    """Yield how a world's campaigns were not restored as the contract says."""
    restores = case.has_restore if status != "ABORTED" else case.on_abort == "restore"
    for campaign_id in case.ids:
        changes = [each for each in case.changes.get(campaign_id, ()) if not each.lost]
        lost = {each.operation for each in case.changes.get(campaign_id, ()) if each.lost}
        where = f"{campaign_id} ({case.target}, {ends[campaign_id]}): {_words(changes)}"
        yield from _wrongly_undone(case, changes, lost, where)
        if restores:
            yield from _forgotten(case, changes, lost, ends[campaign_id], where)
        if restores and (case.execution_arn, campaign_id) in notes:
            yield f"{where}: a note is left"


def _wrongly_undone(case: Case, changes: list[Change], lost: set[str], where: str) -> Iterator[str]:
    """Yield each mutation that undoes what the request has not done, or has undone before.

    Where a response was lost, the orchestrator cannot know.
    """
    is_changed = bool(lost & DOES[case.target])
    for each in changes:
        if not each.ours:
            continue
        if each.operation in DOES[case.target]:
            is_changed = True
        elif not is_changed:
            yield f"{where}: {each.operation} undoes what the request has not done"
        else:
            is_changed = UNDOES[case.target] in lost


def _forgotten(
    case: Case, changes: list[Change], lost: set[str], end: str, where: str
) -> Iterator[str]:
    """Yield whether what the request did last, and nobody since, was not undone."""
    done = [each for each in changes if each.ours and each.operation in DOES[case.target]]
    left = "Paused" if case.target == "PAUSED" else "Running"
    if not done or end != left or changes[-1] is not done[-1]:
        return
    if done[0].before != "Initialized" and "StartCampaign" not in lost:
        yield f"{where}: not restored"


def _words(changes: list[Change]) -> str:
    return ", ".join(
        f"{'' if each.ours else 'rival '}{each.operation.removesuffix('Campaign')}"
        for each in changes
    )


def _notes(orchestrator: LocalOrchestrator) -> set[tuple[str, str]]:
    dynamodb = orchestrator.aws.client("dynamodb")
    [table] = dynamodb.list_tables()["TableNames"]
    found = set()
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            kind, _, execution_arn = item["pk"]["S"].partition("#")
            if kind == "moved":
                found.add((execution_arn, item["sk"]["S"].partition("#")[2]))
    return found


def _failed(orchestrator: LocalOrchestrator, clean_ups: set[str]) -> Iterator[str]:
    """Yield how clean-ups failed for another reason than a campaign that cannot be restored."""
    states = orchestrator.aws.client("stepfunctions")
    for arn in sorted(clean_ups):
        execution = states.describe_execution(executionArn=arn)
        cause = execution.get("cause", "")
        if execution["status"] != "SUCCEEDED" and "IllegalTransition" not in cause:
            yield f"{execution['status']}: {cause}"


def main(arguments: list[str] | None = None, show: Callable[[str], object] = print) -> int:
    """Run the worlds; return 1 if one of them violates the contract."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.properties.restore")
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1, help="of the first twenty worlds")
    chosen = parser.parse_args(arguments)
    assembly, began, found = synthesise(), time.monotonic(), 0
    aborted = undone = 0
    with sharing():
        for number in range(0, chosen.worlds, GROUP):
            group = Group(chosen.seed + number // GROUP, min(GROUP, chosen.worlds - number))
            for violation in group.run(assembly):
                show(violation)
                found += 1
            changes = [
                each for case in group.cases for one in case.changes.values() for each in one
            ]
            undone += sum(each.ours for each in changes)
            aborted += sum(case.abort_at_s is not None for case in group.cases)
            aborted += sum(case.abort_at_mutation is not None for case in group.cases)
    seconds = time.monotonic() - began
    show(
        f"{chosen.worlds} worlds, {aborted} with an abort, {undone} mutations:"
        f" {found} violations in {seconds:.0f} s"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
